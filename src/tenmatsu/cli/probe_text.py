"""A series of own transactions for a terminal: the conclusion, then what it rests on."""

from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tenmatsu.account.safe import printable
from tenmatsu.cli.console import make_console
from tenmatsu.cli.probe_words import Told, make_headline, make_rows
from tenmatsu.model.words import Language, Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console


def print_series(told: Told, language: Language, *, no_colour: bool) -> None:
    """Print the series."""
    console = make_console(no_colour=no_colour)
    rate = told.rate
    style = "bold red" if rate.failures else "bold green" if rate.total else "bold yellow"
    console.print(Text(printable(make_headline(told).into(language)), style=style))
    print_rows(console, make_rows(told), language)


def print_rows(console: "Console", rows: "Sequence[tuple[Words, Words]]", language: Language) -> None:
    """Print titles and what they say, side by side; a title that repeats stands once."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column()
    before = None
    for title, text in rows:
        name = "" if title == before else title.into(language)
        table.add_row(Text(name, style="dim"), Text(printable(text.into(language))))
        before = title
    if rows:
        console.print(Padding(table, (0, 0, 0, 2)))
