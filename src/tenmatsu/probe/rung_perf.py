"""The perf rung: every end of a process from perf's side records, its CPU time from 997 samples a second.

Needs root, CAP_PERFMON, or a `kernel.perf_event_paranoid` of 0 or less. The kernel tells of each task that
begins, ends or gets a name; how a process ended and whose it was it does not tell. Buffers and events live
by this process' file descriptors alone.
"""

import errno
import time
from typing import AbstractSet, List, Optional

from tenmatsu.probe.ends import End, Ends
from tenmatsu.probe.lockdown import is_locked_down
from tenmatsu.probe.perf_call import RATES, Ring, Setting, list_cpus, open_rings
from tenmatsu.probe.perf_records import COMM, EXIT, FORK, Event, parse_records
from tenmatsu.probe.proc_files import read_file
from tenmatsu.probe.rung import Counted, Harvest, Options, Rung, Unavailable
from tenmatsu.probe.tasks import InOrder, Process, Tasks

_PARANOID = "/proc/sys/kernel/perf_event_paranoid"
_NS = 1000000000
# A tiny process writes about 150 bytes, and two processors make 7,000 of them a second: 0.1 MB between two
# calls of `drain`. All rings together take at most so much.
_RINGS_BYTES = 8 << 20
_MOST_RING_BYTES, _LEAST_RING_BYTES = 512 << 10, 64 << 10


class PerfRung(Rung):
    """A cpu-clock event on each processor, with side records of tasks and names."""

    name = "perf"
    cpu = "partly"
    drain_seconds: Optional[float] = 0.1
    #: Bytes of one processor's ring; 0: by the number of processors.
    ring_bytes = 0

    def __init__(self) -> None:
        super().__init__()
        self._rings: List[Ring] = []
        self._setting = Setting(RATES[0], True)
        self._order = InOrder()
        self._tasks = Tasks()
        self._ends = Ends()
        self._forks = self._exits = self._lost = self._tasks_full = 0
        self._unread: List[Event] = []
        self._broken = ""

    def open(self, options: Options) -> None:  # noqa: ARG002 - nothing to choose
        """Open the events. Raises Unavailable."""
        share = max(_LEAST_RING_BYTES, min(_MOST_RING_BYTES, _RINGS_BYTES // len(list_cpus())))
        try:
            self._setting, self._rings = open_rings(self.ring_bytes or share)
        except OSError as error:
            raise _explain(error) from error
        self._tasks.read_all()  # after the events have begun: nothing may fall between
        self.remarks += [
            f"CPU time is estimated from {self._setting.rate} samples a second: right for many processes.",
            "perf does not tell how a process ended and whose it was.",
        ]

    def drain(self) -> None:
        """Empty the rings, and follow what they tell as far as nothing older can come."""
        self._read()
        unread, self._unread = self._unread, []
        for event in self._order.sort(unread):
            self._follow(event)

    def _read(self) -> None:
        for ring in self._rings:
            try:
                taken = parse_records(ring.take())
            except ValueError as error:  # told by `collect`: elsewhere nobody asks
                self._broken = str(error)
                return
            self._unread += taken.events
            self._forks += taken.forks
            self._exits += taken.exits
            self._lost += taken.lost

    def _follow(self, event: Event) -> None:
        now, kind, pid, tid, other_pid, other_tid, name = event
        tasks = self._tasks
        if kind == FORK and pid == tid:
            tasks.begin_process(pid, other_tid, now)
        elif kind == FORK:
            tasks.begin_thread(tid, other_tid)
        elif kind == EXIT:
            self._end(pid, tid, other_pid, now)
        elif kind == COMM and other_pid:
            tasks.become_program(pid, name)
        elif kind == COMM:
            tasks.rename(tid, name)
        elif pid in tasks.processes:
            tasks.processes[pid].ticks += 1

    def _end(self, pid: int, tid: int, parent_pid: int, now: int) -> None:
        known = self._tasks.owner(tid)
        process = self._tasks.end(tid)
        if known is None and pid == tid and pid:  # its beginning was lost, or did not fit
            process = Process(pid, b"", b"", parent_pid, 0)
        if process:
            self._add(process, now)

    def _add(self, process: Process, now: int) -> None:
        self._ends.add(
            End(
                pid=process.pid,
                parent_pid=process.parent_pid,
                name=process.name,
                parent=process.parent,
                cpu_ns=process.ticks * _NS // self._setting.rate,
                life_ns=max(0, now - process.began_ns) if process.began_ns else None,
            )
        )

    def count(self) -> Counted:
        """Read the rings, and return what they told so far."""
        self._read()
        return Counted(forks=self._forks, process_exits=self._ends.count, task_exits=self._exits)

    def after_look(self, living: AbstractSet[int]) -> None:
        """These were charged for what they used: their ends are told one by one."""
        self._ends.after_look(living)
        self._tasks.sweep(living, time.monotonic())

    def collect(self) -> Harvest:
        """Return what ended. Raises OSError where the rings make no sense."""
        self.drain()
        if self._broken:
            raise OSError(errno.EIO, self._broken)
        losses = {"records_lost": self._lost, "tasks_full": self._tasks.full - self._tasks_full}
        self._lost, self._tasks_full = 0, self._tasks.full
        return Harvest(self._ends.take(), [], {name: number for name, number in losses.items() if number})

    def close(self) -> None:
        """Close all: the kernel ends the events and frees the buffers."""
        rings, self._rings = self._rings, []
        for ring in rings:
            ring.close()


def _explain(error: OSError) -> Unavailable:
    said = f"perf_event_open(2): {error.strerror}"
    if error.errno == errno.EPERM and is_locked_down():
        return Unavailable("switched_off", "the kernel is locked down against reading its memory; " + said)
    if error.errno in (errno.EACCES, errno.EPERM):
        paranoid = _read_paranoid()
        setting = f" ({paranoid} here)" if paranoid else ""
        wanted = f"needs root, CAP_PERFMON, or kernel.perf_event_paranoid of 0 or less{setting}; "
        return Unavailable("not_permitted", wanted + said)
    if error.errno in (errno.ENOSYS, errno.ENOENT, errno.EOPNOTSUPP):
        return Unavailable("not_in_kernel", said)
    return Unavailable("refused", said)


def _read_paranoid() -> Optional[str]:
    try:
        return read_file(_PARANOID).decode("ascii", "replace").strip()
    except OSError:
        return None
