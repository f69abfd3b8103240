"""Which tasks belong to which process, who started it, and its name: for rungs that get only events.

A task is a thread; the kernel tells of tasks, and a process has ended when all of its tasks have. Those
that were there before the first event come from /proc.
"""

import os
from typing import AbstractSet, Dict, List, Optional, Set

from tenmatsu.probe.proc_files import list_pids, read_file, read_stat

# No kernel has more tasks (PID_MAX_LIMIT is 4 million, but no guest that can be mended has as many): a limit.
MOST_TASKS = 200000
# Events are read every tenth of a second, and the newest wait for one more reading (`InOrder`).
_FORGET_SECONDS = 2.0


class Process:
    """One process, while it lives. `began_ns` is 0 where it was there before us; `ticks` counts samples."""

    __slots__ = ("began_ns", "name", "parent", "parent_pid", "pid", "ticks", "tids")

    def __init__(self, pid: int, name: bytes, parent: bytes, parent_pid: int, began_ns: int) -> None:
        self.pid = pid
        self.name = name  # of its first thread
        self.parent = parent
        self.parent_pid = parent_pid
        self.began_ns = began_ns
        self.ticks = 0
        self.tids: Set[int] = {pid}


class Tasks:
    """All processes with their threads, kept up to date by events in the order of their times."""

    def __init__(self, most: int = MOST_TASKS) -> None:
        self.full = 0  # tasks that did not fit
        self.processes: Dict[int, Process] = {}
        self._names: Dict[int, bytes] = {}  # by task: each has its own, and hands it on to what it starts
        self._owners: Dict[int, Process] = {}  # by task
        self._unmet: Dict[int, float] = {}  # those that looks miss, and since when
        self._most = most

    def read_all(self) -> None:
        """Take what is there now from /proc. Events of the same time may come later: they do no harm."""
        stats = [stat for stat in map(read_stat, list_pids()) if stat and not stat.ended]
        names = {stat.pid: stat.name for stat in stats}
        for stat in stats:
            process = self._add(stat.pid, stat.name, names.get(stat.parent, b""), stat.parent, 0)
            if process and stat.threads > 1:
                self._read_threads(process)

    def _read_threads(self, process: Process) -> None:
        folder = f"/proc/{process.pid}/task"
        try:
            process.tids = {int(name) for name in os.listdir(folder)}
        except OSError:  # gone meanwhile: an event will say so
            return
        for tid in process.tids:
            self._owners[tid] = process
            try:
                self._names[tid] = read_file(f"{folder}/{tid}/comm")[:-1]
            except OSError:
                continue

    def _add(self, pid: int, name: bytes, parent: bytes, parent_pid: int, began_ns: int) -> Optional[Process]:
        if len(self._owners) >= self._most:
            self.full += 1
            return None
        before = self.processes.get(pid)
        if before:  # its end was lost
            self._forget(before)
        process = Process(pid, name, parent, parent_pid, began_ns)
        self.processes[pid] = self._owners[pid] = process
        self._names[pid] = name
        return process

    def begin_process(self, pid: int, starter: int, now_ns: int, name: Optional[bytes] = None) -> None:
        """A task (`starter`) started a process; it bears the task's name until it gets its own."""
        by = self._owners.get(starter)
        if name is None:
            name = self._names.get(starter, b"")
        elif by and by.pid == starter:  # it may have taken another name since
            by.name = name
        self._add(pid, name, by.name if by else name, by.pid if by else 0, now_ns)

    def begin_thread(self, tid: int, starter: int, name: Optional[bytes] = None) -> None:
        """A task started a thread of its own process."""
        process = self._owners.get(starter)
        if process is None or len(self._owners) >= self._most:
            self.full += process is not None
            return
        process.tids.add(tid)
        self._owners[tid] = process
        self._names[tid] = self._names.get(starter, b"") if name is None else name

    def rename(self, tid: int, name: bytes) -> None:
        """A task has a new name."""
        process = self._owners.get(tid)
        if process:
            self._names[tid] = name
            if process.pid == tid:
                process.name = name

    def become_program(self, pid: int, name: bytes) -> None:
        """A process has started a program: all of its threads but one are gone, and that one is its first."""
        process = self.processes.get(pid)
        if process:
            for tid in process.tids - {pid}:
                self._owners.pop(tid, None)
                self._names.pop(tid, None)
            process.tids = {pid}
            self._owners[pid] = process
            self._names[pid] = process.name = name

    def owner(self, tid: int) -> Optional[Process]:
        """Return the process of a task."""
        return self._owners.get(tid)

    def end(self, tid: int) -> Optional[Process]:
        """A task has ended; return its process if that was the last one.

        The first thread may end twice: a thread that starts a program takes over its number, and an older
        kernel may not tell of that.
        """
        process = self._owners.get(tid)
        if process is None:
            return None
        first_again = tid == process.pid and tid not in process.tids
        process.tids.discard(tid)
        if tid != process.pid:  # the first one's number still stands for the process
            del self._owners[tid]
            self._names.pop(tid, None)
        if process.tids and not first_again:
            return None
        self._forget(process)
        return process

    def remove(self, process: Process) -> None:
        """The kernel says that a process has ended, whatever was known of its threads."""
        self._forget(process)

    def _forget(self, process: Process) -> None:
        self.processes.pop(process.pid, None)
        for tid in process.tids | {process.pid}:
            if self._owners.get(tid) is process:
                del self._owners[tid]
                self._names.pop(tid, None)

    def sweep(self, living: AbstractSet[int], now: float) -> None:
        """Forget those whose end was lost: no look has met them for so long that its event would be here.

        `now` is in seconds, by a clock that nobody sets.
        """
        missed = self.processes.keys() - living
        self._unmet = {pid: self._unmet.get(pid, now) for pid in missed}
        for pid, since in self._unmet.items():
            if now - since >= _FORGET_SECONDS:
                self._forget(self.processes[pid])


class InOrder:
    """Puts events of several processors into the order of their times.

    Each processor has a buffer, and these are read one after the other: what is read first may be older than
    what is read last knows of. So what is newer than all that was read the time before waits once more.
    """

    def __init__(self) -> None:
        self._waiting: List[tuple] = []  # type: ignore[type-arg] # each begins with its time
        self._sure_ns = 0

    def sort(self, new: List[tuple]) -> List[tuple]:  # type: ignore[type-arg]
        """Return what cannot be preceded by anything any more."""
        events = self._waiting + new
        if not events:
            return events
        events.sort()
        sure, self._sure_ns = self._sure_ns, max(self._sure_ns, events[-1][0])
        at = len(events)
        while at and events[at - 1][0] > sure:
            at -= 1
        self._waiting = events[at:]
        return events[:at]
