"""From sums by kind to rows for people: by program, service, starter, user or container."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from tenmatsu.model.processes import Grouping, Row
from tenmatsu.parse.cgroup_path import Group, parse_cgroup_path
from tenmatsu.sight.process_names import Names
from tenmatsu.sight.process_span import Kind, Span, Tally

Key = TypeVar("Key", str, int)

_NS = 1_000_000_000
_MOST_PARENTS = 5
# The kernel's workers change their names with their work: one row for all of them.
_KWORKER, _KWORKERS = "kworker/", "kworker/*"
_NO_KWORKERS = r"kworker/\x2a"

find_group: Callable[[str], Group] = lru_cache(4096)(parse_cgroup_path)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Member:
    """One kind in a row: what it did, how many live, by how many they grew."""

    kind: Kind
    tally: Tally
    alive: int
    grown: int


def make_rows(
    span: Span, alive: Mapping[Kind, int], names: Names, *, host: str, grouping: Grouping
) -> tuple[Row, ...]:
    """Return one row for each group, in no order. `alive`: how many of each kind live at the span's end."""
    groups: dict[str, list[_Member]] = defaultdict(list)
    for kind in {*span.kinds, *alive, *span.alive}:
        member = _Member(
            kind=kind,
            tally=span.kinds.get(kind) or Tally(),
            alive=max(0, alive.get(kind, 0)),
            grown=span.alive[kind],
        )
        groups[_name_group(kind, names, grouping)].append(member)
    rows = [_make_row(name, members, names, host=host) for name, members in groups.items()]
    return (*rows, *_unnamed_rows(span, names, host=host))


def _name_group(kind: Kind, names: Names, grouping: Grouping) -> str:
    name, parent, uid, cgroup = kind
    if grouping is Grouping.PROGRAM:
        return _name_program(name, parent, names)
    if grouping is Grouping.PARENT:
        return names.find_name(parent)
    if grouping is Grouping.USER:
        return "" if uid is None else str(uid)
    group = find_group(cgroup)
    return group.service if grouping is Grouping.SERVICE else group.container


def _name_program(name: str, parent: str, names: Names) -> str:
    """Return what a program is called. One that only calls itself a worker of the kernel stays by itself."""
    if name.startswith(_KWORKER) and parent in ("kthreadd", ""):
        return _KWORKERS
    whole = names.find_name(name)
    return whole if whole != _KWORKERS else _NO_KWORKERS


def _make_row(name: str, members: list[_Member], names: Names, *, host: str) -> Row:
    total = Tally()
    for one in members:
        total.add(one.tally)
    alive = sum(one.alive for one in members)
    parents = _count((one.kind[1], one) for one in members if one.kind[1])
    comm = _find_comm(name, members)
    groups = {find_group(one.kind[3]) for one in members if one.kind[3]}
    return Row(
        host=host,
        name=name,
        comm=comm,
        executable=names.find_executable(comm) if comm else "",
        service=_only({one.service for one in groups}),
        container=_only({one.container for one in groups}),
        started=max(0, total.ended + sum(one.grown for one in members)),
        ended=total.ended,
        alive=alive,
        cpu_seconds=total.cpu_ns / _NS,
        ended_cpu_seconds=total.ended_cpu_ns / _NS,
        mean_life_seconds=total.life_ns / total.lives / _NS if total.lives else None,
        exit_codes=_split(total.statuses, by_signal=False),
        signals=_split(total.statuses, by_signal=True),
        parents={names.find_name(one): count for one, count in parents.most_common(_MOST_PARENTS)},
        users=_count((one.kind[2], one) for one in members if one.kind[2] is not None),
        commands=names.find_commands(comm) if comm else (),
        chain=names.find_chain(parents),
    )


def _unnamed_rows(span: Span, names: Names, *, host: str) -> Iterable[Row]:
    """Yield what starters were left by children that nobody saw."""
    for starter, cpu_ns in span.children_ns.items():
        if cpu_ns > 0:
            whole = names.find_name(starter)
            yield Row(
                host=host,
                name=whole,
                unnamed=True,
                cpu_seconds=cpu_ns / _NS,
                ended_cpu_seconds=cpu_ns / _NS,
                parents={whole: 0},
                chain=names.find_chain((starter,)),
            )


def _find_comm(name: str, members: list[_Member]) -> str:
    """Return the kernel's name of the row's program; empty where the row is not of one program."""
    return _KWORKERS if name == _KWORKERS else _only({one.kind[0] for one in members})


def _count(pairs: Iterable[tuple[Key, _Member]]) -> Counter[Key]:
    counts: Counter[Key] = Counter()
    for key, member in pairs:
        counts[key] += member.tally.ended + member.alive
    return counts


def _only(values: set[str]) -> str:
    return next(iter(values)) if len(values) == 1 else ""


def _split(statuses: Mapping[int, int], *, by_signal: bool) -> dict[int, int]:
    """Return ends by signal, or those without one by exit code; the most frequent first (wait(2))."""
    counts: Counter[int] = Counter()
    for status, count in statuses.items():
        signal = status & 0x7F
        if bool(signal) == by_signal:
            counts[signal if by_signal else status >> 8 & 0xFF] += count
    return dict(counts.most_common())
