"""`tenmatsu site show`: the site drawn in the terminal, as SVG, or as JSON."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from tenmatsu.cli.site_option import DEFAULT_FILE, complete_names, read_site
from tenmatsu.cli.speaking import make_command, option, output_options
from tenmatsu.errors import WrongUse
from tenmatsu.model.words import Language, Words

if TYPE_CHECKING:
    from tenmatsu.model.site_map import SiteMap
    from tenmatsu.site.picture import Picture

_MARK_BYTES = 1024  # our mark is in the first of them


def make(language: Language) -> click.Command:
    """Return the command."""

    def show(
        names: tuple[str, ...], site_file: str | None, svg: Path | None, as_json: bool, no_colour: bool
    ) -> int:
        path = Path(site_file or DEFAULT_FILE)
        site = read_site(path)
        if not site.entries:
            raise WrongUse(EMPTY.fill(file=path))
        site = _choose(site, names, path)
        if as_json:
            _print_json(site)
        if svg is not None:
            _write_svg(site, svg, str(path), language)
            if svg.is_file():  # through a pipe the drawing itself goes there
                _tell(WRITTEN.fill(file=svg).into(language), sys.stderr if as_json else sys.stdout)
        elif not as_json:
            _print(site, language, no_colour=no_colour)
        return 0

    parameters: list[click.Parameter] = [
        click.Argument(["names"], nargs=-1, metavar="[NAME...]", shell_complete=complete_names),
        option(language, "--site", "site_file", metavar="FILE", help=SITE),
        option(language, "--svg", metavar="FILE", help=SVG, type=click.Path(path_type=Path, dir_okay=False)),
        *output_options(language),
    ]
    return make_command("show", show, HELP, language, parameters)


def _choose(site: "SiteMap", names: tuple[str, ...], path: Path) -> "SiteMap":
    from tenmatsu.site.focus import focus

    for name in names:
        if name not in site.entries:
            raise WrongUse(NO_ENTRY.fill(file=path, name=name))
    return focus(site, names) if names else site


def _make_picture(site: "SiteMap") -> "Picture":
    from tenmatsu.site.picture import make_picture

    return make_picture(site)


def _print(site: "SiteMap", language: Language, *, no_colour: bool) -> None:
    import os
    import shutil

    from tenmatsu.cli.site_show_text import print_picture

    terminal = sys.stdout.isatty()
    colour = terminal and not no_colour and not os.environ.get("NO_COLOR")
    width = shutil.get_terminal_size().columns if terminal else None
    print_picture(_make_picture(site), language, sys.stdout, colour=colour, width=width)


def _write_svg(site: "SiteMap", file: Path, title: str, language: Language) -> None:
    from tenmatsu.cli.site_words import describe_box, name_box
    from tenmatsu.site.svg import write_svg

    _refuse_to_lose(file)
    picture = _make_picture(site)
    text = write_svg(
        picture,
        title,
        lambda box: (
            name_box(box).into(language),
            describe_box(box, picture, places=False).into(language),
        ),
    )
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise WrongUse(NOT_WRITTEN.fill(file=file, why=error.strerror)) from error


def _refuse_to_lose(file: Path) -> None:
    """Raise WrongUse where a file is there that we did not draw: no typing error may cost a site file."""
    from tenmatsu.site.svg import is_ours

    try:
        if file.is_file() and not is_ours(_read_start(file)):
            raise WrongUse(NOT_OURS.fill(file=file))
    except OSError as error:
        raise WrongUse(NOT_WRITTEN.fill(file=file, why=error.strerror)) from error


def _read_start(file: Path) -> bytes:
    with file.open("rb") as open_file:
        return open_file.read(_MARK_BYTES)


def _tell(text: str, out: TextIO) -> None:
    from tenmatsu.account.safe import printable

    out.write(f"{printable(text)}\n")


def _print_json(site: "SiteMap") -> None:
    from tenmatsu.account.safe import printable_json
    from tenmatsu.cli.site_json import describe_site

    text = json.dumps(describe_site(site), ensure_ascii=False, indent=2)
    sys.stdout.write(printable_json(text) + "\n")


HELP = Words(
    "Draw the site: what lies outside, services, guests, hosts, and what needs what, with the reasons. With"
    " NAMEs only these, all that they need, and who needs them. A large site is folded by host.",
    "サイトを描きます: 外部・サービス・ゲスト・ホスト、何が何を必要とするか、その理由。"
    "名前を指定すると、それと必要なもの、それを必要とするものだけを描きます。大きなサイトはホストごとにまとめます。",
)
SITE = Words("The site file: site.toml by default.", "サイトファイル (既定は site.toml)。")
SVG = Words(
    "Write a drawing into this file (SVG, light and dark) instead; over an older drawing only.",
    "図をこのファイルに書き出す (SVG、明暗両対応)。上書きは以前の図だけ。",
)
EMPTY = Words(
    "{file} has no hosts, guests or services yet: tenmatsu site discover writes them",
    "{file} にホスト・ゲスト・サービスがまだありません。tenmatsu site discover で作成できます",
)
NO_ENTRY = Words(
    "{file} has no '{name}' (tenmatsu site show lists all)",
    "{file} に「{name}」はありません (tenmatsu site show で一覧)",
)
WRITTEN = Words("{file} written", "{file} を書き出しました")
NOT_OURS = Words(
    "{file} is there already and is no drawing of tenmatsu's: it stays as it is; name another file",
    "{file} は既にあり、tenmatsu の図ではないため上書きしません。別のファイル名を指定してください",
)
NOT_WRITTEN = Words("{file} cannot be written: {why}", "{file} に書き込めません: {why}")
