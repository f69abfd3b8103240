"""Processes and their CPU, by process and by program, with the children that died between two looks.

What a child used that nobody saw is in its parent's `cutime` and `cstime` once the parent has waited
for it: no right is needed to read that.
"""

import os
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from tenmatsu.errors import ParseError
from tenmatsu.model.words import Words
from tenmatsu.parse.proc_pid_stat import PidStat, parse_pid_stat
from tenmatsu.sight.scene import Notebook, Scene, Sight

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_MOST_KEPT = 40  # programs and processes told of, the busiest first
_USUAL_SECONDS = 1.0
# A look at 5,000 processes takes about 0.15 s: look less often there, so that it stays near 3 % of a core.
_PROCESSES_PER_SECOND = 1000

# A chain of parents is never this long; a pid that was used again could make a circle.
_DEEPEST = 8

_Identity = tuple[int, int]


@dataclass(kw_only=True, slots=True)
class _Seen:
    """A process over the looks: the first and the last."""

    first: PidStat
    last: PidStat
    from_start: bool
    last_look: int = 0
    alive: bool = True
    states: Counter[str] = field(default_factory=Counter)

    @property
    def own_ticks(self) -> int:
        """Return the CPU it used in the window: all of it, if it began within."""
        return self.last.own_ticks - (self.first.own_ticks if self.from_start else 0)

    @property
    def children_ticks(self) -> int:
        """Return the CPU of children that it waited for in the window."""
        return self.last.children_ticks - (self.first.children_ticks if self.from_start else 0)


def look(scene: Scene, notebook: Notebook) -> None:
    """Look at every process, about once a second, and write down what each used."""
    seen: dict[_Identity, _Seen] = {}
    looks = 0
    interval = _USUAL_SECONDS
    for beat, _ in enumerate(scene.ticks(_USUAL_SECONDS)):
        if scene.left_seconds and beat % max(1, round(interval)):
            continue
        count = _look_once(scene, seen, looks)
        interval = max(_USUAL_SECONDS, count / _PROCESSES_PER_SECOND)
        looks += 1
    notebook.read = Words(f"{len(seen)} processes seen", f"{len(seen)} プロセスを確認")
    _write_processes(scene, notebook, seen, looks)
    _write_programs(scene, notebook, seen)


def _look_once(scene: Scene, seen: dict[_Identity, _Seen], number: int) -> int:
    present = set()
    paths = [f"/proc/{name}/stat" for name in scene.reach.names("/proc") if name.isdigit()]
    # Who ended between the listing and the look, as processes do, is left out.
    for text in scene.reach.read_each(paths, limit_bytes=4096).values():
        try:
            stat = parse_pid_stat(text)
        except ParseError:
            continue
        identity = (stat.pid, stat.started)
        present.add(identity)
        known = seen.setdefault(identity, _Seen(first=stat, last=stat, from_start=number == 0))
        known.last, known.last_look = stat, number
        known.states[stat.state] += 1
    for identity, process in seen.items():
        process.alive = identity in present
    return len(present)


def _write_processes(scene: Scene, notebook: Notebook, seen: dict[_Identity, _Seen], looks: int) -> None:
    now = scene.reach.now()
    unseen = _unseen_children(seen)
    busiest = sorted(seen.values(), key=lambda one: one.own_ticks + unseen[one.last.pid], reverse=True)
    for process in busiest[:_MOST_KEPT]:
        last = process.last
        if process.own_ticks + unseen[last.pid] <= 0:
            break
        notebook.event(
            "process.usage",
            now,
            process__pid=last.pid,
            process__command=last.name,
            process__parent_pid=last.parent,
            cpu_seconds=process.own_ticks / _TICKS_PER_SECOND,
            unseen_children_cpu_seconds=unseen[last.pid] / _TICKS_PER_SECOND,
            memory_bytes=last.resident_pages * _PAGE_BYTES,
            looks=process.states.total(),
            of_looks=looks,
            running_looks=process.states["R"],
            alive=process.alive,
            from_start=process.from_start,
        )
    stuck = Counter(
        one.last.name for one in seen.values() if one.alive and one.states["D"] >= max(2, looks // 2)
    )
    for name, count in stuck.most_common(5):
        notebook.event("process.stuck", now, process__command=name, processes=count)


def _unseen_children(seen: dict[_Identity, _Seen]) -> Counter[int]:
    """Return, by parent, the ticks of children that lived and died between looks.

    A parent's child time also holds what children used that were seen before they died: that is charged
    to themselves already. When a whole chain ends between two looks (a shell, its `timeout`, the
    program), the one who is left gets the time of all of them at once.
    """
    dead: dict[int, list[_Seen]] = defaultdict(list)
    for process in seen.values():
        if not process.alive:
            dead[process.last.parent].append(process)
    return Counter(
        {
            one.last.pid: max(
                0, one.children_ticks - sum(_handed_up(child, dead) for child in dead[one.last.pid])
            )
            for one in seen.values()
        }
    )


def _handed_up(process: _Seen, dead: dict[int, list[_Seen]], depth: int = 0) -> int:
    """Return the ticks that a dead process gave its parent, as far as they were seen.

    Its own children are in its last reading, unless they were still alive then.
    """
    ticks = process.last.own_ticks + process.last.children_ticks
    if depth < _DEEPEST:
        later = [one for one in dead.get(process.last.pid, []) if one.last_look >= process.last_look]
        ticks += sum(_handed_up(one, dead, depth + 1) for one in later)
    return ticks


def _write_programs(scene: Scene, notebook: Notebook, seen: dict[_Identity, _Seen]) -> None:
    now = scene.reach.now()
    groups: dict[str, list[_Seen]] = defaultdict(list)
    for process in seen.values():
        groups[process.last.name].append(process)
    ranked = sorted(groups.items(), key=lambda item: _weight(item[1]), reverse=True)
    for name, members in ranked[:_MOST_KEPT]:
        new = [one for one in members if not one.from_start]
        notebook.event(
            "process.program",
            now,
            process__command=name,
            cpu_seconds=sum(one.own_ticks for one in members) / _TICKS_PER_SECOND,
            alive=sum(one.alive for one in members),
            begun=len(new),
            ended=sum(not one.alive for one in members),
            brief=sum(one.states.total() == 1 and not one.alive for one in new),
            parents=_parents(new or members, seen),
        )


def _weight(members: list[_Seen]) -> int:
    return sum(one.own_ticks for one in members) + sum(not one.from_start for one in members)


def _parents(members: list[_Seen], seen: dict[_Identity, _Seen]) -> str:
    names = {process.last.pid: process.last.name for process in seen.values()}
    starters = Counter(names.get(one.last.parent, "?") for one in members)
    return ", ".join(name for name, _ in starters.most_common(3))


SIGHT = Sight(
    name="processes",
    title=Words("processes and their CPU", "プロセスと CPU"),
    look=look,
    watches=True,
)
