"""The `/proc` rung: needs no right at all, and runs beside every other.

Names of those that live a second or more, the CPU of the living exactly, the CPU of the dead through their
parents, and who spawns. How many ended is the kernel's own count (`proc_files.count_kernel`), without
names.
"""

import time
from typing import AbstractSet, Dict, List, NamedTuple, Optional, Tuple

from tenmatsu.probe.details import Details
from tenmatsu.probe.living import Change, Living
from tenmatsu.probe.proc_files import NS_PER_TICK, Stat
from tenmatsu.probe.rung import Ended, Harvest, Options, Rung, Unavailable

# A look costs about 10 µs a process. Where that is more than this share of a core, looks are made less often.
_MOST_SHARE = 0.01

# Name, parent's name, user, control group.
_Kind = Tuple[bytes, bytes, Optional[int], str]


class Program(NamedTuple):
    """Living processes that are alike. `cpu_ns` is since the last look, `new` how many were not there then.

    Told only when something of it changed since the last look; `alive` is 0 when the last one is gone.
    """

    name: bytes
    parent: bytes
    uid: Optional[int]
    cgroup: str
    alive: int
    new: int
    cpu_ns: int
    pid: int  # of the one that used the most


class Starter(NamedTuple):
    """A living process whose children lived and died unseen: what they used, and how much they did.

    `faults` are their minor page faults since the last look. Each start of a program costs some, from ten
    for a small static one to thousands for an interpreter: they show who starts what uses no measurable CPU
    time.
    """

    pid: int
    name: bytes
    cpu_ns: int
    faults: int


class Look(NamedTuple):
    """What one look brought. `seconds` is how long ago the look before it was."""

    seconds: float
    programs: List[Program]
    starters: List[Starter]
    cpu_ns: int
    dead_cpu_ns: int
    visible_tasks: int


class ProcRung(Rung):
    """Looks at every living process once an interval, or less often where that costs too much."""

    name = "proc"
    cpu = "none"  # not by program; by starter, through `Look.starters`

    def __init__(self) -> None:
        super().__init__()
        self.living = Living()
        self.details = Details()
        self.first_look: Optional[Look] = None
        self._looked = 0.0
        self._due = 0.0
        self._most_rows = 0
        self._gone: List[Stat] = []
        self._in_kernel: AbstractSet[_Kind] = frozenset()
        self._told: Dict[_Kind, int] = {}  # how many of each were told to be alive

    def open(self, options: Options) -> None:
        """Make the first look: what is there now began before our time."""
        try:
            self._most_rows = options.most_rows
            self.first_look = self.look(alone=True)
        except (OSError, ValueError) as error:
            raise Unavailable("refused", f"/proc cannot be read: {error}") from error

    @property
    def is_due(self) -> bool:
        """Tell whether the last look is long enough ago for what it cost."""
        return time.monotonic() >= self._due

    def look(self, alone: bool) -> Optional[Look]:
        """Look at all processes; None when it is too early for that. `alone`: no other rung tells of ends."""
        if not self.is_due:
            return None
        began = time.monotonic()
        cost = time.process_time()
        changes = self.living.look(with_new_zombies=alone)
        self.details.update((one.stat for one in changes if not one.new), self.living.now)
        look = self._summarise(changes, began)
        self._gone.extend(self.living.gone)
        self._looked = began
        self._due = began + (time.process_time() - cost) / _MOST_SHARE
        return look

    def _summarise(self, changes: List[Change], now: float) -> Look:
        return Look(
            seconds=now - self._looked,
            programs=self._programs(changes),
            starters=_find_starters(changes),
            cpu_ns=sum(one.own_ticks for one in changes) * NS_PER_TICK,
            dead_cpu_ns=sum(one.children_ticks for one in changes) * NS_PER_TICK,
            visible_tasks=sum(one.threads for one in self.living.now.values()),
        )

    def _programs(self, changes: List[Change]) -> List[Program]:
        groups: Dict[_Kind, List[Change]] = {}
        now = self.living.now
        for change in changes:
            stat = change.stat
            if not stat.ended:
                parent = now.get(stat.parent)
                kind = (stat.name, parent.name if parent else b"", *self.details.of(stat))
                groups.setdefault(kind, []).append(change)
        told, resting = self._told, self._resting(groups)
        changed = [
            _make_program(kind, members)
            for kind, members in groups.items()
            if len(members) != told.get(kind) or any(one.own_ticks or one.new for one in members)
        ]
        gone = [kind for kind in told if kind not in groups and kind not in resting]
        changed += [Program(*kind, alive=0, new=0, cpu_ns=0, pid=0) for kind in gone]
        return self._tell(changed)

    def _resting(self, groups: Dict[_Kind, List[Change]]) -> AbstractSet[_Kind]:
        """Return the kinds of the kernel's threads where this look left them alone."""
        if not self.living.told_all:
            return self._in_kernel
        self._in_kernel = {kind for kind, members in groups.items() if members[0].stat.in_kernel}
        return frozenset()

    def _tell(self, changed: List[Program]) -> List[Program]:
        """Return at most so many, what matters most; of the rest the CPU in one row, their number later."""
        if len(changed) > self._most_rows:
            changed.sort(key=lambda one: (one.cpu_ns, one.new), reverse=True)
            rest = sum(one.cpu_ns for one in changed[self._most_rows :])
            changed = changed[: self._most_rows]
            changed.append(Program(b"", b"", None, "", alive=0, new=0, cpu_ns=rest, pid=0))
        for one in changed:
            self._told[one[:4]] = one.alive
            if not one.alive:
                del self._told[one[:4]]
        return changed

    def _name_of(self, pid: int) -> bytes:
        stat = self.living.now.get(pid)
        return stat.name if stat else b""

    def collect(self) -> Harvest:
        """Return those that were seen alive and are gone. What they used was charged while they lived."""
        gone, self._gone = self._gone, []
        return Harvest([self._make_ended(stat) for stat in gone], [], {})

    def _make_ended(self, stat: Stat) -> Ended:
        detail = self.details.of(stat)
        return Ended(stat.name, self._name_of(stat.parent), 1, uid=detail.uid, cgroup=detail.cgroup)


def _make_program(kind: _Kind, members: List[Change]) -> Program:
    if len(members) == 1:
        one = members[0]
        return Program(*kind, alive=1, new=int(one.new), cpu_ns=one.own_ticks * NS_PER_TICK, pid=one.stat.pid)
    busiest = max(members, key=lambda one: one.own_ticks)
    return Program(
        *kind,
        alive=len(members),
        new=sum(one.new for one in members),
        cpu_ns=sum(one.own_ticks for one in members) * NS_PER_TICK,
        pid=busiest.stat.pid,
    )


def _find_starters(changes: List[Change]) -> List[Starter]:
    return [
        Starter(one.stat.pid, one.stat.name, one.children_ticks * NS_PER_TICK, one.children_faults)
        for one in changes
        if one.children_ticks > 0 or one.children_faults > 0
    ]
