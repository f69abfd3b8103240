"""What was counted of access logs, for a terminal: conclusion first, 80 columns, readable without colour."""

from collections.abc import Iterable, Sequence
from io import StringIO
from typing import TextIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tenmatsu.account.console import open_console
from tenmatsu.account.safe import printable
from tenmatsu.cli.log_formats import describe_format
from tenmatsu.cli.requests_words import (
    Looked,
    clock,
    describe_gaps,
    describe_onset,
    describe_patterns,
    describe_rate,
    describe_trials,
    name_of,
    share_of,
)
from tenmatsu.model.words import Language, Words
from tenmatsu.parse.request_kind import RequestKind
from tenmatsu.traffic.join import Joined
from tenmatsu.traffic.study import Study, busiest, most_failing
from tenmatsu.traffic.tally import Count

_MOST_ROWS = 8
_MOST_FORMATS = 3

Row = tuple[str, Count]


def print_study(
    found: Study, looked: Looked, language: Language, out: TextIO, *, colour: bool, width: int | None = None
) -> None:
    """Print the page. Without a terminal it is 80 columns wide and plain."""
    laid_out = StringIO()
    console = open_console(laid_out, colour=colour, width=width)
    _Page(console, found, looked, language).print()
    # Tables are filled up with blanks, which get in the way of who copies lines into a ticket.
    out.writelines(f"{line.rstrip()}\n" for line in laid_out.getvalue().splitlines())


class _Page:
    """The page; each part is a short method."""

    def __init__(self, console: Console, found: Study, looked: Looked, language: Language) -> None:
        self.console = console
        self.found = found
        self.looked = looked
        self.language: Language = language

    def print(self) -> None:
        found, tally = self.found, self.found.tally
        self._line(describe_rate(found), "bold")
        onset = describe_onset(found, self.looked.zone)
        for words in filter(None, (describe_trials(found), onset, self._span())):
            self._line(words)
        for used in self.looked.formats[:_MOST_FORMATS]:
            self._line(describe_format(used), "dim")
        for one in describe_patterns(found, self.looked.zone):
            self._line(one.words, "yellow")
        self._tables()
        if found.joined:
            self._reasons(found.joined)
        if tally.count.total:
            self._table(BUSIEST, [(name_of(one), n) for one, n in busiest(tally.by_asked.items(), 5)])
        self._gaps(list(describe_gaps(found, self.looked)))

    def _span(self) -> Words | None:
        tally, zone = self.found.tally, self.looked.zone
        if tally.first is None or tally.last is None:
            return None
        files = self.looked.files
        return SPAN.fill(files=files, first=clock(tally.first, zone), last=clock(tally.last, zone))

    def _tables(self) -> None:
        found, tally = self.found, self.found.tally
        if not tally.count.failed:
            return
        worst = most_failing(tally.by_asked.items(), _MOST_ROWS)
        self._table(WORST, [(name_of(asked), count) for asked, count in worst])
        self._table(BY_METHOD, found.by_method[:_MOST_ROWS])
        kinds = sorted(tally.by_kind.items(), key=lambda item: -item[1].total)
        self._table(BY_KIND, [(KINDS[kind].into(self.language), count) for kind, count in kinds])
        hours = sorted(found.by_hour, key=lambda item: -item[1].failed)[:_MOST_ROWS]
        self._table(BY_HOUR, sorted((f"{hour:02}:00", count) for hour, count in hours if count.failed))
        clients = sorted(tally.by_client.items(), key=lambda item: -item[1].failed)[:5]
        failing = sum(count.failed > 0 for count in tally.by_client.values())
        self._table(BY_CLIENT.fill(count=f"{failing:,}"), [one for one in clients if one[1].failed])

    def _table(self, title: Words, rows: Sequence[Row]) -> None:
        cells = (
            (label, f"{count.failed:,}", f"{count.total:,}", f"{share_of(count)}") for label, count in rows
        )
        if rows:
            self._grid(title, cells, FAILED_OF)

    def _reasons(self, joined: Joined) -> None:
        words = EXPLAINED.fill(
            explained=f"{joined.explained:,.0f}",
            failures=f"{joined.failures:,}",
            lines=f"{joined.lines:,}",
            stray=f"{joined.stray:,}",
        )
        rows = (
            (f"{one.kind.value}: {one.example}", f"{one.sure:,}", f"{one.likely:,.0f}", "")
            for one in joined.reasons
        )
        self._grid(REASONS, rows, SURE_LIKELY)
        self._line(words)

    def _grid(self, title: Words, rows: Iterable[tuple[str, ...]], head: Sequence[Words]) -> None:
        table = Table.grid(expand=True, padding=(0, 1, 0, 0))
        table.add_column(ratio=1, overflow="ellipsis", no_wrap=True)
        table.add_column(justify="right", no_wrap=True)
        table.add_column(justify="right", no_wrap=True)
        table.add_column(justify="right", no_wrap=True)
        table.add_row(
            Text(title.into(self.language), "bold"), *(Text(one.into(self.language), "dim") for one in head)
        )
        for row in rows:
            first, *rest = (Text(printable(cell)) for cell in row)
            table.add_row(Padding(first, (0, 0, 0, 2)), *rest)
        self.console.print()
        self.console.print(table)

    def _gaps(self, gaps: Sequence[Words]) -> None:
        if gaps:
            self.console.print()
            self._line(NOT_SEEN, "bold")
        for words in gaps:
            self.console.print(Padding(Text(printable(words.into(self.language))), (0, 0, 0, 2)))

    def _line(self, words: Words, style: str = "") -> None:
        self.console.print(Text(printable(words.into(self.language)), style=style))


SPAN = Words(
    "Files read: {files}; from {first} to {last}.", "読んだファイル {files} 個、{first} から {last} まで。"
)
WORST = Words("What fails most", "失敗の多いもの")
BUSIEST = Words("What is asked for most", "要求の多いもの")
BY_METHOD = Words("By method", "メソッド別")
BY_KIND = Words("By who asks", "要求元の種類別")
BY_HOUR = Words("By hour of the day", "時間帯別")
BY_CLIENT = Words("By client ({count} met a failure)", "クライアント別 (失敗に遭ったのは {count})")
FAILED_OF = (Words("failed", "失敗"), Words("of", "全数"), Words("rate (95 %)", "割合 (95 %)"))
REASONS = Words("Why, by the error logs", "エラーログによる理由")
SURE_LIKELY = (Words("by client", "確実"), Words("by time", "時刻のみ"), Words("", ""))
EXPLAINED = Words(
    "{explained} of {failures} failures have a line in the error logs; of {lines} lines {stray} belong to"
    " none.",
    "失敗 {failures} 件中 {explained} 件に対応する行あり。エラーログ {lines} 行のうち {stray} 行は無関係。",
)
NOT_SEEN = Words("What the counts do not hold", "数えられていないもの")
KINDS = {
    RequestKind.PERSON: Words("persons", "人"),
    RequestKind.CRAWLER: Words("crawlers", "クローラー"),
    RequestKind.TOOL: Words("tools", "ツール"),
    RequestKind.ATTACK: Words("attacks", "攻撃"),
    RequestKind.OWN: Words("Tenmatsu", "Tenmatsu"),
}
