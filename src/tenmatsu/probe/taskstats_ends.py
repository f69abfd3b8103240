"""From tasks that ended to processes that ended: threads put together, alike ones summed, parents named."""

from typing import AbstractSet, Dict, List, NamedTuple, Optional, Set, Tuple

from tenmatsu.probe.parent_names import ParentNames
from tenmatsu.probe.proc_files import read_stat
from tenmatsu.probe.rung import Ended
from tenmatsu.probe.taskstats_layout import Task
from tenmatsu.probe.thread_ends import ThreadEnds

_MOST_KINDS = 4096
_MOST_GROUPS = 8192
_NS_PER_US = 1000

# Name, user, status, parent's pid; then name, parent's name, user, status.
_Key = Tuple[bytes, int, int, int]
_Kind = Tuple[bytes, bytes, int, int]


class _Single(NamedTuple):
    """A process that was met alive: a row of its own."""

    key: _Key
    cpu_ns: int
    life_us: int
    pid: int


class _Group:
    """A process of several threads, of which some have ended."""

    def __init__(self, first: Task) -> None:
        self.task = first  # the leader, or whoever came first
        self.cpu_ns = 0
        self.life_us = 0
        self.status = 0
        self.met = False

    def add(self, task: Task, process: int, cpu_ns: int) -> None:
        self.cpu_ns += cpu_ns
        self.life_us = max(self.life_us, task.etime)
        if task.pid == process:
            self.task = task
            self.status = self.status or task.exit_code


class TaskEnds:
    """All that ended since the last `take`. `turn` must be called now and then, after a drain."""

    def __init__(self, thread_ends: Optional[ThreadEnds]) -> None:
        self.processes = 0
        self.tasks = 0
        self.lost: Dict[str, int] = {}
        self._names = ParentNames()
        self._thread_ends = thread_ends
        self._sums: Dict[_Key, List[int]] = {}  # processes, ns, µs
        self._late: Dict[_Key, List[int]] = {}  # ... whose parent is not known yet
        self._kinds: Dict[_Kind, List[int]] = {}  # ... and the first and last parent
        self._singles: List[_Single] = []
        self._met: Set[int] = set()
        self._met_before: Set[int] = set()
        self._groups: Dict[int, _Group] = {}
        self._gone: Set[int] = set()
        self._undecided: List[Tuple[Task, int, bool]] = []
        self._undecided_before: List[Tuple[Task, int, bool]] = []
        # Messages of one process may come from several processors, and the last thread's not last: it is
        # complete a turn later; two where each task's process must be found first.
        self._ended: List[List[int]] = [[] for _ in range(2 if thread_ends is None else 3)]

    def add_process(self, key: _Key, cpu_ns: int, life_us: int, pid: int, met: bool = False) -> None:
        """Add a process that ended, with all of its threads. `met`: a look saw it alive."""
        self.processes += 1
        self._names.bury(pid, key[0])
        if met or pid in self._met:
            self._met.discard(pid)
            self._singles.append(_Single(key, cpu_ns, life_us, pid))
            return
        sums = self._sums.get(key)
        if sums is None:
            self._sums[key] = [1, cpu_ns, life_us]
        else:
            sums[0] += 1
            sums[1] += cpu_ns
            sums[2] += life_us

    def add_thread(self, task: Task, process: int, cpu_ns: int) -> None:
        """Add a task of a process of several."""
        group = self._groups.get(process)
        if group is None:
            if len(self._groups) >= _MOST_GROUPS:
                self._lose("threads_full", 1)
                return
            group = self._groups[process] = _Group(task)
        group.add(task, process, cpu_ns)

    def add_last_thread(self, task: Task, process: int, cpu_ns: int, run_ns: int) -> None:
        """Add the task with which its process ended. `run_ns` is the kernel's sum for all that ever were."""
        self.add_thread(task, process, cpu_ns)
        group = self._groups.get(process)
        if group is None:
            self.add_process((task.comm, task.uid, task.exit_code, task.ppid), cpu_ns, task.etime, process)
            return
        group.cpu_ns = max(group.cpu_ns, run_ns)
        group.status = task.exit_code or group.status
        group.met = self._take_met(process) or group.met
        self._ended[-1].append(process)

    def add_undecided(self, task: Task, cpu_ns: int) -> None:
        """Add a task of which it is not known whether it was a thread: that is found out a turn later."""
        self._undecided.append((task, cpu_ns, self._take_met(task.pid)))

    def _take_met(self, pid: int) -> bool:
        """Tell whether a look met this process alive, as long as looks still remember it."""
        met = pid in self._met
        self._met.discard(pid)
        return met

    def turn(self) -> None:
        """Put together what is complete: what came before the last turn, long enough ago for all of it."""
        for task, cpu_ns, met in self._undecided_before:
            self._decide(task, cpu_ns, met)
        self._undecided_before, self._undecided = self._undecided, []
        for process in self._ended.pop(0):
            self._settle(process, self._groups.pop(process, None))
        self._ended.append([])
        self._name_parents()
        for key, sums in self._late.items():
            self._add_kind(key, b"", sums)
        self._late, self._sums = self._sums, {}
        self._names.turn()

    def _decide(self, task: Task, cpu_ns: int, met: bool) -> None:
        process = self._thread_ends.find_process(task.pid) if self._thread_ends else 0
        if process or task.pid in self._groups or _has_threads(task.pid):
            self.add_thread(task, process or task.pid, cpu_ns)
            group = self._groups.get(process or task.pid)
            if group is not None:
                group.met = group.met or met
        else:
            key = (task.comm, task.uid, task.exit_code, task.ppid)
            self.add_process(key, cpu_ns, task.etime, task.pid, met)

    def _settle(self, process: int, group: Optional[_Group]) -> None:
        if group is not None:
            task = group.task
            key = (task.comm, task.uid, group.status, task.ppid)
            self.add_process(key, group.cpu_ns, group.life_us, process, group.met)

    def _name_parents(self) -> None:
        """Sum by the parent's name. One not known yet may have ended right after its child."""
        self._late, self._sums = self._name_parents_of(self._late), self._name_parents_of(self._sums)

    def _name_parents_of(self, sums_of: Dict[_Key, List[int]]) -> Dict[_Key, List[int]]:
        unknown: Dict[_Key, List[int]] = {}
        for key, sums in sums_of.items():
            parent = self._find_parent(key[3])
            if parent is None:
                unknown[key] = sums
            else:
                self._add_kind(key, parent, sums)
        return unknown

    def _find_parent(self, pid: int) -> Optional[bytes]:
        return _as_name(self._names.find(pid)) if pid else b""

    def _add_kind(self, key: _Key, parent: bytes, sums: List[int]) -> None:
        comm, uid, status, pid = key
        kind: _Kind = (_as_name(comm) or b"", parent, uid, status)
        if kind not in self._kinds and len(self._kinds) >= _MOST_KINDS:
            self._lose("kinds_full", sums[0])
            kind = (b"", b"", -1, -1)
        known = self._kinds.setdefault(kind, [0, 0, 0, pid, pid])
        for place in range(3):
            known[place] += sums[place]
        known[4] = pid

    def _lose(self, name: str, number: int) -> None:
        self.lost[name] = self.lost.get(name, 0) + number

    def look(self, living: AbstractSet[int]) -> None:
        """Take the pids that a look met: of others that end, nothing was charged to anybody yet."""
        # Some that were met before ended during the look, and are told of only now.
        self._met, self._met_before = (self._met - self._met_before) | living, self._met - living
        ending = {process for some in self._ended for process in some}
        gone = {process for process in self._groups if process not in living} - ending
        for process in gone & self._gone:  # its last thread's message was lost, and counted as that
            del self._groups[process]
        self._gone = gone

    def take(self) -> List[Ended]:
        """Return what ended since the last call."""
        self._name_parents()
        ended = [_make_single(one, self._find_parent(one.key[3])) for one in self._singles]
        ended += [_make_row(kind, sums) for kind, sums in self._kinds.items()]
        self._singles, self._kinds = [], {}
        self._names.forget()
        return ended


def _has_threads(pid: int) -> bool:
    """Tell whether a first thread has ended before the others."""
    stat = read_stat(str(pid))
    return stat is not None and stat.threads > 1


def _as_name(comm: Optional[bytes]) -> Optional[bytes]:
    return None if comm is None else comm.split(b"\0", 1)[0]


def _make_single(one: _Single, parent: Optional[bytes]) -> Ended:
    comm, uid, status, parent_pid = one.key
    return Ended(
        name=_as_name(comm) or b"",
        parent=parent or b"",
        processes=1,
        status=status,
        uid=uid,
        cpu_ns=one.cpu_ns,
        life_ns=one.life_us * _NS_PER_US,
        pid=one.pid,
        parent_pids=(parent_pid, parent_pid) if parent_pid else (),
    )


def _make_row(kind: _Kind, sums: List[int]) -> Ended:
    name, parent, uid, status = kind
    processes, cpu_ns, life_us, first, last = sums
    return Ended(
        name=name,
        parent=parent,
        processes=processes,
        status=None if status < 0 else status,
        uid=None if uid < 0 else uid,
        cpu_ns=cpu_ns,
        life_ns=life_us * _NS_PER_US,
        parent_pids=(first, last) if last else (),
    )
