"""Every program that ran, the dead included: who starts what, what it used, how it ended. By the probe."""

import threading
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from tenmatsu.errors import ReachError
from tenmatsu.knowledge.look_up import look_up
from tenmatsu.model.processes import WHYS, Break, Completeness, Grouping, Ran, Row
from tenmatsu.model.program import MatchedBy
from tenmatsu.model.words import Words, plain
from tenmatsu.parse.probe_frames import Look
from tenmatsu.reach.probe import ProbeSource
from tenmatsu.sight.process_ledger import Ledger
from tenmatsu.sight.scene import AS_ROOT, Notebook, Scene, Sight
from tenmatsu.sight.script_ends import ScriptEnds

# Programs and starters told of, what matters most first. The sums of the others stand in `process.capture`.
_MOST_KEPT = 60
_MOST_CHARACTERS = 300
# A loop of crashes is slow: three ends must not fall out behind sixty busy programs.
_BAD_END = 1000
_BEAT_SECONDS = 0.5
# The window is over: the probe's last frame is due now.
_LAST_FRAME_SECONDS = 1.0


def look(scene: Scene, notebook: Notebook) -> None:
    """Let the probe tell of every process until the window's end, and write down what it told."""
    if scene.open_probe is None:
        raise ReachError("probe", NO_PROBE)
    source = scene.open_probe(scene.left_seconds)
    ledger, scripts = Ledger(scene.component), ScriptEnds()
    listener = threading.Thread(target=_listen, args=(source, ledger, scripts), daemon=True)
    listener.start()
    try:
        while listener.is_alive() and scene.left_seconds > 0:
            listener.join(min(_BEAT_SECONDS, scene.left_seconds))
        listener.join(0.0 if scene.stop.is_set() else _LAST_FRAME_SECONDS)
    finally:
        source.close()
        listener.join()
    _write(scene, notebook, ledger)
    scripts.write(notebook)


def _listen(source: ProbeSource, ledger: Ledger, scripts: ScriptEnds) -> None:
    for frame in source.frames():
        ledger.take(frame, datetime.now(UTC))
        if isinstance(frame, Look):
            scripts.take(frame)


def _write(scene: Scene, notebook: Notebook, ledger: Ledger) -> None:
    now = scene.reach.now()
    seconds = scene.seconds + _LAST_FRAME_SECONDS
    by_program, by_starter = ledger.ran(seconds), ledger.ran(seconds, grouping=Grouping.PARENT)
    if by_program is None or by_starter is None:
        why = ledger.breaks[-1].why if ledger.breaks else TOO_SHORT
        raise ReachError("probe", why)
    seen = by_program.completeness
    notebook.read = READ.fill(ends=seen.exits_captured, counted=seen.exits_counted, rung=seen.rung)
    _write_completeness(notebook, now, by_program)
    for row in _first(by_program.rows):
        _write_program(notebook, now, row)
    for name, rows in _by_name(by_starter.rows).items():
        _write_starter(notebook, now, name, rows)
    _write_gaps(notebook, seen, by_program.breaks, as_root=ledger.hello is not None and ledger.hello.uid == 0)


def _write_completeness(notebook: Notebook, now: datetime, ran: Ran) -> None:
    seen = ran.completeness
    notebook.event(
        "process.capture",
        now,
        rung=seen.rung,
        cpu=seen.cpu,
        watched_seconds=round(ran.seconds, 3),
        exits_captured=seen.exits_captured,
        exits_counted=seen.exits_counted,
        forks_counted=seen.forks_counted,
        **_known(forks_seen=seen.forks_seen, limit_cores=seen.limit_cores),
        cpu_attributed_seconds=round(seen.cpu_attributed_seconds, 6),
        cpu_used_seconds=round(seen.cpu_used_seconds, 6),
        steal_seconds=round(seen.steal_seconds, 6),
        events_lost=seen.lost,
        probe_cpu_seconds=round(seen.probe_cpu_seconds, 6),
        probe_max_rss_bytes=seen.probe_max_rss_bytes,
        better_rungs="; ".join(f"{one.rung}: {one.reason}" for one in seen.refused),
        remarks=_short(" ".join(seen.remarks)),
    )


def _write_program(notebook: Notebook, now: datetime, row: Row) -> None:
    notebook.event(
        "program.ran",
        now,
        process__executable__name=_short(row.name),
        process__command=_short(row.comm),
        program__kind=_find_kind(row),
        process__executable__path=_short(row.executable),
        process__command_line=_short(row.commands[0]) if row.commands else "",
        service__name=_short(row.service),
        started=row.started,
        ended=row.ended,
        alive=row.alive,
        cpu_seconds=round(row.cpu_seconds, 6),
        ended_cpu_seconds=round(row.ended_cpu_seconds, 6),
        **_known(mean_life_seconds=row.mean_life_seconds),
        exit_codes=_pairs(row.exit_codes),
        signals=_pairs(row.signals),
        parents=_short(", ".join(row.parents)),
        unnamed=row.unnamed,
    )


def _find_kind(row: Row) -> str:
    """Return of what kind the program is known to be; empty where that is not known, or it is short-lived.

    Only of one that ended badly: elsewhere it says nothing, and reading all that is known takes time.
    """
    if not any(row.exit_codes):
        return ""
    matches = look_up(row.comm, executable=row.executable or None) if row.comm else ()
    program = matches[0].program if matches and matches[0].by is not MatchedBy.BEGINNING else None
    return program.kind.value if program and not program.short_lived else ""


def _write_starter(notebook: Notebook, now: datetime, name: str, rows: Iterable[Row]) -> None:
    rows = tuple(rows)
    notebook.event(
        "program.starter",
        now,
        process__executable__name=_short(name),
        started=sum(one.started for one in rows),
        ended=sum(one.ended for one in rows),
        ended_cpu_seconds=round(sum(one.ended_cpu_seconds for one in rows), 6),
        chain=_short(" < ".join(next((one.chain for one in rows if one.chain), ()))),
    )


def _write_gaps(notebook: Notebook, seen: Completeness, breaks: Iterable[Break], *, as_root: bool) -> None:
    if seen.lost:
        notebook.gap(WHAT, LOST.fill(lost=seen.lost), AGAIN)
    for one in breaks:
        since = f"{one.since.astimezone():%H:%M:%S}"
        notebook.gap(WHAT, BROKEN.fill(since=since, why=one.why), AGAIN)
    # What lived shortly has no name where one only looks now and then, or is told of no names.
    if words := NO_NAMES.get(seen.rung):
        notebook.gap(WHAT, words.fill(reasons=_why_no_better(seen)), OTHER_KERNEL if as_root else AS_ROOT)


def _why_no_better(seen: Completeness) -> Words:
    """Return in few words why there is no better way; the machine's own stand in `process.capture`."""
    rungs: dict[str, list[str]] = {}
    for one in seen.refused:
        rungs.setdefault(one.why, []).append(one.rung)
    parts = [REFUSED.fill(why=WHYS.get(why, plain(why)), rungs=", ".join(of)) for why, of in rungs.items()]
    parts = parts or [plain(_short(one)) for one in seen.remarks]
    return Words("; ".join(one.en for one in parts), "、".join(one.ja for one in parts))


def _first(rows: Iterable[Row]) -> list[Row]:
    """Return what matters most."""
    active = [row for row in rows if row.was_active]
    return sorted(active, key=_weigh, reverse=True)[:_MOST_KEPT]


def _weigh(row: Row) -> float:
    """Return how much a row matters: a millisecond of CPU as much as an end, a bad end far more."""
    bad = sum(row.signals.values()) + sum(count for code, count in row.exit_codes.items() if code)
    return row.ended + row.cpu_seconds * 1000 + bad * _BAD_END


def _by_name(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Return the rows of those that started anything, by name: what was unseen beside what was seen."""
    named: dict[str, list[Row]] = {}
    for row in _first(rows):
        if row.started or row.ended or row.ended_cpu_seconds:
            named.setdefault(row.name, []).append(row)
    return named


def _known(**values: float | None) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _pairs(counts: Mapping[int, int]) -> str:
    return " ".join(f"{number}:{count}" for number, count in counts.items())


def _short(text: str) -> str:
    return text[:_MOST_CHARACTERS]


READ = Words(
    "{ends} of {counted} ends of processes and threads seen ({rung})",
    "プロセスとスレッドの終了 {counted} 件中 {ends} 件を捕捉 ({rung})",
)
WHAT = Words("every short-lived process by name", "短命なプロセスすべての名前")
LOST = Words("{lost} events were lost", "{lost} 件のイベントを取りこぼした")
BROKEN = Words("the probe was lost at {since}: {why}", "{since} に観測プログラムとの接続が切れた: {why}")
AGAIN = Words("look again", "もう一度観察する")
ONLY_LOOKED = Words(
    "only /proc could be looked at, now and then ({reasons})",
    "/proc を定期的に見ることしかできない ({reasons})",
)
NO_TOLD_NAMES = Words(
    "what lived less than 0.25 s has no name: the kernel tells of its end only ({reasons})",
    "寿命 0.25 秒未満のものは終了だけが伝わり、名前がわからない ({reasons})",
)
NO_NAMES = {"proc": ONLY_LOOKED, "connector": NO_TOLD_NAMES}
REFUSED = Words("not by {rungs}: {why}", "{rungs} は使えず: {why}")
OTHER_KERNEL = Words(
    "tenmatsu top --once --for 1s says it in the kernel's words; then docs/top.md, The ladder",
    "tenmatsu top --once --for 1s がカーネルの言葉で示す。docs/top.md の The ladder を参照",
)
NO_PROBE = Words("there is no probe on this way to the machine", "この経路には観測プログラムがない")
TOO_SHORT = Words("the window was over before the probe told anything", "観察時間が短すぎた")

SIGHT = Sight(
    name="programs",
    title=Words("every program that ran", "動いた全プログラム"),
    look=look,
    watches=True,
)
