"""Lines made of cells: text that is cut and filled to a width on the screen, where Japanese takes two.

Nothing here is markup: what stands in a cell is drawn as it is. Text of a guest is made `printable` before.
"""

from collections.abc import Iterable
from typing import NamedTuple

from rich.cells import cell_len, chop_cells, set_cell_size


class Cell(NamedTuple):
    """A piece of a line and its style, in Rich's words (`bold`, `reverse`)."""

    text: str
    style: str = ""


Line = tuple[Cell, ...]


def fit_left(text: str, width: int) -> str:
    """Return the text in so many cells, at least one; a longer one ends in `…`."""
    return set_cell_size(text, width) if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"


def fit_within(text: str, width: int) -> str:
    """Return the text in at most so many cells."""
    return text if cell_len(text) <= width else fit_left(text, width)


def cut_line(line: Line, width: int) -> Line:
    """Return the line with its last cell cut to what is left of so many cells."""
    *first, last = line
    left = width - sum(cell_len(one.text) for one in first)
    return (*first, Cell(fit_within(last.text, max(1, left)), last.style))


def fit_right(text: str, width: int) -> str:
    """Return the text at the right end of so many cells. A longer one is cut: a figure never is, in words."""
    return " " * (width - cell_len(text)) + text if cell_len(text) <= width else fit_left(text, width)


def wrap(text: str, width: int) -> list[str]:
    """Return the text in lines of at most so many cells (at least 2), broken at spaces where it has any."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and cell_len(lines[-1]) + 1 + cell_len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines += chop_cells(word, width) or [""]
    return lines


def write_lines(text: str, width: int, *, style: str = "", indent: str = "") -> Iterable[Line]:
    """Yield the text as lines; each begins with the indent, so that none can pass for one of ours."""
    for line in wrap(text, max(2, width - len(indent))):
        yield (Cell(indent), Cell(line, style))
