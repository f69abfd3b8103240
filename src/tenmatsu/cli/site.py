"""`tenmatsu site`: the map of what is there and what needs what."""

from collections.abc import Callable

import click

from tenmatsu.cli import site_check, site_discover, site_show
from tenmatsu.cli.speaking import make_group
from tenmatsu.model.words import Language, Words

COMMANDS: tuple[Callable[[Language], click.Command], ...] = (
    site_discover.make,
    site_show.make,
    site_check.make,
)


def make(language: Language) -> click.Command:
    """Return the group in one language."""
    commands = [make(language) for make in COMMANDS]
    return make_group("site", HELP, language, commands, no_args_is_help=True)


HELP = Words(
    "The map of the site: what is there, what runs on what, what needs what.",
    "サイトの地図: 何があり、何が何の上で動き、何が何を必要とするか。",
)
