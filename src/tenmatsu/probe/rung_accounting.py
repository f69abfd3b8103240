"""The accounting rung: acct(2), a record of 64 bytes from each process that ends; only if nobody uses it.

Needs root, or CAP_SYS_PACCT with CAP_SYS_ADMIN. Accounting goes on in the kernel when its caller has ended,
and there is one for all: `acct_call.py` binds it to a file descriptor of ours, so that it ends with us even
when we are killed, and finds out whether it is somebody's. We never switch it off by acct(2): that might
hit whoever took it over from us; closing the file ends ours and no other.

Its times are hundredths of a second, each cut: a process of a millisecond has used nothing and lived no
time. So the CPU of the dead is left to the `/proc` rung.
"""

import errno
import os
import time
from typing import AbstractSet, Dict, List, Optional, Set, Tuple

from tenmatsu.probe.acct_call import (
    count_written_by_a_child,
    find_obstacle,
    give_back,
    make_detached_file,
    run_a_child,
    switch_on,
)
from tenmatsu.probe.acct_records import NS_PER_UNIT, RECORD_BYTES, Record, parse_records
from tenmatsu.probe.ends import End, Ends
from tenmatsu.probe.proc_files import read_file, read_stat
from tenmatsu.probe.rung import Counted, Harvest, Options, Rung, Unavailable

_PAGE_BYTES = 4096
_READ_BYTES = 1 << 20
# A mean life that is shorter than ten units is mostly what was cut off.
_LEAST_LIFE_UNITS = 10
_MOST_PARENTS_A_READ = 1000
# The kernel pauses accounting where less than so many percent are free, and looks again every 30 s
# (`acct_parm`).
_PAUSED_AT_PERCENT = 97
_PAUSE_SECONDS = 40.0
_RESUME_FREE_PERCENT = 4
_TAKEN = "somebody uses process accounting already (acct(2)), and it cannot be shared"


class AccountingRung(Rung):
    """Process accounting into a file that nobody else can see."""

    name = "accounting"
    cpu = "none"
    drain_seconds: Optional[float] = 1.0
    #: Memory that unread records may take: those of 260,000 processes.
    most_bytes = 16 << 20

    def __init__(self) -> None:
        super().__init__()
        self._file = -1
        self._at = self._freed = self._told_up_to = 0
        self._broken = ""
        self._ends = Ends()
        self._paused_until = 0.0
        self._losses: Dict[str, int] = {}
        self._own: Set[int] = set()  # children of ours that only showed that records are written

    def open(self, options: Options) -> None:  # noqa: ARG002 - nothing to choose
        """Switch it on if nobody has. Raises Unavailable."""
        try:
            self._make_file()
            switch_on(self._file)
            self._own.add(run_a_child())
            if not os.fstat(self._file).st_size:
                raise Unavailable("refused", "acct(2): nothing is written")
        except OSError as error:
            raise _explain(error.errno or 0, error.strerror or str(error)) from error
        self.remarks += [
            "Accounting counts CPU time in hundredths of a second: none for short processes.",
            "Who started a process is whose child it was at its end: of an orphan, who took it over.",
        ]

    def _make_file(self) -> None:
        number = find_obstacle()
        if number:
            raise OSError(number, os.strerror(number))
        if count_written_by_a_child():
            raise Unavailable("taken", _TAKEN)
        self._file, shows = make_detached_file(self.most_bytes)
        if not shows:
            raise Unavailable(
                "not_in_kernel", "the kernel does not tell whether somebody uses process accounting already"
            )
        full = find_full_file_system()
        if full:
            raise Unavailable("taken", f"process accounting may be somebody's, paused: {full} is full")
        give_back(self._file, 0, _PAGE_BYTES)
        if count_written_by_a_child():  # again, as late as can be
            raise Unavailable("taken", _TAKEN)

    def drain(self) -> None:
        """Read what was written, and free its memory."""
        try:
            self._read()
        except (OSError, ValueError) as error:  # told by `collect`: elsewhere nobody asks
            self._broken = str(error)

    def _read(self) -> None:
        self._find_pause()
        data = os.pread(self._file, _READ_BYTES, self._at)
        while len(data) >= RECORD_BYTES:
            self._at += len(data) // RECORD_BYTES * RECORD_BYTES
            self._add(parse_records(data))
            data = os.pread(self._file, _READ_BYTES, self._at)
        read_up_to = self._at // _PAGE_BYTES * _PAGE_BYTES
        if read_up_to > self._freed:
            give_back(self._file, self._freed, read_up_to)
            self._freed = read_up_to

    def _find_pause(self) -> None:
        room = os.fstatvfs(self._file)
        if (room.f_blocks - room.f_bavail) * 100 >= room.f_blocks * _PAUSED_AT_PERCENT:
            self._paused_until = time.monotonic() + _PAUSE_SECONDS
            self._lose("buffer_full")

    def _lose(self, what: str) -> None:
        """How many records were not written nobody counts; it is told that there were some."""
        self._losses[what] = self._losses.get(what, 0) + 1

    def _add(self, records: List[Record]) -> None:
        ended = {one.pid: one.name for one in records if one.pid}
        parents: Dict[int, bytes] = {}
        for one in records:
            if one.pid in self._own:
                self._own.discard(one.pid)
                continue
            self._ends.add(
                End(
                    pid=one.pid,
                    parent_pid=one.parent_pid,
                    name=one.name,
                    parent=ended.get(one.parent_pid) or _find_name(one.parent_pid, parents),
                    status=one.status,
                    uid=one.uid,
                    life_ns=one.life_units * NS_PER_UNIT if one.life_units >= _LEAST_LIFE_UNITS else None,
                )
            )

    def count(self) -> Counted:
        """Return the ends that were read; it sees no forks."""
        return Counted(process_exits=self._ends.count)

    def after_look(self, living: AbstractSet[int]) -> None:
        """These were met: their ends are told one by one."""
        self._ends.after_look(living)

    def collect(self) -> Harvest:
        """Return what ended. Raises OSError where somebody else has taken accounting over."""
        self.drain()
        if self._at == self._told_up_to:
            self._try_out()
        self._told_up_to = self._at
        if self._broken:
            raise OSError(errno.EIO, self._broken)
        losses, self._losses = self._losses, {}
        return Harvest(self._ends.take(), [], losses)

    def _try_out(self) -> None:
        """Nothing ended in the whole interval: see whether that is so."""
        before = self._at
        self._own.add(run_a_child())
        self.drain()
        if self._at > before:
            self._paused_until = 0.0
        elif time.monotonic() < self._paused_until:
            self._lose("paused")
        else:
            raise OSError(errno.EBUSY, "somebody else has taken process accounting over")

    def close(self) -> None:
        """Close the file: its mount goes, and accounting into it ends."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _find_name(pid: int, known: Dict[int, bytes]) -> bytes:
    """Return the name of a living parent, which /proc is asked for once."""
    if pid and pid not in known and len(known) < _MOST_PARENTS_A_READ:
        stat = read_stat(str(pid))
        known[pid] = stat.name if stat else b""
    return known.get(pid, b"")


def find_full_file_system() -> str:
    """Return where a file system is so full that accounting into it would be paused; empty where none is.

    Paused accounting writes nothing, so it does not show. Only disks and memory of this machine are asked: a
    server that does not answer would hold us up.
    """
    for source, place, kind, options in _list_mounts():
        local = source.startswith("/dev/") or kind in ("tmpfs", "overlay", "zfs", "btrfs")
        if local and "rw" in options.split(","):
            try:
                room = os.statvfs(place)
            except OSError:
                continue
            if room.f_blocks and room.f_bavail * 100 <= room.f_blocks * _RESUME_FREE_PERCENT:
                return place
    return ""


def _list_mounts() -> List[Tuple[str, str, str, str]]:
    lines = read_file("/proc/self/mounts").decode("utf-8", "surrogateescape").splitlines()
    words = [line.split(" ") for line in lines]
    return [(one[0], _unescape(one[1]), one[2], one[3]) for one in words if len(one) >= 4]


def _unescape(place: str) -> str:
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        place = place.replace(code, character)
    return place


def _explain(number: int, said: str) -> Unavailable:
    if number in (errno.EPERM, errno.EACCES):
        return Unavailable(
            "not_permitted", f"needs root, or CAP_SYS_PACCT and CAP_SYS_ADMIN; acct(2): {said}"
        )
    if number == errno.ENOSYS:
        return Unavailable("not_in_kernel", f"acct(2): {said}")
    if number == errno.EOPNOTSUPP:
        return Unavailable("not_in_kernel", f"fallocate(2): {said}")
    return Unavailable("refused", f"acct(2): {said}")
