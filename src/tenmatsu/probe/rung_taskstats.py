"""The taskstats rung: the kernel's own account of each task that ends, over generic netlink.

Needs CAP_NET_ADMIN, and the kernel's first pid, user and network namespaces. The kernel sends to whoever
registered for a processor, as long as the socket is open. Source: kernel/taskstats.c, kernel/tsacct.c.
"""

import _thread
import select
import struct
import time
from contextlib import suppress
from typing import AbstractSet, Dict, Optional, Tuple

from tenmatsu.probe.netlink import NETLINK_GENERIC, Receiver, Sequence, open_socket
from tenmatsu.probe.rung import Counted, Harvest, Options, Rung, Unavailable
from tenmatsu.probe.taskstats_ends import TaskEnds
from tenmatsu.probe.taskstats_kernel import (
    Taskstats,
    explain,
    find_places,
    find_processors,
    split_processors,
)
from tenmatsu.probe.taskstats_layout import AGROUP, RUN, Task, find_layout
from tenmatsu.probe.thread_ends import ThreadEnds

# A message takes 1,283 bytes of buffer. At 7,000 a second, 16 MiB (of which the kernel makes 32) last for
# 3.7 s on one processor: the time between two drains, and as much again for whatever holds us up.
_BUFFER_BYTES = 16 << 20
_LEAST_BUFFER_BYTES = 1 << 20
_ALL_BUFFER_BYTES = 64 << 20
_NUMBER = struct.Struct("=8xI")  # in struct nlmsghdr
_PID = struct.Struct("=I")
_MOST_SIZES = 64
_PROOF_SECONDS = 2.0
# What belongs together may come so far apart: a task can be held up between its message and its end.
_TURN_SECONDS = 0.3
_LAST_WITHOUT_TGID = 11
_NS_PER_US = 1000

_REMARK_WAITS = (
    "CPU time is the life of a process less its waiting for a processor, if it never slept; else it is the "
    "scheduler's count, without the time since it last got a processor. The work of ending is missing from "
    "both. Of programs that live for a moment, 85 to 95 % of their CPU time is told."
)
_REMARK_TICKS = (
    "This kernel does not count waiting (kernel.task_delayacct is off, and is not changed), so CPU time is "
    "counted in clock ticks: of programs that live for less than a few ticks more than half can be missing."
)
_REMARK_PARENTS = (
    "Of a process whose starter ended first, the parent told is the one that took it over, not the one that "
    "started it."
)
_REMARK_THREADS = (
    "This kernel does not tell threads from processes when they end, and the process events connector that "
    "could is not available: threads are counted as processes."
)


class TaskstatsRung(Rung):
    """One socket a processor, drained often."""

    name = "taskstats"
    cpu = "partly"
    # To be woken costs 0.3 ms, whatever waits: every 0.1 s, that is 15 ms for 1,000 processes at 200/s.
    drain_seconds: Optional[float] = 1.0

    def __init__(self) -> None:
        super().__init__()
        self._receivers: Dict[int, Receiver] = {}
        self._sequences: Dict[int, Sequence] = {}
        self._masks: Dict[int, bytes] = {}
        self._poll: Optional[select.epoll] = None
        self._thread_ends: Optional[ThreadEnds] = None
        self._places: Dict[int, Tuple[int, int, int]] = {}
        self._told: Dict[str, int] = {}
        self._unread = 0
        self._turned = 0.0
        self._trouble: Optional[OSError] = None

    def open(self, options: Options) -> None:
        """Register for all processors. Raises Unavailable."""
        try:
            self._kernel = Taskstats()
            self._layout, ours = self._kernel.ask_for_ourselves()
            self._sees_waits = ours.cpu_count > 0
            if options.old_taskstats:
                self._layout = find_layout(_LAST_WITHOUT_TGID)
            self._prepare_threads()
            self._register(options)
            self._prove()
        except OSError as error:
            raise explain(error) from error
        self.remarks.append(_REMARK_WAITS if self._sees_waits else _REMARK_TICKS)
        self.remarks.append(_REMARK_PARENTS)

    def _prepare_threads(self) -> None:
        if not self._layout.has_tgid:
            self._thread_ends = ThreadEnds()
            try:
                self._thread_ends.open()
            except Unavailable:
                self._thread_ends.close()
                self._thread_ends = None
                self.remarks.append(_REMARK_THREADS)
        self._ends = TaskEnds(self._thread_ends)

    def _register(self, options: Options) -> None:
        masks = split_processors(find_processors())
        room = max(_LEAST_BUFFER_BYTES, min(_BUFFER_BYTES, _ALL_BUFFER_BYTES // len(masks)))
        self._poll = select.epoll()
        for mask, is_one_processor in masks:
            made = open_socket(NETLINK_GENERIC, buffer_bytes=options.receive_buffer_bytes or room)
            place = made.fileno()
            self._receivers[place] = Receiver(made)
            self._masks[place] = mask
            if is_one_processor:
                self._sequences[place] = Sequence()
            self._kernel.register(made, mask)
            self._poll.register(place, select.EPOLLIN)

    def _prove(self) -> None:
        """End a thread of our own: in another network all is answered as if it worked, and nothing comes."""
        _thread.start_new_thread(int, ())
        if self._poll is None or not self._poll.poll(_PROOF_SECONDS):
            raise Unavailable(
                "namespace",
                "taskstats come only in the first network namespace; none came of a thread that ended",
            )

    def drain(self) -> None:
        """Take all that waits."""
        if self._poll is None:
            return
        try:
            for place, _ in self._poll.poll(0):
                self._drain_one(self._receivers[place], self._sequences.get(place) or Sequence())
            if self._thread_ends is not None:
                self._thread_ends.drain()
        except OSError as error:
            self._trouble = error  # `collect` tells it
        self._turn()

    def _turn(self) -> None:
        now = time.monotonic()
        if now - self._turned >= _TURN_SECONDS:
            self._turned = now
            self._ends.turn()
            if self._thread_ends is not None:
                self._thread_ends.turn()

    def _drain_one(self, receiver: Receiver, sequence: Sequence) -> None:
        buffer, number_of, read = receiver.buffer, _NUMBER.unpack_from, self._layout.task.unpack_from
        sees_waits, has_tgid, missing = self._sees_waits, self._layout.has_tgid, self._layout.missing
        add_process, places, tasks = self._ends.add_process, self._places, 0
        for size in receiver.for_each_size():
            number = number_of(buffer)[0]
            if number == sequence.next:
                sequence.next = (number + 1) & 0xFFFFFFFF
            else:
                sequence.jump(number)
            at, group_at, group_pid_at = places.get(size) or self._find_places(buffer, size)
            if not at:
                self._unread += 1
                continue
            tasks += 1
            fields = read(buffer, at) + missing
            (code, flags, _, delay, run, comm, uid, pid, ppid, etime, utime, stime, slept, process) = fields
            if not sees_waits:
                cpu_ns = (utime + stime) * _NS_PER_US
            else:
                cpu_ns = run if slept else max(run, etime * _NS_PER_US - delay)
            if flags & AGROUP and pid == process and not group_at and has_tgid:
                add_process((comm, uid, code, ppid), cpu_ns, etime, pid)
            else:
                self._add_task(Task(*fields), cpu_ns, buffer, group_at, group_pid_at)
        self._ends.tasks += tasks

    def _find_places(self, message: bytearray, size: int) -> Tuple[int, int, int]:
        """Find where a message of this size has its parts: padding differs by machine, not by message."""
        if len(self._places) >= _MOST_SIZES:
            self._places.clear()
        places = self._places[size] = find_places(message, size)
        return places

    def _add_task(
        self, task: Task, cpu_ns: int, message: bytearray, group_at: int, group_pid_at: int
    ) -> None:
        if group_at:
            process = _PID.unpack_from(message, group_pid_at)[0]
            run_ns = RUN.unpack_from(message, group_at + self._layout.run_at)[0]
            self._ends.add_last_thread(task, process, cpu_ns, run_ns)
        elif self._layout.has_tgid:
            self._ends.add_thread(task, task.tgid, cpu_ns)
        else:
            self._ends.add_undecided(task, cpu_ns)

    def before_look(self) -> None:
        """Take what ended before: it began after the look before this one, or was met by it."""
        self.drain()

    def after_look(self, living: AbstractSet[int]) -> None:
        """Of these, each end is told of by itself."""
        self._ends.look(living)

    def count(self) -> Counted:
        """Return the ends that were told of. Forks are not."""
        return Counted(process_exits=self._ends.processes, task_exits=self._ends.tasks)

    def collect(self) -> Harvest:
        """Return what ended. Raises OSError where a socket cannot be read any more."""
        self.drain()
        if self._trouble is not None:
            raise self._trouble
        losses = self._read_losses()
        lost = {name: number - self._told.get(name, 0) for name, number in losses.items()}
        self._told = losses
        return Harvest(self._ends.take(), [], {name: number for name, number in lost.items() if number})

    def _read_losses(self) -> Dict[str, int]:
        receivers = list(self._receivers.values())
        overruns = sum(one.overruns for one in receivers)
        overruns += self._thread_ends.overruns if self._thread_ends else 0
        missed = sum(one.missed for one in self._sequences.values())
        told = dict(
            self._ends.lost, buffer_full=overruns, messages_missed=missed, messages_unread=self._unread
        )
        return {name: max(number, self._told.get(name, 0)) for name, number in told.items()}

    def close(self) -> None:
        """Deregister and close. The kernel forgets closed sockets by itself too."""
        for place, receiver in self._receivers.items():
            with suppress(OSError):
                self._kernel.deregister(receiver.socket, self._masks[place])
            receiver.socket.close()
        self._receivers.clear()
        if self._thread_ends is not None:
            self._thread_ends.close()
        if self._poll is not None:
            self._poll.close()
            self._poll = None
