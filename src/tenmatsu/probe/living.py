"""The processes that live now: what each used since the last look, and its children that nobody saw.

Two things can be had without any right. What a process used so far is in its /proc/PID/stat. And what its
children used is added to its `cutime` and `cstime` once it has waited for them (kernel/exit.c,
`wait_task_zombie`), however short they lived: less what was already charged to those that were seen alive,
that is the CPU of the dead. Not waited for (SIGCHLD ignored) means lost: the completeness says how much.
"""

import time
from typing import Dict, FrozenSet, List, NamedTuple, Optional, Set, Tuple

from tenmatsu.probe.proc_files import NS_PER_TICK, TICKS_PER_SECOND, Stat, list_pids, read_stat

Identity = Tuple[int, int]  # pid and start in ticks since boot

#: How many looks a dead process is remembered: what is told of it later must still find what it was charged.
REMEMBERED_LOOKS = 10
# A parent that was seen too early shows its dead child's time one look later; after that it never will.
_OWED_LOOKS = 2
_MOST_GENERATIONS = 16
# Most of a quiet machine's processes are threads of the kernel. They start nothing, and seldom work: their
# time is fetched only at every so many looks, and is then that of several looks.
_KERNEL_THREADS_EVERY = 5
_CLOCK_BOOTTIME = 7  # time.CLOCK_BOOTTIME is there from Python 3.7 on


class Change(NamedTuple):
    """What one process did since the last look. `new`: it was not there then."""

    stat: Stat
    own_ticks: int
    children_ticks: int  # of children that lived and died unseen
    children_faults: (
        int  # minor faults of all children waited for: each exec costs dozens, so it says who spawns
    )
    new: bool


class _Owed(NamedTuple):
    """What a parent inherits of dead children that was charged to themselves; and the look since which."""

    ticks: int
    faults: int
    since: int


_NOTHING_OWED = _Owed(0, 0, 0)


class Living:
    """Remembers the last look, and charges each tick once."""

    def __init__(self) -> None:
        self.looks = 0
        self.told_all = True  # whether the last look returned all processes
        self.now: Dict[int, Stat] = {}
        self.gone: List[Stat] = []
        self._charged: Dict[Identity, int] = {}  # ns; of the dead, until they are forgotten
        self._died: Dict[Identity, int] = {}  # the look at which each was missed
        self._owed: Dict[Identity, _Owed] = {}
        self._first_look_ticks = 0
        self._kernel_threads: FrozenSet[int] = frozenset()

    def look(self, with_new_zombies: bool) -> List[Change]:
        """Look at every process once, and return what those did that were read. Raises OSError without /proc.

        Threads of the kernel are mostly left alone (`told_all`): then `now` has them as they were.

        `with_new_zombies`: also charge what ended before it was ever seen alive and was not waited for yet;
        not where another rung tells of it.
        """
        before, self.now = self.now, self._read_all(with_new_zombies)
        self._bury(before)
        read = [(pid, stat) for pid, stat in self.now.items() if before.get(pid) is not stat]
        # One of the kernel's that is new: how many are alike, only all of them tell.
        self.told_all = len(read) == len(self.now) or any(stat.in_kernel for _, stat in read)
        told = self.now.items() if self.told_all else read
        changes = [self._change(before.get(pid), stat) for pid, stat in told]
        if self.looks == 0:
            self._first_look_ticks = int(time.clock_gettime(_CLOCK_BOOTTIME) * TICKS_PER_SECOND)
        self.looks += 1
        self._forget()
        return changes

    def _read_all(self, with_new_zombies: bool) -> Dict[int, Stat]:
        before, found = self.now, {}
        rested = self._kernel_threads if self.looks % _KERNEL_THREADS_EVERY else frozenset()
        for name in list_pids():
            pid = int(name)
            known = before.get(pid)
            stat = known if known and pid in rested else read_stat(name)
            if stat and (stat is known or with_new_zombies or not stat.ended or _is_same(known, stat)):
                found[pid] = stat
        if not rested:
            self._kernel_threads = frozenset(pid for pid, stat in found.items() if stat.in_kernel)
        return found

    @property
    def pids(self) -> Set[int]:
        """Return the pids that the last look met."""
        return set(self.now)

    def _bury(self, before: Dict[int, Stat]) -> None:
        now = self.now
        missed = [stat for pid, stat in before.items() if now.get(pid) is not stat]
        self.gone = [stat for stat in missed if not _is_same(now.get(stat.pid), stat)]
        for stat in self.gone:
            identity = (stat.pid, stat.started)
            self._charged.setdefault(identity, stat.own_ticks * NS_PER_TICK)
            self._died[identity] = self.looks
            heir = self._find_heir(stat, before)
            if heir is not None:
                owed = self._owed.get(heir, _NOTHING_OWED)
                self._owed[heir] = _Owed(
                    owed.ticks + stat.own_ticks + stat.children_ticks,
                    owed.faults + stat.own_faults + stat.children_faults,
                    self.looks,
                )

    def _find_heir(self, stat: Stat, before: Dict[int, Stat]) -> Optional[Identity]:
        """Return the nearest ancestor that lives: what its dead child waited for comes to it as well."""
        for _ in range(_MOST_GENERATIONS):
            parent = before.get(stat.parent)
            if parent is None:
                return None
            if _is_same(self.now.get(parent.pid), parent):
                return (parent.pid, parent.started)
            stat = parent
        return None

    def _change(self, before: Optional[Stat], stat: Stat) -> Change:
        if before is stat:  # not read this time
            return Change(stat, 0, 0, 0, False)
        if before is not None and before.started == stat.started:
            ticks, faults = (
                stat.children_ticks - before.children_ticks,
                stat.children_faults - before.children_faults,
            )
            ticks, faults = self._settle(stat, ticks, faults)
            return Change(stat, max(0, stat.own_ticks - before.own_ticks), ticks, faults, False)
        if self.looks == 0:  # what was there before the first look did its work before our time
            return Change(stat, 0, 0, 0, False)
        ticks, faults = self._settle(stat, stat.children_ticks, stat.children_faults)
        return Change(stat, stat.own_ticks, ticks, faults, True)

    def _settle(self, parent: Stat, ticks: int, faults: int) -> Tuple[int, int]:
        """Return the child time and faults that nobody was charged for."""
        if not self._owed:
            return ticks, faults
        identity = (parent.pid, parent.started)
        owed = self._owed.pop(identity, _NOTHING_OWED)
        left = owed._replace(ticks=max(0, owed.ticks - ticks), faults=max(0, owed.faults - faults))
        if left.ticks + left.faults and self.looks - owed.since < _OWED_LOOKS:
            self._owed[identity] = left
        return max(0, ticks - owed.ticks), max(0, faults - owed.faults)

    def _forget(self) -> None:
        for identity in [one for one, look in self._died.items() if self.looks - look > REMEMBERED_LOOKS]:
            del self._died[identity]
            self._charged.pop(identity, None)
        for identity in [one for one in self._owed if one[0] not in self.now]:
            del self._owed[identity]

    def take_uncharged(self, pid: int, started: int, cpu_ns: int) -> Optional[int]:
        """Return what of a dead process' CPU time was not charged yet, in ns; None where that cannot be told.

        It may be asked several times of one process, a part each: what was charged is taken off once.
        `started` may be 0 where only the pid is known.
        """
        identity = self._find_identity(pid, started)
        now = self.now.get(pid)
        if now is not None and identity == (now.pid, now.started):  # ended, but nobody has waited for it yet
            self._charged.setdefault(identity, now.own_ticks * NS_PER_TICK)
        if identity not in self._charged:  # never met: of older ones nobody knows what they had used before
            return cpu_ns if started > self._first_look_ticks else None
        taken = min(self._charged[identity], cpu_ns)
        self._charged[identity] -= taken
        return cpu_ns - taken

    def _find_identity(self, pid: int, started: int) -> Identity:
        if started:
            return (pid, started)
        dead = [one for one in self._died if one[0] == pid]
        now = self.now.get(pid)
        return dead[-1] if dead else (pid, now.started if now else 0)

    def find_chain(self, pid: int) -> List[Tuple[int, bytes]]:
        """Return the living ancestors from a process (itself first) up to the first one, as pid and name."""
        chain: List[Tuple[int, bytes]] = []
        while len(chain) < _MOST_GENERATIONS:
            stat = self.now.get(pid)
            if stat is None:
                break
            chain.append((pid, stat.name))
            pid = stat.parent
        return chain


def _is_same(one: Optional[Stat], other: Stat) -> bool:
    return one is not None and one.started == other.started
