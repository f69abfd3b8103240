"""The report on a terminal: 80 columns, readable without colour."""

from io import StringIO
from typing import TextIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tenmatsu.account.console import open_console
from tenmatsu.account.folding import Folded
from tenmatsu.account.report import Line, Report, Section
from tenmatsu.account.safe import printable
from tenmatsu.model.verdict import Status

_LABEL_WIDTH = 16
_COLOURS = {
    Status.HEALTHY: "green",
    Status.LIKELY: "red",
    Status.CONFIRMED: "red",
    Status.INCONCLUSIVE: "yellow",
}


def print_report(report: Report, out: TextIO, *, colour: bool, width: int | None = None) -> None:
    """Print the report. Without a terminal it is 80 columns wide and plain."""
    laid_out = StringIO()
    console = open_console(laid_out, colour=colour, width=width)
    _print_opening(console, report)
    for section in report.sections:
        console.print(Text(printable(section.title), style="bold"))
        console.print(Padding(_numbered(section) if section.numbered else _table(section), (0, 0, 0, 2)))
    # Tables are filled up with blanks, which get in the way of who copies lines into a ticket.
    out.writelines(line.rstrip() + "\n" for line in laid_out.getvalue().splitlines())


def _print_opening(console: Console, report: Report) -> None:
    head = Table.grid(expand=True, padding=(0, 2, 0, 0))
    head.add_column(ratio=1)
    head.add_column(justify="right", no_wrap=True)
    style = f"bold {_COLOURS[report.status]}"
    head.add_row(
        Folded(Text(printable(report.headline), style=style)),
        Text(printable(report.confidence), style=style),
    )
    console.print(head)
    for sentence in report.opening:
        console.print(Folded(Text(printable(sentence))))
    console.print()


def _table(section: Section) -> Table:
    table = Table.grid(expand=True, padding=(0, 1, 0, 0))
    table.add_column(width=_LABEL_WIDTH, overflow="fold")
    table.add_column(ratio=1, overflow="fold")
    table.add_column(justify="right", no_wrap=True, min_width=6)
    for line in section.lines:
        table.add_row(
            Folded(Text(printable(line.label), style="cyan")),
            Folded(Text(printable(line.text))),
            Text(line.weight, style="dim"),
        )
    return table


def _numbered(section: Section) -> Table:
    table = Table.grid(expand=True, padding=(0, 1, 0, 0))
    table.add_column(width=2)
    table.add_column(ratio=1, overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    for number, line in enumerate(section.lines, start=1):
        table.add_row(Text(f"{number}."), _step(line), Text(line.weight, style="dim"))
    return table


def _step(line: Line) -> Folded:
    text = Text(printable(line.text))
    if line.label:
        text.append("\n")
        text.append(printable(line.label), style="cyan")
    return Folded(text)
