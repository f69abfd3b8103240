"""The trace rung: every end of a process from a tracefs instance of our own, with the path of its program.

Needs root, and a tracefs that is mounted already. `sched_process_exit` says since Linux 6.16 whether it was
the process' last task; before that the tasks are counted. `task_newtask` tells a thread from a process,
which `sched_process_fork` does not. It knows nothing of CPU time and exit codes. How the instance goes
away, also when we are killed: `trace_instance.py`.
"""

import errno
import os
import struct
import time
from typing import AbstractSet, Dict, Iterator, List, Optional, Set, Tuple

from tenmatsu.probe.ends import End, Ends
from tenmatsu.probe.lockdown import is_locked_down
from tenmatsu.probe.proc_files import read_file
from tenmatsu.probe.rung import Counted, Harvest, Options, Rung, Sample, Unavailable
from tenmatsu.probe.tasks import InOrder, Process, Tasks
from tenmatsu.probe.trace_format import (
    Format,
    Page,
    for_each_event,
    parse_format,
    parse_header_page,
    parse_statistics,
)
from tenmatsu.probe.trace_instance import Instance, NotMounted, find_tracefs

_NEW, _EXEC, _EXIT = 0, 1, 2
_EVENTS = ("task/task_newtask", "sched/sched_process_exec", "sched/sched_process_exit")
_CLONE_THREAD = 0x10000
# As for the perf rung: a tiny process writes about 160 bytes.
_BUFFERS_BYTES = 8 << 20
_MOST_BUFFER_BYTES, _LEAST_BUFFER_BYTES = 512 << 10, 64 << 10
_MOST_NAME_BYTES = 15
# Kinds (program and parent) of which an example was told; beyond that, no more examples.
_MOST_KINDS = 4096
_LOSSES = ("overrun", "commit overrun", "dropped events")
_FIRST_PID_NAMESPACE = "pid:[4026531836]"

_TYPE = struct.Struct("=H")  # common_type, the first field of every event

# Time, which event, task, the other task, what is special about it, name.
_Event = Tuple[int, int, int, int, int, bytes]
_YES, _NO, _UNKNOWN = 1, 0, -1


class TraceRung(Rung):
    """Three events, read as the kernel's pages hold them."""

    name = "trace"
    cpu = "none"
    drain_seconds: Optional[float] = 0.1
    #: Bytes of one processor's buffer; 0: by the number of processors.
    buffer_bytes = 0

    def __init__(self) -> None:
        super().__init__()
        self._instance: Optional[Instance] = None
        self._pipes: List[int] = []
        self._formats: Dict[int, Tuple[int, Format]] = {}
        self._order = InOrder()
        self._tasks = Tasks()
        self._ends = Ends()
        self._unread: List[_Event] = []
        self._broken = ""
        self._forks = self._exits = self._lost = self._tasks_full = 0
        self._told: Set[Tuple[bytes, bytes]] = set()
        self._samples: List[Sample] = []

    def open(self, options: Options) -> None:
        """Make the instance and switch the events on. Raises Unavailable."""
        if os.path.exists("/proc/self/ns/pid") and os.readlink("/proc/self/ns/pid") != _FIRST_PID_NAMESPACE:
            raise Unavailable("namespace", "trace events bear pids of the first pid namespace, not of ours")
        try:
            self._make(find_tracefs(), options)
        except NotMounted as no:
            raise Unavailable("switched_off", str(no)) from no
        except OSError as error:
            raise _explain(error) from error
        except ValueError as error:
            raise Unavailable("refused", str(error)) from error
        self._tasks.read_all()
        self.remarks.append(
            "Trace events do not tell how a process ended, whose it was, and what CPU it used."
        )

    def _make(self, tracefs: str, options: Options) -> None:
        self._instance = Instance(tracefs)
        self._instance.make(self.buffer_bytes or _share(len(os.listdir(tracefs + "/per_cpu"))))
        self._folder = self._instance.path
        self._page = parse_header_page(read_file(self._folder + "/events/header_page"))
        for kind, event in enumerate(_EVENTS):
            found = parse_format(read_file(f"{self._folder}/events/{event}/format"))
            if options.old_exit_tracepoint:
                found.fields.pop("group_dead", None)
            self._formats[found.number] = (kind, found)
        self._cpus = os.listdir(self._folder + "/per_cpu")
        for cpu in self._cpus:
            pipe = f"{self._folder}/per_cpu/{cpu}/trace_pipe_raw"
            self._pipes.append(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))
        for event in reversed(_EVENTS):  # no beginning without its end
            self._instance.switch_on(event)

    def drain(self) -> None:
        """Empty the buffers, and follow what they tell as far as nothing older can come."""
        self._read()
        unread, self._unread = self._unread, []
        for event in self._order.sort(unread):
            self._follow(event)

    def _read(self) -> None:
        try:
            for pipe in self._pipes:
                for data in _read_pages(pipe, self._page):
                    for now, at in for_each_event(data, self._page):
                        self._take(now, data, at)
        except (OSError, ValueError, struct.error) as error:  # told by `collect`: elsewhere nobody asks
            self._broken = str(error)

    def _take(self, now: int, data: bytes, at: int) -> None:
        kind, form = self._formats.get(_TYPE.unpack_from(data, at)[0], (None, None))
        if form is None:  # the kernel's own, of a kind that we do not know
            return
        tid = form.number_in("pid", data, at)
        if kind == _NEW:
            self._forks += 1
            starter = form.number_in("common_pid", data, at)
            is_thread = int(form.number_in("clone_flags", data, at) & _CLONE_THREAD > 0)
            self._unread.append((now, _NEW, tid, starter, is_thread, form.text_in("comm", data, at)))
        elif kind == _EXEC:
            before = form.number_in("old_pid", data, at)
            self._unread.append((now, _EXEC, tid, before, 0, form.text_in("filename", data, at)))
        else:
            self._exits += 1
            last = form.number_in("group_dead", data, at) if "group_dead" in form.fields else _UNKNOWN
            self._unread.append((now, _EXIT, tid, 0, last, form.text_in("comm", data, at)))

    def _follow(self, event: _Event) -> None:
        now, kind, tid, other, special, name = event
        if kind == _NEW and special:
            self._tasks.begin_thread(tid, other, name)
        elif kind == _NEW:
            self._tasks.begin_process(tid, other, now, name)
        elif kind == _EXEC:
            self._tasks.become_program(tid, name.rsplit(b"/", 1)[-1][:_MOST_NAME_BYTES])
            self._take_sample(tid, name)
        else:
            self._end(tid, name, special, now)

    def _end(self, tid: int, name: bytes, last: int, now: int) -> None:
        tasks = self._tasks
        process = tasks.owner(tid)
        if process is None:  # its beginning was lost, or did not fit
            if last != _NO:
                self._add(Process(tid, name, b"", 0, 0), now)
            return
        if tid == process.pid:
            process.name = name
        ended = tasks.end(tid)
        if last == _YES:
            tasks.remove(process)
            self._add(process, now)
        elif ended and last == _UNKNOWN:
            self._add(process, now)

    def _add(self, process: Process, now: int) -> None:
        life = max(0, now - process.began_ns) if process.began_ns else None
        self._ends.add(End(process.pid, process.parent_pid, process.name, process.parent, life_ns=life))

    def _take_sample(self, pid: int, path: bytes) -> None:
        process = self._tasks.processes.get(pid)
        kind = (process.name, process.parent) if process else (b"", b"")
        if process and kind not in self._told and len(self._told) < _MOST_KINDS:
            self._told.add(kind)
            self._samples.append(Sample(*kind, pid=pid, path=path))

    def count(self) -> Counted:
        """Read the buffers, and return what they told so far."""
        self._read()
        return Counted(forks=self._forks, process_exits=self._ends.count, task_exits=self._exits)

    def after_look(self, living: AbstractSet[int]) -> None:
        """These were met: their ends are told one by one."""
        self._ends.after_look(living)
        self._tasks.sweep(living, time.monotonic())

    def collect(self) -> Harvest:
        """Return what ended. Raises OSError where the buffers make no sense."""
        self.drain()
        if self._broken:
            raise OSError(errno.EIO, self._broken)
        lost = sum(_read_losses(f"{self._folder}/per_cpu/{cpu}/stats") for cpu in self._cpus)
        losses = {"events_overwritten": lost - self._lost, "tasks_full": self._tasks.full - self._tasks_full}
        self._lost, self._tasks_full = lost, self._tasks.full
        samples, self._samples = self._samples, []
        return Harvest(
            self._ends.take(), samples, {name: number for name, number in losses.items() if number}
        )

    def close(self) -> None:
        """Close the pipes and remove the instance."""
        pipes, self._pipes = self._pipes, []
        for pipe in pipes:
            os.close(pipe)
        if self._instance:
            self._instance.remove()


def _share(cpus: int) -> int:
    return max(_LEAST_BUFFER_BYTES, min(_MOST_BUFFER_BYTES, _BUFFERS_BYTES // max(1, cpus)))


def _read_pages(pipe: int, page: Page) -> Iterator[bytes]:
    """Yield what a processor has written; not for ever, should it write as fast as we read."""
    for _ in range(_MOST_BUFFER_BYTES // page.whole_bytes * 2):
        try:
            data = os.read(pipe, page.whole_bytes)
        except BlockingIOError:
            return
        if not data:
            return
        yield data


def _read_losses(path: str) -> int:
    counts = parse_statistics(read_file(path))
    return sum(counts.get(name, 0) for name in _LOSSES)


def _explain(error: OSError) -> Unavailable:
    said = f"{error.filename or 'tracefs'}: {error.strerror}"
    if error.errno == errno.EPERM and is_locked_down():
        return Unavailable("switched_off", "the kernel is locked down against reading its memory; " + said)
    if error.errno in (errno.EACCES, errno.EPERM):
        return Unavailable("not_permitted", "needs root; " + said)
    if error.errno == errno.ENOENT:
        return Unavailable("not_in_kernel", said)
    return Unavailable("refused", said)
