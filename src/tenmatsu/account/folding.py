"""Breaks lines as Japanese does as well: between any two wide characters, but for a few.

Rich breaks at blanks only: a Japanese sentence with one English word in it was broken there, in the middle
of the line.
"""

from collections.abc import Iterator

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.text import Text

from tenmatsu.model import line_breaks


class Folded:
    """Text that rich lays out with our line breaks."""

    def __init__(self, text: Text) -> None:
        self._text = text

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> Iterator[Text]:
        """Yield the lines, none wider than there is room."""
        yield Text("\n").join(
            piece for line in self._text.split(allow_blank=True) for piece in _part(line, options.max_width)
        )


def _part(line: Text, width: int) -> Iterator[Text]:
    for piece in line.divide(find_breaks(line.plain, width)):
        piece.rstrip()
        yield piece


def find_breaks(text: str, width: int) -> list[int]:
    """Return before which characters a line must be broken, by rich's own count of cells."""
    return line_breaks.find_breaks(text, width, cell_len)
