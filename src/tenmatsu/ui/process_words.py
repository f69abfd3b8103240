"""One row of the process view in words and figures: the same on the live screen and in a printed table."""

import signal
from collections.abc import Mapping
from functools import lru_cache

from tenmatsu.account.safe import printable
from tenmatsu.knowledge.look_up import look_up
from tenmatsu.model.processes import Completeness, Grouping, Row
from tenmatsu.model.program import Match, MatchedBy
from tenmatsu.model.words import Words, plain

# By the beginning of a name alone nothing is decided: such a guess is not shown beside a row.
_GUESSES = (MatchedBy.BEGINNING,)
_MOST_ENDS = 3
_LEAST_SECONDS_TO_COMPARE = 0.2


@lru_cache(4096)
def find_meaning(comm: str, executable: str, service: str) -> Words | None:
    """Return what a program is, by what is known offline; None where that is nothing, or not decided."""
    matches = look_up(comm, executable=executable or None, unit=service or None) if comm else ()
    return matches[0].program.what if matches and _is_decided(matches) else None


def _is_decided(matches: tuple[Match, ...]) -> bool:
    best = matches[0]
    return best.by not in _GUESSES and best.doubt is None


def name_row(row: Row, grouping: Grouping) -> Words:
    """Return what a row is called, safe to show."""
    if row.unnamed:
        return UNNAMED.fill(parent=printable(row.name) or "?")
    return plain(_set_apart(printable(row.name))) if row.name else _NAMELESS[grouping]


def _set_apart(name: str) -> str:
    """Return a name that cannot pass for what we call a row without one: its parenthesis is written out."""
    unseen = name.startswith(_UNSEEN_EN) or (name.startswith("(") and name.endswith(_UNSEEN_JA))
    return rf"\x28{name[1:]}" if unseen or name in _OURS else name


def show_ends(row: Row) -> str:
    """Return how the ended ended: signals by name first, then exit codes, with their counts."""
    parts = [f"{signal_name(number)}:{count}" for number, count in row.signals.items()]
    bad = {code: count for code, count in row.exit_codes.items() if code}
    parts += [f"{code}:{count}" for code, count in bad.items()]
    if row.exit_codes.get(0):
        parts.append(f"0:{row.exit_codes[0]}")
    return " ".join(parts[:_MOST_ENDS]) + (" …" if len(parts) > _MOST_ENDS else "")


def signal_name(number: int) -> str:
    """Return a signal's name without SIG; real-time ones and unknown ones by number."""
    try:
        return signal.Signals(number).name.removeprefix("SIG")
    except ValueError:
        return f"signal {number}"


def show_life(seconds: float | None) -> str:
    """Return a mean life with its unit, three digits at most; a dash where no life is known."""
    if seconds is None:
        return "-"
    for limit, factor, unit in _LIFE_UNITS:
        if seconds < limit:
            value = seconds * factor
            return f"{value:.1f}{unit}" if value < 10 else f"{value:.0f}{unit}"
    return f"{seconds / 86400:.0f}d"


_LIFE_UNITS = (
    (1e-3, 1e6, "µs"),
    (1.0, 1e3, "ms"),
    (100.0, 1.0, "s"),
    (6000.0, 1 / 60, "min"),
    (86400.0, 1 / 3600, "h"),
)


def show_count(count: int) -> str:
    """Return a count with its thousands marked."""
    return f"{count:,}"


def show_rate(count: int, seconds: float) -> str:
    """Return events per second."""
    rate = count / seconds if seconds > 0 else 0.0
    return f"{rate:.1f}" if rate < 100 else f"{rate:,.0f}"


def show_percent(value: float | None) -> str:
    """Return a percentage, a dash where none is known."""
    return "-" if value is None else f"{value:.1f}%"


def show_parents(parents: Mapping[str, int]) -> str:
    """Return who started them, the most frequent first."""
    return ", ".join(printable(name) or "?" for name in parents)


def describe_capture(seen: Completeness, seconds: float) -> Words:
    """Return how complete this is, in one line."""
    values = {
        "rung": RUNGS.get(seen.rung, plain(printable(seen.rung))),
        "captured": show_count(seen.exits_captured),
        "counted": show_count(seen.exits_counted),
        "percent": show_percent(seen.captured_percent),
        "forks": show_rate(seen.forks_counted, seconds),
    }
    words = CAPTURED.fill(**values)
    return words + LOST.fill(lost=show_count(seen.lost)) if seen.lost else words


def describe_cpu(seen: Completeness) -> Words:
    """Return how busy the processors were, how much of that is accounted for, and what limits them."""
    cores = seen.cpu_used_seconds / seen.cpu_all_seconds if seen.cpu_all_seconds > 0 else 0.0
    steal = seen.steal_seconds / seen.cpu_all_seconds if seen.cpu_all_seconds > 0 else 0.0
    limit = LIMIT.fill(cores=f"{seen.limit_cores:g}") if seen.limit_cores is not None else NO_LIMIT
    return CPU.fill(
        busy=f"{cores:.1%}",
        attributed=show_percent(seen.attributed_percent) if _can_compare(seen) else "-",
        unaccounted=f"{max(0.0, seen.cpu_used_seconds - seen.cpu_attributed_seconds):.2f}",
        steal=f"{steal:.1%}",
        limit=limit,
    )


def _can_compare(seen: Completeness) -> bool:
    """Tell whether enough was used for a share: the kernel counts in ticks of 10 ms, the rung in ns."""
    return seen.cpu_used_seconds >= _LEAST_SECONDS_TO_COMPARE


RUNGS: Mapping[str, Words] = {
    "ebpf": plain("eBPF"),
    "taskstats": plain("taskstats"),
    "perf": plain("perf"),
    "trace": plain("tracefs"),
    "accounting": Words("accounting", "アカウンティング"),
    "connector": Words("connector", "コネクター"),
    "proc": plain("/proc"),
}
UNNAMED = Words("(unseen children of {parent})", "({parent} の見えない子)")
_NAMELESS = {
    Grouping.PROGRAM: Words("(names not kept)", "(名前なし)"),
    Grouping.SERVICE: Words("(no service)", "(サービス外)"),
    Grouping.PARENT: Words("(not known)", "(不明)"),
    Grouping.USER: Words("(not known)", "(不明)"),
    Grouping.CONTAINER: Words("(no container)", "(コンテナ外)"),
}
_OURS = {text for words in _NAMELESS.values() for text in (words.en, words.ja)}
_UNSEEN_EN, _UNSEEN_JA = UNNAMED.en.partition("{")[0], UNNAMED.ja.rpartition("}")[2]
CAPTURED = Words(
    "{captured} of {counted} ends seen ({percent}) by {rung}; {forks} forks/s",
    "終了 {counted} 件中 {captured} 件を捕捉 ({percent}、{rung})。fork 毎秒 {forks}",
)
LOST = Words("; {lost} events LOST", "。{lost} 件を取りこぼし")
CPU = Words(
    "CPU {busy} busy, {attributed} of that shown ({unaccounted} s not); steal {steal}; {limit}",
    "CPU 使用 {busy}、うち {attributed} を計上 (不明 {unaccounted} 秒)、steal {steal}、{limit}",
)
LIMIT = Words("limit {cores} cores", "上限 {cores} コア")
NO_LIMIT = Words("no limit seen", "上限は見えない")
