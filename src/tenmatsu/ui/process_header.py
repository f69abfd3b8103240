"""The lines above the table: which while this is, how complete it is, and how each machine stands."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from tenmatsu.account.safe import printable
from tenmatsu.model.processes import WHYS, Break, Completeness, Refusal
from tenmatsu.model.words import Language, Words, plain
from tenmatsu.sight.process_watch import State
from tenmatsu.ui.cells import Cell, Line, cut_line, fit_left, write_lines
from tenmatsu.ui.process_choice import GROUPED_BY, SORTED_BY
from tenmatsu.ui.process_query import seconds_ago
from tenmatsu.ui.process_view import Machine, View
from tenmatsu.ui.process_words import (
    LOST,
    RUNGS,
    describe_capture,
    describe_cpu,
    show_percent,
    show_rate,
)

_MOST_MACHINES = 4
# It goes without saying.
_HERE = "localhost"
# A window that is shorter than asked for by less than a look and a half is not worth a word.
_NEARLY = 1.5


def head_lines(view: View, language: Language, width: int) -> list[Line]:
    """Return the lines, each as wide as the screen at most."""
    alone = len(view.machines) == 1
    lines = [_title(view, language)]
    for machine in view.machines[:_MOST_MACHINES]:
        lines += _machine_lines(machine, language) if alone else [_machine_line(machine, language)]
        lines += _trouble_lines(machine, language, with_host=not alone)
    if more := len(view.machines) - _MOST_MACHINES:
        lines += [_one(MORE.fill(count=more), language)] if more > 0 else []
    return [cut_line(line, width) for line in lines]


def describe_time(view: View) -> Words:
    """Return when the window ends: now, at a time that is held, or so long ago."""
    query = view.query
    if query.untils is None:
        return NOW
    ago = show_ago(seconds_ago(query, view.spans))
    until = max(query.untils.values(), default=None)
    return (FROZEN if query.frozen else PAST).fill(time=_clock(until), ago=ago)


def show_ago(seconds: float) -> Words:
    """Return a while in whole seconds, from two minutes on in whole minutes."""
    return (
        SECONDS.fill(count=f"{seconds:.0f}") if seconds < 120 else MINUTES.fill(count=f"{seconds / 60:.0f}")
    )


def describe_refusal(refusal: Refusal, *, whole: bool) -> Words:
    """Return why a better rung is not used; the sentence of the machine itself only where all is told."""
    why = WHYS.get(refusal.why, plain(printable(refusal.why)))
    words = REFUSED.fill(rung=RUNGS.get(refusal.rung, plain(printable(refusal.rung))), why=why)
    return words + plain(f" ({printable(refusal.reason)})") if whole and refusal.reason else words


def describe_state(machine: Machine) -> Words | None:
    """Return how the watching of a machine stands, None where nothing is wrong with it."""
    why = machine.trouble or plain("")
    gap = _open_break(machine)
    if machine.state is State.LOST and gap:
        return LOST_SINCE.fill(time=_clock(gap.since), why=why)
    words = _STATES[machine.state]
    return words.fill(why=why) if words else None


def describe_break(gap: Break) -> Words:
    """Return from when to when nothing was heard."""
    return BROKEN.fill(since=_clock(gap.since), until=_clock(gap.until), why=gap.why)


def machine_report(view: View, language: Language, width: int) -> list[Line]:
    """Return all that is known of the watching of each machine, for a screen of its own."""
    lines: list[Line] = []
    for machine in view.machines:
        lines.append((Cell(printable(machine.host), "bold"),))
        for words in _all_of(machine):
            lines += write_lines(printable(words.into(language)), width, indent="  ")
        lines.append(())
    return lines


def _all_of(machine: Machine) -> Iterator[Words]:
    yield describe_state(machine) or WATCHING
    if ran := machine.ran:
        seen = ran.completeness
        yield describe_capture(seen, ran.seconds)
        yield describe_cpu(seen)
        yield from (plain(f"{name}: {count:,}") for name, count in seen.events_lost.items() if count)
        yield from (describe_refusal(one, whole=True) for one in seen.refused)
        yield from (plain(one) for one in seen.remarks)
        yield COST.fill(cpu=f"{seen.probe_cpu_seconds:.2f}", mb=f"{seen.probe_max_rss_bytes / 1e6:.0f}")
        yield from (describe_break(one) for one in ran.breaks)
    if machine.span:
        yield KEPT.fill(begins=_clock(machine.span[0]), ends=_clock(machine.span[1]))


def _title(view: View, language: Language) -> Line:
    query = view.query
    time = describe_time(view).into(language)
    said = [_window(view), GROUPED_BY[query.grouping], SORTED_BY[query.sort][query.reverse]]
    if len(view.machines) == 1 and view.machines[0].host != _HERE:
        said.insert(0, plain(printable(view.machines[0].host)))
    rest = [Cell(f" {LISTED.into(language).join(one.into(language) for one in said)}")]
    if query.text:
        rest.append(Cell(FILTERED.fill(text=printable(query.text)).into(language), "bold"))
    return (Cell(f" {time} ", "bold" if query.untils is None else "bold reverse"), *rest)


def _window(view: View) -> Words:
    seconds = max((ran.seconds for ran in view.hosts.values()), default=0.0)
    asked = view.query.seconds
    if view.query.untils is None and view.hosts and seconds < asked - _NEARLY:
        return WINDOW_SO_FAR.fill(seconds=f"{asked:g}", seen=f"{seconds:.0f}")
    return (WINDOW if view.query.untils is None else WINDOW_THEN).fill(seconds=f"{asked:g}")


def _machine_lines(machine: Machine, language: Language) -> Iterator[Line]:
    if machine.ran is None:
        return
    seen = machine.ran.completeness
    yield _one(describe_capture(seen, machine.ran.seconds), language, "bold" if seen.lost else "")
    yield _one(describe_cpu(seen), language)
    if seen.refused:
        words = describe_refusal(seen.refused[0], whole=True)
        yield _one(words if len(seen.refused) == 1 else _count_others(seen) + words, language, "dim")


def _count_others(seen: Completeness) -> Words:
    return OTHERS.fill(count=len(seen.refused))


def _machine_line(machine: Machine, language: Language) -> Line:
    name = Cell(f"{fit_left(printable(machine.host), 12)} ", "bold")
    if machine.ran is None:
        return (name,)
    seen = machine.ran.completeness
    words = SHORT.fill(
        percent=show_percent(seen.captured_percent),
        rung=RUNGS.get(seen.rung, plain(printable(seen.rung))),
        forks=show_rate(seen.forks_counted, machine.ran.seconds),
        busy=_share(seen.cpu_used_seconds, seen.cpu_all_seconds),
        steal=_share(seen.steal_seconds, seen.cpu_all_seconds),
    )
    if seen.lost:
        words += LOST.fill(lost=f"{seen.lost:,}")
    return (name, Cell(words.into(language)))


def _trouble_lines(machine: Machine, language: Language, *, with_host: bool) -> Iterator[Line]:
    prefix = plain(f"{machine.host}: " if with_host else "")
    state = describe_state(machine)
    if state:
        yield _one(prefix + state, language, "bold yellow")
    if machine.ran is None:
        if machine.span:
            yield _one(prefix + NOT_KEPT, language, "bold")
        return
    closed = [one for one in machine.ran.breaks if one.until]
    if closed:
        yield _one(prefix + describe_break(closed[-1]), language, "bold yellow")


def _open_break(machine: Machine) -> Break | None:
    breaks: Iterable[Break] = machine.ran.breaks if machine.ran else ()
    return next((one for one in breaks if one.until is None), None)


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.1%}" if whole > 0 else "-"


def _one(words: Words, language: Language, style: str = "") -> Line:
    return (Cell(f" {printable(words.into(language))}", style),)


def _clock(time: datetime | None) -> str:
    return f"{time.astimezone():%H:%M:%S}" if time else "…"


_STATES = {
    State.STARTING: Words("starting to watch: nothing is known yet", "観察を開始中。まだ何もわかりません"),
    State.WATCHING: None,
    State.LOST: Words("LOST: {why}", "不通: {why}"),
    State.ENDED: Words("the watch has ended; what was seen stays", "観察は終了。見たものは残ります"),
    State.FAILED: Words("FAILED: {why}", "失敗: {why}"),
}
NOW = Words("NOW", "現在")
FROZEN = Words("FROZEN at {time}, {ago} ago", "静止中 {time}、{ago}前")
PAST = Words("PAST: {time}, {ago} ago", "過去 {time}、{ago}前")
SECONDS = Words("{count} s", "{count} 秒")
MINUTES = Words("{count} min", "{count} 分")
WINDOW = Words("last {seconds} s", "直近 {seconds} 秒")
WINDOW_THEN = Words("{seconds} s", "{seconds} 秒間")
WINDOW_SO_FAR = Words("last {seconds} s ({seen} so far)", "直近 {seconds} 秒 (まだ {seen})")
LISTED = Words(", ", "、")
FILTERED = Words(', only "{text}"', "、「{text}」のみ")
SHORT = Words(
    "{percent} of ends seen by {rung}; {forks} forks/s; CPU {busy} busy, steal {steal}",
    "終了の {percent} を捕捉 ({rung})。fork 毎秒 {forks}。CPU 使用 {busy}、steal {steal}",
)
REFUSED = Words("not by {rung}: {why}", "{rung} は使えず: {why}")
OTHERS = Words("{count} better ways not used (i tells all): ", "使えない上位手段 {count} (詳細は i): ")
LOST_SINCE = Words("LOST since {time}: {why}", "{time} から不通: {why}")
BROKEN = Words("nothing heard from {since} to {until}: {why}", "{since} から {until} まで不通: {why}")
NOT_KEPT = Words("nothing is kept of that time", "その時間の記録は残っていません")
MORE = Words("{count} more machines: i", "ほか {count} 台 (i)")
WATCHING = Words("watching", "観察中")
KEPT = Words("kept: from {begins} to {ends}", "保持: {begins} から {ends} まで")
COST = Words(
    "the probe's own cost in this window: {cpu} s of CPU, {mb} MB",
    "この間のプローブ自身の負担: CPU {cpu} 秒、{mb} MB",
)
