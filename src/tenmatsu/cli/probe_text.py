"""A series of own transactions for a terminal: the conclusion, then what it rests on."""

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from tenmatsu.account.safe import printable
from tenmatsu.cli.console import open_standard_output
from tenmatsu.cli.probe_words import Told, make_headline, make_rows
from tenmatsu.model.words import Language, Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console


def print_series(told: Told, language: Language, *, no_colour: bool) -> None:
    """Print the series."""
    console = open_standard_output(no_colour=no_colour)
    rate = told.rate
    style = "bold red" if rate.failures else "bold green" if rate.total else "bold yellow"
    console.print(Text(printable(make_headline(told).into(language)), style=style))
    print_rows(console, make_rows(told), language)


def print_rows(console: "Console", rows: "Sequence[tuple[Words, Words]]", language: Language) -> None:
    """Print titles and what they say, side by side; a title that repeats stands once."""
    titles = [title.into(language) for title, _ in rows]
    width = max((cell_len(title) for title in titles), default=0)
    left = max(20, console.width - width - 4)
    for at, (title, (_, text)) in enumerate(zip(titles, rows, strict=True)):
        shown = "" if at and titles[at - 1] == title else title
        for line in Text(printable(text.into(language))).wrap(console, left):
            head = Text(f"  {shown}{' ' * (width - cell_len(shown))}  ", style="dim")
            console.print(head + Text(line.plain.rstrip()), no_wrap=True)
            shown = ""
