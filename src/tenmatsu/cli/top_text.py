"""What ran, as a table for a terminal or a file: 80 columns, readable without colour."""

import os
import shutil
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from tenmatsu.account.console import open_console
from tenmatsu.account.safe import printable
from tenmatsu.model.processes import WHYS, Grouping, Ran, Row
from tenmatsu.model.words import Language, Words, plain
from tenmatsu.ui.cells import fit_left, fit_right
from tenmatsu.ui.process_words import (
    describe_capture,
    describe_cpu,
    find_meaning,
    name_row,
    show_count,
    show_ends,
    show_life,
    show_parents,
    show_rate,
)

_WIDEST, _NARROWEST = 120, 60
_NAME_WIDTH = 24
# Heading, width; the name's column comes before them, what is left goes to the ends.
_COLUMNS: tuple[tuple[Words, int], ...] = (
    (Words("started", "開始"), 8),
    (Words("/s", "毎秒"), 7),
    (Words("alive", "存続"), 6),
    (Words("CPU s", "CPU秒"), 8),
    (Words("%", "%"), 6),
    (Words("life", "寿命"), 6),
)


def print_table(
    seen: Sequence[Ran],
    rows: Sequence[Row],
    most: int,
    grouping: Grouping,
    language: Language,
    *,
    no_colour: bool,
) -> None:
    """Print how complete it is, then the rows, two lines each where there is something to say."""
    terminal = sys.stdout.isatty()
    colour = terminal and not no_colour and not os.environ.get("NO_COLOR")
    width = shutil.get_terminal_size().columns if terminal else 80
    console = open_console(sys.stdout, colour=colour, width=width, narrowest=_NARROWEST, widest=_WIDEST)
    for one in seen:
        _print_head(console, one, language, with_host=len(seen) > 1)
    console.print()
    console.print(Text(_heading(grouping, language), style="bold"), no_wrap=True, overflow="ellipsis")
    hosts = {one.host: one for one in seen}
    active = [row for row in rows if row.was_active]
    for row in active[:most]:
        _print_row(console, row, hosts[row.host], grouping, language, with_host=len(seen) > 1)
    if len(active) > most:
        console.print(Text(MORE.fill(count=len(active) - most).into(language), style="dim"))
    if quiet := len(rows) - len(active):
        console.print(Text(QUIET.fill(count=quiet).into(language), style="dim"))


def _print_head(console: Console, one: Ran, language: Language, *, with_host: bool) -> None:
    title = TITLE.fill(seconds=f"{one.seconds:.0f}", begun=f"{one.begun.astimezone():%Y-%m-%d %H:%M:%S}")
    prefix = f"{printable(one.host)}: " if with_host else ""
    console.print(Text(prefix + title.into(language), style="bold"))
    seen = one.completeness
    style = "yellow" if seen.lost else ""
    console.print(Text(describe_capture(seen, one.seconds).into(language), style=style))
    console.print(Text(describe_cpu(seen).into(language)))
    for refusal in seen.refused:
        why = WHYS.get(refusal.why, plain(refusal.why))
        words = REFUSED.fill(rung=refusal.rung, why=why, reason=printable(refusal.reason))
        console.print(Text(words.into(language), style="dim"))
    for remark in seen.remarks:
        console.print(Text(printable(remark), style="dim"))
    for gap in one.breaks:
        words = BROKEN.fill(
            since=f"{gap.since.astimezone():%H:%M:%S}",
            until=f"{gap.until.astimezone():%H:%M:%S}" if gap.until else "…",
            why=gap.why,
        )
        console.print(Text(printable(words.into(language)), style="yellow"))


def _heading(grouping: Grouping, language: Language) -> str:
    cells = [fit_left(grouping.title.into(language), _NAME_WIDTH)]
    cells += [fit_right(title.into(language), width) for title, width in _COLUMNS]
    return " ".join(cells) + "  " + ENDS.into(language)


def _print_row(
    console: Console, row: Row, ran: Ran, grouping: Grouping, language: Language, *, with_host: bool
) -> None:
    # The rows' clock is finer than the kernel's ticks: in a quiet while they may add up to more.
    used = max(ran.completeness.cpu_used_seconds, ran.completeness.cpu_attributed_seconds)
    figures = (
        show_count(row.started),
        show_rate(row.started, ran.seconds),
        show_count(row.alive),
        f"{row.cpu_seconds:.2f}",
        f"{row.cpu_seconds / used:.1%}" if used > 0 else "-",
        show_life(row.mean_life_seconds),
    )
    name = name_row(row, grouping).into(language)
    label = f"{printable(row.host)} {name}" if with_host else name
    cells = [fit_left(label, _NAME_WIDTH)]
    cells += [fit_right(text, width) for text, (_, width) in zip(figures, _COLUMNS, strict=True)]
    line = Text(f"{' '.join(cells)}  {show_ends(row)}".rstrip())
    line.stylize("bold", 0, len(cells[0]))
    console.print(line, no_wrap=True, overflow="ellipsis")
    if said := _explain(row, language):
        console.print(Text(f"  {said}", style="dim"), no_wrap=True, overflow="ellipsis")


def _explain(row: Row, language: Language) -> str:
    meaning = find_meaning(row.comm, row.executable, row.service)
    parts = []
    if not row.unnamed and row.parents:
        parts.append(BY.fill(parents=show_parents(row.parents)).into(language))
    if meaning:
        parts.append(meaning.into(language))
    return BETWEEN.into(language).join(parts)


TITLE = Words("What ran in {seconds} s from {begun}", "{begun} から {seconds} 秒間に動いたもの")
REFUSED = Words("not by {rung}: {why} ({reason})", "{rung} は使えず: {why} ({reason})")
BROKEN = Words("nothing heard from {since} to {until}: {why}", "{since} から {until} まで不通: {why}")
ENDS = Words("ends", "終わり方")
BY = Words("by {parents}", "起動元 {parents}")
BETWEEN = Words(". ", "。")
MORE = Words("{count} more rows: --most", "ほか {count} 行 (--most)")
QUIET = Words(
    "{count} others live, but neither started, ended nor used CPU",
    "ほか {count} 種は動かず (起動・終了・CPU 使用なし)",
)
