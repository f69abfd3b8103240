"""The connector rung: every fork, exec, change of name and end, as events; no CPU time.

Needs CAP_NET_ADMIN (before Linux 6.6), and the kernel's first pid, user and network namespaces. An exec's
event does not say which program it was: that is read from /proc of those that still live, and unknown of the
others. All four kinds of events are needed, so a filter in the kernel would save little, and would make
holes in the messages' numbers, which show what was lost.
"""

import socket
from typing import AbstractSet, Dict, List, Optional, Set, Tuple

from tenmatsu.probe.connector import (
    COMM,
    EVENT,
    EXEC,
    EXIT,
    FORK,
    LEAST_EVENT_BYTES,
    NAME_AT,
    close_connector,
    open_connector,
)
from tenmatsu.probe.netlink import Receiver, Sequence
from tenmatsu.probe.proc_files import list_pids, read_stat
from tenmatsu.probe.rung import Counted, Ended, Harvest, Options, Rung

# An event takes 832 bytes of buffer, a process three of them: at 7,000 processes a second, 16 MiB (of which
# the kernel makes 32) last for 1.9 s.
_BUFFER_BYTES = 16 << 20
_NAME_BYTES = 16
_ANY_PROCESSOR = 0xFFFFFFFF  # of answers to requests, before Linux 6.6
# Each costs 10 µs, for a process that lived long enough to be read.
_MOST_READS = 256
_MOST_PROCESSES = 1 << 16
_MOST_KINDS = 4096

_REMARK = (
    "The connector does not tell names: those of programs that live for less than 0.25 s are mostly unknown, "
    "and their CPU time is found only through their parents."
)


# Name, parent's name, status, whether its life is known.
_Kind = Tuple[bytes, bytes, Optional[int], bool]


class _Process:
    """What is known of a living process. `name` None: still its parent's; b"": a program not known."""

    __slots__ = ("name", "parent", "parent_pid", "started_ns", "status", "tasks")

    def __init__(
        self, name: Optional[bytes], parent: Optional[bytes], parent_pid: int, started_ns: int
    ) -> None:
        self.name = name
        self.parent = parent
        self.parent_pid = parent_pid
        self.started_ns = started_ns  # 0: before our time
        self.status: Optional[int] = None
        self.tasks = 1


class ConnectorRung(Rung):
    """One socket, drained often, and a table of what lives."""

    name = "connector"
    cpu = "none"
    drain_seconds: Optional[float] = (
        0.25  # see `rung_taskstats`; more often here: names of the living are read
    )

    def __init__(self) -> None:
        super().__init__()
        self._socket: Optional[socket.socket] = None
        self._sequences: Dict[int, Sequence] = {}
        self._processes: Dict[int, _Process] = {}
        self._unnamed: Set[int] = set()
        self._ended: List[Tuple[int, _Process, int]] = []  # pid, what it was, ns of its life
        self._kinds: Dict[_Kind, List[int]] = {}
        self._dead: Dict[int, bytes] = {}
        self._dead_before: Dict[int, bytes] = {}
        self._missing: Set[int] = set()
        self._lost: Dict[str, int] = {}
        self._told: Dict[str, int] = {}
        self._forks = self._process_exits = self._task_exits = 0
        self._trouble: Optional[OSError] = None

    def open(self, options: Options) -> None:
        """Ask for events, then read who lives already. Raises Unavailable."""
        self._socket = open_connector(options.receive_buffer_bytes or _BUFFER_BYTES)
        self._receiver = Receiver(self._socket)
        names = {}
        for pid in list_pids():
            stat = read_stat(pid)
            if stat is not None:
                names[stat.pid] = stat.name
                process = _Process(stat.name, None, stat.parent, 0)
                process.tasks = stat.threads
                self._processes[stat.pid] = process
        for process in self._processes.values():
            process.parent = names.get(process.parent_pid)
        self.remarks.append(_REMARK)

    def drain(self) -> None:
        """Take all events that wait, then look up the names that they leave open."""
        if self._socket is None:
            return
        try:
            self._take_events()
        except OSError as error:
            self._trouble = error  # `collect` tells it
        self._name_living()
        self._sum_ended()

    def _take_events(self) -> None:
        buffer, read, sequences = self._receiver.buffer, EVENT.unpack_from, self._sequences
        for size in self._receiver.for_each_size():
            if size < LEAST_EVENT_BYTES:
                continue
            number, what, processor, at_ns, first, second, third, fourth, _, _ = read(buffer)
            sequence = sequences.get(processor)
            if sequence is None:
                sequence = sequences[processor] = Sequence()
            if number == sequence.next:
                sequence.next = (number + 1) & 0xFFFFFFFF
            elif processor != _ANY_PROCESSOR:
                sequence.jump(number)
            if what == FORK:
                self._take_fork(second, third, fourth, at_ns)
            elif what == EXIT:
                self._take_exit(first, second, third, at_ns)
            elif what == EXEC:
                self._take_exec(second)
            elif what == COMM and first == second:
                self._take_name(second, bytes(buffer[NAME_AT : NAME_AT + _NAME_BYTES]).split(b"\0", 1)[0])
                self._unnamed.discard(second)

    def _take_fork(self, parent_pid: int, child: int, process: int, at_ns: int) -> None:
        self._forks += 1
        if child != process:
            known = self._processes.get(process)
            if known is not None:
                known.tasks += 1
            return
        parent = self._processes.get(parent_pid)
        if len(self._processes) >= _MOST_PROCESSES:
            self._lose("processes_full", 1)
            return
        name = parent.name if parent else b""
        self._processes[process] = _Process(name or None, name or None, parent_pid, at_ns)

    def _take_exec(self, process: int) -> None:
        known = self._processes.get(process)
        if known is not None:
            known.name = b""
            known.tasks = 1  # all other threads are gone, whichever of them called it
            self._unnamed.add(process)

    def _take_name(self, process: int, name: bytes) -> None:
        known = self._processes.get(process)
        if known is not None:
            known.name = name

    def _take_exit(self, task: int, process: int, status: int, at_ns: int) -> None:
        self._task_exits += 1
        known = self._processes.get(process)
        if known is None:
            if task == process:
                self._end(process, _Process(b"", b"", 0, 0), status, at_ns)
            return
        known.tasks -= 1
        # A thread that only returned, with 0, may be told of after the end that it did not cause.
        if task == process or status:
            known.status = known.status or status
        if known.tasks <= 0:
            del self._processes[process]
            self._end(process, known, known.status or status, at_ns)

    def _end(self, pid: int, process: _Process, status: Optional[int], at_ns: int) -> None:
        self._process_exits += 1
        self._unnamed.discard(pid)
        process.status = status
        life_ns = at_ns - process.started_ns if process.started_ns else 0
        self._ended.append((pid, process, life_ns))
        if process.name:
            self._dead[pid] = process.name

    def _name_living(self) -> None:
        """Read the names of programs that live long enough for that."""
        for process in list(self._unnamed)[:_MOST_READS]:
            self._unnamed.discard(process)
            known = self._processes.get(process)
            stat = read_stat(str(process)) if known is not None else None
            if known is not None and stat is not None:
                known.name = stat.name

    def _sum_ended(self) -> None:
        for _, process, life_ns in self._ended:
            parent = process.parent or self._find_name(process.parent_pid)
            name = parent if process.name is None else process.name
            # Who was there before us has no known life: among others it would make their mean too short.
            kind = (name, parent, process.status, life_ns > 0)
            if kind not in self._kinds and len(self._kinds) >= _MOST_KINDS:
                self._lose("kinds_full", 1)
                kind = (b"", b"", None, False)
            sums = self._kinds.setdefault(kind, [0, 0, process.parent_pid, 0])
            sums[0] += 1
            sums[1] += life_ns
            sums[3] = process.parent_pid
        self._ended = []
        self._dead_before, self._dead = self._dead, {}

    def _find_name(self, pid: int) -> bytes:
        living = self._processes.get(pid)
        if living is not None and living.name:
            return living.name
        return self._dead.get(pid) or self._dead_before.get(pid) or b""

    def _lose(self, name: str, number: int) -> None:
        self._lost[name] = self._lost.get(name, 0) + number

    def before_look(self) -> None:
        """Take what happened before: who is known now, lives, or has an end that comes."""
        self.drain()

    def after_look(self, living: AbstractSet[int]) -> None:
        """Forget who is gone though no end was told: that event was lost, and counted as lost."""
        missing = self._processes.keys() - living
        for pid in missing & self._missing:
            process = self._processes.pop(pid)
            if process.status is not None:  # only a thread's end was lost
                self._end(pid, process, process.status, process.started_ns)
        self._missing = missing

    def count(self) -> Counted:
        """Return the events seen up to now."""
        self.drain()
        return Counted(self._forks, self._process_exits, self._task_exits)

    def collect(self) -> Harvest:
        """Return what ended. Raises OSError where the socket cannot be read any more."""
        self.drain()
        if self._trouble is not None:
            raise self._trouble
        ended = [_make_row(kind, sums) for kind, sums in self._kinds.items()]
        self._kinds = {}
        losses = self._read_losses()
        lost = {name: number - self._told.get(name, 0) for name, number in losses.items()}
        self._told = losses
        return Harvest(ended, [], {name: number for name, number in lost.items() if number})

    def _read_losses(self) -> Dict[str, int]:
        missed = sum(one.missed for one in self._sequences.values())
        told = dict(self._lost, buffer_full=self._receiver.overruns, messages_missed=missed)
        return {name: max(number, self._told.get(name, 0)) for name, number in told.items()}

    def close(self) -> None:
        """Stop listening: the kernel makes no more events for us."""
        if self._socket is not None:
            close_connector(self._socket)
            self._socket = None


def _make_row(kind: _Kind, sums: List[int]) -> Ended:
    name, parent, status, knows_life = kind
    processes, life_ns, first, last = sums
    return Ended(
        name=name,
        parent=parent,
        processes=processes,
        status=status,
        life_ns=life_ns if knows_life else None,
        parent_pids=(first, last) if last else (),
    )
