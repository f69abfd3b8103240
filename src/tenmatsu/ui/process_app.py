"""The live view of `tenmatsu top`: draws frozen answers of the watches, which are taken in another thread."""

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual import events, on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.filter import NoColor
from textual.message import Message
from textual.widgets import Input

from tenmatsu.model.processes import Grouping, Row
from tenmatsu.model.words import Language, Words
from tenmatsu.ui.cells import Cell, Line, wrap
from tenmatsu.ui.lines import Lines
from tenmatsu.ui.process_detail import BRIEF_LINES, brief_lines, row_report
from tenmatsu.ui.process_header import head_lines, machine_report
from tenmatsu.ui.process_keys import footer_line, help_lines
from tenmatsu.ui.process_query import Query, change_query
from tenmatsu.ui.process_screens import TextScreen
from tenmatsu.ui.process_table import ProcessTable
from tenmatsu.ui.process_view import View, Watched, take_view

# The probe tells something once a second. Asked twice as often, nothing is shown later than half a second.
_BEAT_SECONDS = 0.5
# A long window changes slowly: it is asked for again after a hundredth of it.
_PART = 0.01
# After an answer that took long (long windows, thousands of kinds) the next one waits so many times as long:
# what this view costs stays a small part of a processor.
_REST = 60
_LEAST_WIDTH, _LEAST_HEIGHT = 40, 10
# From this height on there is room for three lines about one row.
_HEIGHT_FOR_BRIEF = 16


def run_app(
    watches: Sequence[Watched],
    seconds: float,
    grouping: Grouping,
    language: Language,
    *,
    colour: bool,
    sort: str = "cpu",
    text: str = "",
) -> None:
    """Show the watches until the person leaves. The terminal is as before afterwards, whatever happens."""
    query = Query(seconds=seconds, grouping=grouping, sort=sort, text=text)
    app = ProcessApp(watches, query, language, colour=colour)
    # Without the mouse, the terminal's own marking and copying go on working.
    app.run(mouse=False)
    if app.fault:
        raise app.fault


class Taken(Message):
    """An answer has come; None: nothing new is known."""

    def __init__(self, view: View | None, cpu_seconds: float) -> None:
        super().__init__()
        self.view = view
        self.cpu_seconds = cpu_seconds


class ProcessApp(App[None]):
    """Header, table, three lines about a row, keys. What is drawn is always one `View`."""

    ENABLE_COMMAND_PALETTE = False
    AUTO_FOCUS: ClassVar[str | None] = None
    # The terminal's own colours: nobody has to read ours on a background that we do not know.
    CSS = """
    Screen, Lines, Input, Input:focus { background: ansi_default; color: ansi_default; }
    Screen { layout: vertical; overflow: hidden; }
    Lines { height: 1; }
    #table, #text { height: 1fr; }
    #filter { height: 1; border: none; padding: 0 1; display: none; }
    #small { height: 1fr; display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit"),
        Binding("ctrl+c", "quit", priority=True),
        Binding("plus,equals_sign", "ask('lengthen')"),
        Binding("minus", "ask('shorten')"),
        Binding("left", "ask('back')"),
        Binding("right", "ask('forward')"),
        Binding("n,end", "ask('now')"),
        Binding("space", "ask('freeze')"),
        Binding("s", "ask('sort')"),
        Binding("r", "ask('reverse')"),
        Binding("g", "ask('group')"),
        Binding("slash", "filter"),
        Binding("escape", "clear"),
        Binding("enter", "detail"),
        Binding("i", "machines"),
        Binding("question_mark,f1,h", "help"),
        Binding("up,k", "move(-1)"),
        Binding("down,j", "move(1)"),
        Binding("pageup", "page(-1)"),
        Binding("pagedown", "page(1)"),
        Binding("home", "top"),
    ]

    def __init__(
        self, watches: Sequence[Watched], query: Query, language: Language, *, colour: bool = True
    ) -> None:
        super().__init__(ansi_color=True)
        if not colour and not self.no_color:  # NO_COLOR in the environment is Textual's own
            self.no_color = True
            self._filters.append(NoColor())
        self._watches = watches
        self._language = language
        self._asked = query
        self._view = View(query=query)
        self._taking = False
        self._rest_until = 0.0

    @property
    def fault(self) -> Exception | None:
        """Return what ended the view, if that was a fault."""
        return self._exception

    def compose(self) -> ComposeResult:
        """Return the parts, from above to below."""
        yield Lines(id="head")
        yield ProcessTable(self._language, id="table")
        yield Lines(id="brief")
        yield Lines(id="keys")
        yield Input(id="filter", placeholder=FILTER.into(self._language), compact=True)
        yield Lines(id="small")

    def on_mount(self) -> None:
        """Begin to ask."""
        self.set_focus(None)
        self.set_interval(_BEAT_SECONDS, self._look)
        self._look()

    def on_resize(self, event: events.Resize) -> None:
        """Lay out anew; where there is no room, say so instead."""
        small = event.size.width < _LEAST_WIDTH or event.size.height < _LEAST_HEIGHT
        for part in ("#head", "#table", "#keys"):
            self._part(part).display = not small
        self._part("#brief").display = not small and event.size.height >= _HEIGHT_FOR_BRIEF
        self._part("#small").display = small
        words = SMALL.fill(width=_LEAST_WIDTH, height=_LEAST_HEIGHT).into(self._language)
        self._part("#small").show([(Cell(line),) for line in wrap(words, max(2, event.size.width))])
        self.call_after_refresh(self._draw)

    # --- Asking, in another thread ---

    def _look(self) -> None:
        if self._taking or (self._asked == self._view.query and time.monotonic() < self._rest_until):
            return
        self._taking = True
        self.run_worker(partial(self._take, self._asked, self._view), thread=True, group="look")

    def _take(self, query: Query, before: View) -> None:
        began = time.thread_time()
        view = take_view(self._watches, query, before)
        self.post_message(Taken(view, time.thread_time() - began))

    def on_taken(self, message: Taken) -> None:
        """Draw an answer; ask again at once if something else was asked for meanwhile."""
        self._taking = False
        if message.view:
            self._view = message.view
            known = max((ran.seconds for ran in message.view.hosts.values()), default=0.0)
            self._rest_until = time.monotonic() + max(_REST * message.cpu_seconds, _PART * known)
            self._table.take(message.view)
            self._draw()
        if self._asked != self._view.query:
            self._look()

    # --- Drawing ---

    def _part(self, name: str) -> Lines:
        return self.screen_stack[0].query_one(name, Lines)

    @property
    def _table(self) -> ProcessTable:
        return self.screen_stack[0].query_one("#table", ProcessTable)

    def _draw(self) -> None:
        width = self.size.width
        head = head_lines(self._view, self._language, width)
        self._part("#head").styles.height = len(head)
        self._part("#head").show(head)
        self._draw_place()
        if isinstance(self.screen, TextScreen):
            self.screen.draw()

    def _draw_place(self) -> None:
        width = self.size.width
        brief = self._part("#brief")
        brief.styles.height = BRIEF_LINES
        row = self._table.row
        brief.show(brief_lines(row, self._view.query.grouping, self._language, width) if row else [])
        is_past = self._view.query.untils is not None
        keys = footer_line(self._table.shown, self._language, width, is_past=is_past)
        self._part("#keys").show([keys])

    # --- Keys ---

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Allow the table's keys only while it is on the screen."""
        return action == "quit" or not isinstance(self.screen, TextScreen)

    def action_ask(self, what: str) -> None:
        """Ask another question."""
        self._asked = change_query(self._asked, what, self._view.spans)
        self._look()

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self._table.move(by)
        self._draw_place()

    def action_page(self, by: int) -> None:
        """Move the cursor by a page."""
        self.action_move(by * self._table.page)

    def action_top(self) -> None:
        """Put the cursor on the first row."""
        self._table.go_to_top()
        self._draw_place()

    def action_filter(self) -> None:
        """Open the line for the filter."""
        line = self.query_one("#filter", Input)
        line.display, self._part("#keys").display = True, False
        line.value = self._asked.text
        line.focus()

    @on(Input.Changed)
    def filter_by(self, event: Input.Changed) -> None:
        """Filter while it is being typed."""
        self._asked = replace(self._asked, text=event.value)
        self._look()

    @on(Input.Submitted)
    def keep_filter(self) -> None:
        """Close the line and keep the filter."""
        line = self.query_one("#filter", Input)
        line.display, self._part("#keys").display = False, True
        self.set_focus(None)

    def action_clear(self) -> None:
        """Take the filter away."""
        self.keep_filter()
        self.action_ask("all")

    async def action_detail(self) -> None:
        """Show everything about the row under the cursor."""
        if self._table.row:
            await self.push_screen(TextScreen(partial(self._write_row, self._table.row), self._language))

    def _write_row(self, row: Row, width: int) -> list[Line]:
        return row_report(self._view, row, self._language, width)

    async def action_machines(self) -> None:
        """Show how each machine is watched."""
        await self.push_screen(TextScreen(self._write_machines, self._language))

    def _write_machines(self, width: int) -> list[Line]:
        return machine_report(self._view, self._language, width)

    async def action_help(self) -> None:
        """Show the help."""
        await self.push_screen(TextScreen(partial(help_lines, self._language), self._language))


SMALL = Words(
    "Too small: this view needs {width} columns and {height} lines.",
    "小さすぎます。{width} 桁 {height} 行以上が必要です。",
)
FILTER = Words("only rows in which this stands", "この文字列を含む行だけ")
