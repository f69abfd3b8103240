"""Screens over the table that only show text: the help, one row, the machines."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.screen import Screen

from tenmatsu.model.words import Language, Words
from tenmatsu.ui.cells import Cell, Line
from tenmatsu.ui.lines import Lines

_MARGIN = 1


class TextScreen(Screen[None]):
    """Lines made for the width that there is, anew whenever something changed; scrolled by the arrows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,question_mark,i", "close"),
        Binding("up", "scroll_by(-1)"),
        Binding("down", "scroll_by(1)"),
        Binding("pageup", "scroll_by(-10)"),
        Binding("pagedown,space", "scroll_by(10)"),
        Binding("home", "scroll_by(-100000)"),
        Binding("end", "scroll_by(100000)"),
    ]

    def __init__(self, write: Callable[[int], list[Line]], language: Language) -> None:
        super().__init__()
        self._write = write
        self._language = language
        self._top = 0

    def compose(self) -> ComposeResult:
        """Return the two parts: the text, and how to leave."""
        yield Lines(id="text")
        yield Lines(id="leave")

    def on_resize(self, _: Resize) -> None:
        """Break the lines anew, once the parts have their new sizes."""
        self.call_after_refresh(self.draw)

    def draw(self) -> None:
        """Write the text anew and show what fits from the place to which it was scrolled."""
        text = self.query_one("#text", Lines)
        lines = self._write(max(2, text.size.width - 2 * _MARGIN))
        self._top = max(0, min(self._top, len(lines) - text.size.height))
        margin = Cell(" " * _MARGIN)
        text.show([(margin, *line) for line in lines[self._top : self._top + text.size.height]])
        more = len(lines) - self._top - text.size.height
        words = LEAVE + MORE.fill(count=more) if more > 0 else LEAVE
        self.query_one("#leave", Lines).show([(Cell(f" {words.into(self._language)}", "bold"),)])

    def action_scroll_by(self, by: int) -> None:
        """Scroll by so many lines."""
        self._top = max(0, self._top + by)
        self.draw()

    def action_close(self) -> None:
        """Go back to the table."""
        _ = self.dismiss()  # to be awaited by others only: it waits for this to end


LEAVE = Words("Escape: back", "Escape: 戻る")
MORE = Words("; {count} more lines: arrow down", "。あと {count} 行: 下矢印")
