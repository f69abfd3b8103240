"""The ready-made write probes for blogs: one API, one file, one line in `KINDS`."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from tenmatsu.attempt.atompub import AtomPub
from tenmatsu.attempt.blog_target import BlogTarget
from tenmatsu.attempt.metaweblog import MetaWeblog
from tenmatsu.attempt.mt_data_api import DataApi
from tenmatsu.attempt.mt_form import MovableTypeForm
from tenmatsu.attempt.wordpress_rest import WordPressRest
from tenmatsu.attempt.write_cycle import MakeApi, WriteCycle
from tenmatsu.model.attempt import Attempt, LeftBehind
from tenmatsu.model.exchange import Asker

KINDS: dict[str, MakeApi] = {
    "atompub": AtomPub,
    "metaweblog": MetaWeblog,
    "mt-data-api": DataApi,
    "mt-form": MovableTypeForm,
    "wordpress-rest": WordPressRest,
}


class WriteProbe(Protocol):
    """A transaction that writes, looks for what it wrote, and removes it."""

    def attempt(self, asker: Asker, now: Callable[[], datetime], mark: str) -> Attempt:
        """Carry one out. `mark` is unique: 8 to 64 letters, digits and hyphens."""
        ...

    def clean_up(
        self, asker: Asker, marks: Sequence[str], pages: Mapping[str, Sequence[str]] | None = None
    ) -> tuple[LeftBehind, ...]:
        """Remove whatever carries our marks; return what could not be removed.

        `pages` are by mark the published pages that outlived their entries: they are looked for again.
        """
        ...


def make_write_probe(target: BlogTarget) -> WriteProbe:
    """Return the write probe of a target's kind. Raises `KeyError` for a kind that is not in `KINDS`."""
    return WriteCycle(target, KINDS[target.kind])
