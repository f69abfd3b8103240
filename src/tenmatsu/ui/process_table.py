"""The table of the live view: the rows that fit, and a cursor that stays on its row."""

from collections.abc import Hashable

from textual.events import Resize

from tenmatsu.model.processes import Row
from tenmatsu.model.words import Language
from tenmatsu.ui.cells import Line
from tenmatsu.ui.lines import Lines
from tenmatsu.ui.process_columns import head_line, lay_out, row_line
from tenmatsu.ui.process_query import Query
from tenmatsu.ui.process_view import View


class ProcessTable(Lines):
    """Rows of a view. The cursor keeps to its row by identity once it was moved; before, to the first row."""

    def __init__(self, language: Language, *, id: str) -> None:
        super().__init__(id=id)
        self._language = language
        self._view = View(query=Query())
        self._chosen: Hashable = None
        self._at = 0
        self._top = 0

    @property
    def row(self) -> Row | None:
        """Return the row under the cursor."""
        return self._view.rows[self._at] if self._view.rows else None

    @property
    def page(self) -> int:
        """Return how many rows fit."""
        return max(1, self.size.height - 1)

    @property
    def shown(self) -> tuple[int, int, int]:
        """Return the first and the last row that stand on the screen, from 1 on, and how many there are."""
        count = len(self._view.rows)
        return (min(self._top + 1, count), min(self._top + self.page, count), count)

    def take(self, view: View) -> None:
        """Show another view."""
        self._view = view
        self._follow()
        self.draw()

    def move(self, by: int) -> None:
        """Move the cursor by so many rows."""
        if self._view.rows:
            self._at = max(0, min(self._at + by, len(self._view.rows) - 1))
            self._chosen = self._view.rows[self._at].identity
        self.draw()

    def go_to_top(self) -> None:
        """Put the cursor on the first row, whichever that is from now on."""
        self._chosen, self._at = None, 0
        self.draw()

    def on_resize(self, _: Resize) -> None:
        """Draw again: another number of rows and columns fits."""
        self.draw()

    def draw(self) -> None:
        """Show what can be seen of the view."""
        self._top = min(self._top, self._at, max(0, len(self._view.rows) - self.page))
        self._top = max(self._top, self._at - self.page + 1)
        self.show(self._visible())

    def _follow(self) -> None:
        """Find the chosen row's new place; where it is gone, its neighbour takes over."""
        rows = self._view.rows
        if self._chosen is None:
            self._at = 0
            return
        found = (at for at, row in enumerate(rows) if row.identity == self._chosen)
        self._at = next(found, max(0, min(self._at, len(rows) - 1)))

    def _visible(self) -> list[Line]:
        query, language = self._view.query, self._language
        layout = lay_out(self.size.width, with_hosts=len(self._view.machines) > 1)
        lines = [head_line(layout, query.grouping, query.sort, language)]
        for at, row in enumerate(self._view.rows[self._top : self._top + self.page], self._top):
            ran = self._view.hosts[row.host]
            lines.append(row_line(layout, row, ran, query.grouping, language, selected=at == self._at))
        return lines
