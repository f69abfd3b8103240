"""A part of the screen that shows lines, and draws only the cells that changed."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import zip_longest

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tenmatsu.ui.cells import Line


class Lines(Widget):
    """Lines of cells; what does not fit is not shown. No markup is ever read."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._lines: tuple[Line, ...] = ()

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines instead of the ones before."""
        before, self._lines = self._lines, tuple(lines)
        regions = [
            Region(start, y, max(1, end - start), 1)
            for y, (old, new) in enumerate(zip_longest(before, self._lines, fillvalue=()))
            if old != new
            for start, end in (find_change(old, new, self.size.width),)
        ]
        if regions:
            self.refresh(*regions)

    def render_line(self, y: int) -> Strip:
        """Return one line for the screen."""
        width = self.size.width
        line = self._lines[y] if y < len(self._lines) else ()
        strip = Strip([Segment(cell.text, _style(cell.style)) for cell in line])
        return strip.adjust_cell_length(width, Style.null())


def find_change(old: Line, new: Line, width: int) -> tuple[int, int]:
    """Return from where to where two lines differ: whole cells, where these are equally wide in both."""
    widths = [cell_len(cell.text) for cell in new]
    if [cell_len(cell.text) for cell in old] != widths:
        return 0, width
    differing = [at for at, (one, other) in enumerate(zip(old, new, strict=True)) if one != other]
    return sum(widths[: differing[0]]), sum(widths[: differing[-1] + 1])


@lru_cache(256)
def _style(words: str) -> Style:
    return Style.parse(words) if words.strip() else Style.null()
