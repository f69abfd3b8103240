"""perf_event_open(2) by ctypes: one event with its ring buffer on each processor. All of it ends with us.

Source: kernel/events/core.c and ring_buffer.c, include/uapi/linux/perf_event.h.
"""

import ctypes
import errno
import mmap
import os
import struct
from typing import Any, List, NamedTuple, Tuple

from tenmatsu.probe.proc_files import read_file

# The system call's number by machine, as for bpf(2) in `bpf_call.py`.
_NUMBERS = {
    "x86_64": 298,
    "aarch64": 241,
    "riscv64": 241,
    "loongarch64": 241,
    "ppc64le": 319,
    "ppc64": 319,
    "s390x": 331,
}
_ATTR = struct.Struct("=IIQQQQQII")  # up to wakeup_events
# PERF_ATTR_SIZE_VER0: every kernel knows that much, and all that we set lies in it.
_ATTR_BYTES = 64
_TYPE_SOFTWARE, _CPU_CLOCK = 1, 0
_SAMPLE_TID, _SAMPLE_TIME = 1 << 1, 1 << 2
# Bits of the flags, from the lowest.
_EXCLUDE_IDLE, _COMM, _FREQUENCY, _TASK, _SAMPLE_ID_ALL, _COMM_EXEC = (
    1 << bit for bit in (7, 9, 10, 13, 18, 24)
)
_FLAGS = _EXCLUDE_IDLE | _COMM | _FREQUENCY | _TASK | _SAMPLE_ID_ALL
_FLAG_FD_CLOEXEC = 8
# Not a divisor of anything that a timer of a thousandth of a second does. Where the guest allows less, less.
RATES = (997, 499, 97)
# struct perf_event_mmap_page
_HEAD_AT, _TAIL_AT = 1024, 1032
_POSITION = struct.Struct("=Q")
_PAGE = mmap.PAGESIZE
_LEAST_PAGES = 8
_ONLINE = "/sys/devices/system/cpu/online"


class Setting(NamedTuple):
    """What the kernel took: how often it samples, and whether it says which new name comes from an exec."""

    rate: int
    tells_exec: bool


class Ring:
    """The ring buffer of one processor."""

    def __init__(self, descriptor: int, pages: int) -> None:
        self._descriptor = descriptor
        self._size = pages * _PAGE
        self._memory = mmap.mmap(
            descriptor, _PAGE + self._size, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE
        )

    def take(self) -> bytes:
        """Return all records since the last call."""
        memory = self._memory
        head = _POSITION.unpack_from(memory, _HEAD_AT)[0]
        tail = _POSITION.unpack_from(memory, _TAIL_AT)[0]
        if head == tail:
            return b""
        begin, length = _PAGE + tail % self._size, head - tail
        data = memory[begin : min(begin + length, _PAGE + self._size)]
        data += memory[_PAGE : _PAGE + length - len(data)]
        _POSITION.pack_into(memory, _TAIL_AT, head)
        return data

    def close(self) -> None:
        """Give it back; the event ends."""
        self._memory.close()
        os.close(self._descriptor)


def open_rings(bytes_each: int) -> Tuple[Setting, List[Ring]]:
    """Return the setting and a ring for each processor that is on. Raises OSError."""
    call = _Call()
    rings: List[Ring] = []
    cpus = list_cpus()
    try:
        descriptor, setting = call.find_setting(cpus[0])
        rings.append(_map(descriptor, bytes_each))
        rings += [_map(call.open(cpu, setting), bytes_each) for cpu in cpus[1:]]
    except OSError:
        for ring in rings:
            ring.close()
        raise
    return setting, rings


def _map(descriptor: int, most_bytes: int) -> Ring:
    pages = 1 << max(0, (most_bytes // _PAGE).bit_length() - 1)
    while True:
        try:
            return Ring(descriptor, pages)
        except OSError as error:  # noqa: PERF203 - each try is with another size
            # Beyond kernel.perf_event_mlock_kb, or there is not so much memory in one piece.
            if error.errno not in (errno.EPERM, errno.ENOMEM) or pages <= _LEAST_PAGES:
                os.close(descriptor)
                raise
            pages //= 2


class _Call:
    def __init__(self) -> None:
        self._number = _NUMBERS.get(os.uname().machine) if struct.calcsize("P") == 8 else None
        self._syscall: Any = ctypes.CDLL(None, use_errno=True).syscall

    def find_setting(self, cpu: int) -> Tuple[int, Setting]:
        """Return an event, and the best setting: the one that it was opened with. Raises OSError."""
        settings = [Setting(rate, told) for rate in RATES for told in (True, False)]
        for setting in settings[:-1]:
            try:
                return self.open(cpu, setting), setting
            except OSError as error:  # noqa: PERF203 - each try is with another setting
                if error.errno != errno.EINVAL:
                    raise
        return self.open(cpu, settings[-1]), settings[-1]

    def open(self, cpu: int, setting: Setting) -> int:
        """Return an event on one processor. Raises OSError."""
        if self._number is None:
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
        flags = _FLAGS | (_COMM_EXEC if setting.tells_exec else 0)
        sampled = _SAMPLE_TID | _SAMPLE_TIME
        attributes = _ATTR.pack(
            _TYPE_SOFTWARE, _ATTR_BYTES, _CPU_CLOCK, setting.rate, sampled, 0, flags, 0, 0
        )
        buffer = ctypes.create_string_buffer(attributes, _ATTR_BYTES)
        words = [self._number, ctypes.addressof(buffer), -1, cpu, -1, _FLAG_FD_CLOEXEC]
        answer = self._syscall(*map(ctypes.c_long, words))
        if answer < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return int(answer)


def list_cpus() -> List[int]:
    """Return the numbers of the processors that are on."""
    try:
        return parse_cpus(read_file(_ONLINE))
    except (OSError, ValueError):
        return list(range(os.cpu_count() or 1))


def parse_cpus(text: bytes) -> List[int]:
    """Return the numbers of a list like `0-3,8`."""
    cpus: List[int] = []
    for part in text.decode("ascii").strip().split(","):
        first, _, last = part.partition("-")
        cpus += range(int(first), int(last or first) + 1)
    return cpus
