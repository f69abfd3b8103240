"""bpf(2) by ctypes: maps, programs, raw tracepoints. Everything hangs on file descriptors and ends with them.

Source: kernel/bpf/syscall.c, `union bpf_attr` in include/uapi/linux/bpf.h. The structure may be passed
longer than the kernel knows it, as long as the rest is zero.
"""

import ctypes
import errno
import os
import struct
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

_ATTR_BYTES = 128
# What ctypes.create_string_buffer returns.
_Buffer = Any
# The system call's number, by machine as uname(2) names it. arm64, riscv, loongarch and all newer ones
# share one table.
_NUMBERS = {
    "x86_64": 321,
    "aarch64": 280,
    "riscv64": 280,
    "loongarch64": 280,
    "ppc64le": 361,
    "ppc64": 361,
    "s390x": 351,
}

_MAP_CREATE, _MAP_LOOKUP, _MAP_UPDATE, _MAP_DELETE, _MAP_NEXT_KEY, _PROG_LOAD = 0, 1, 2, 3, 4, 5
_OBJ_GET_INFO_BY_FD, _RAW_TRACEPOINT_OPEN, _MAP_LOOKUP_AND_DELETE_BATCH = 15, 17, 25
_PROG_TYPE_RAW_TRACEPOINT = 17
_LOG_BYTES = 1 << 16
# struct bpf_prog_info: recursion_misses stands there since Linux 5.12; the kernel says how far it wrote.
_MISSES_AT, _INFO_BYTES = 208, 256
# Where a batch goes on: for a hash, a bucket's number (`__htab_map_lookup_and_delete_batch`).
_CURSOR_BYTES = 64
_BATCH_COUNT_AT = 32

HASH, ARRAY, PERCPU_ARRAY, LRU_HASH, ARRAY_OF_MAPS = 1, 2, 6, 9, 12


class BpfError(OSError):
    """What the kernel answered; `log` is the last line that its verifier said."""

    def __init__(self, number: int, log: str = "") -> None:
        super().__init__(number, os.strerror(number))
        self.log = log


class Map(NamedTuple):
    """A map: its file descriptor, and the sizes of its parts in bytes."""

    descriptor: int
    key_bytes: int
    value_bytes: int
    most_entries: int


class Bpf:
    """bpf(2) on this machine. `close` closes all that was opened through it."""

    def __init__(self) -> None:
        self._number = _NUMBERS.get(os.uname().machine) if struct.calcsize("P") == 8 else None
        self._syscall: Any = ctypes.CDLL(None, use_errno=True).syscall
        self._open: List[int] = []
        self._has_batches = True
        self._room: Dict[Map, Tuple[Any, ...]] = {}

    def _call(self, command: int, attributes: bytes) -> int:
        return self._call_with(command, ctypes.create_string_buffer(attributes, _ATTR_BYTES))

    def _call_with(self, command: int, buffer: _Buffer) -> int:
        if self._number is None:  # a machine whose number of bpf(2) is not known here
            raise BpfError(errno.ENOSYS)
        answer = self._syscall(
            ctypes.c_long(self._number), ctypes.c_long(command), buffer, ctypes.c_long(_ATTR_BYTES)
        )
        if answer < 0:
            raise BpfError(ctypes.get_errno())
        return int(answer)

    def _keep(self, descriptor: int) -> int:
        self._open.append(descriptor)
        os.set_inheritable(descriptor, False)
        return descriptor

    def release(self, descriptor: int) -> None:
        """Close one thing."""
        self._open.remove(descriptor)
        os.close(descriptor)

    def close(self) -> None:
        """Close everything: programs are detached and maps freed by the kernel."""
        while self._open:
            os.close(self._open.pop())

    def make_map(
        self, kind: int, key_bytes: int, value_bytes: int, most: int, inner: Optional[Map] = None
    ) -> Map:
        """Make a map; `inner` is an example of what a map of maps holds."""
        attributes = struct.pack(
            "=IIIIII", kind, key_bytes, value_bytes, most, 0, inner.descriptor if inner else 0
        )
        name = struct.pack("=I16s", 0, b"tenmatsu")  # numa_node, map_name
        descriptor = self._keep(self._call(_MAP_CREATE, attributes + name))
        return Map(descriptor, key_bytes, value_bytes, most)

    def load_program(self, code: bytes, name: bytes) -> int:
        """Load a raw tracepoint program and return its descriptor. BpfError has the verifier's word."""
        try:
            return self._keep(self._load(code, name, None))
        except BpfError as first:
            if first.errno not in (errno.EINVAL, errno.EACCES):
                raise
            log = ctypes.create_string_buffer(_LOG_BYTES)
            try:
                return self._keep(self._load(code, name, log))
            except BpfError as again:
                raise BpfError(again.errno or 0, _last_line(log.value)) from again

    def _load(self, code: bytes, name: bytes, log: Optional[_Buffer]) -> int:
        text = ctypes.create_string_buffer(code, len(code))
        # The helpers that read the kernel's memory are for programs under the GPL; see `ebpf_programs.py`.
        licence = ctypes.create_string_buffer(b"GPL")
        attributes = struct.pack(
            "=IIQQIIQII16s",
            _PROG_TYPE_RAW_TRACEPOINT,
            len(code) // 8,
            ctypes.addressof(text),
            ctypes.addressof(licence),
            1 if log is not None else 0,
            _LOG_BYTES if log is not None else 0,
            ctypes.addressof(log) if log is not None else 0,
            0,  # kern_version
            0,  # prog_flags
            name,
        )
        return self._call(_PROG_LOAD, attributes)

    def attach(self, program: int, tracepoint: bytes) -> int:
        """Attach a program to a raw tracepoint; it stays until the returned descriptor is closed."""
        name = ctypes.create_string_buffer(tracepoint)
        return self._keep(
            self._call(_RAW_TRACEPOINT_OPEN, struct.pack("=QI", ctypes.addressof(name), program))
        )

    def count_misses(self, program: int) -> int:
        """Return how often a program did not run because it ran already on that processor.

        0 where the kernel does not count that.
        """
        info = ctypes.create_string_buffer(_INFO_BYTES)
        attributes = struct.pack("=IIQ", program, _INFO_BYTES, ctypes.addressof(info))
        buffer = ctypes.create_string_buffer(attributes, _ATTR_BYTES)
        self._call_with(_OBJ_GET_INFO_BY_FD, buffer)
        written = struct.unpack_from("=I", buffer, 4)[0]
        has_misses = written >= _MISSES_AT + 8
        return int(struct.unpack_from("=Q", info, _MISSES_AT)[0]) if has_misses else 0

    def look_up(self, where: Map, key: bytes) -> Optional[bytes]:
        """Return the value of a key, or None."""
        wanted = ctypes.create_string_buffer(key, where.key_bytes)
        value = ctypes.create_string_buffer(where.value_bytes)
        try:
            self._call(_MAP_LOOKUP, _element(where, wanted, value))
        except BpfError as error:
            if error.errno == errno.ENOENT:
                return None
            raise
        return value.raw

    def update(self, where: Map, key: bytes, value: bytes) -> None:
        """Set the value of a key. A map of maps: waits until no program uses the old inner map."""
        wanted = ctypes.create_string_buffer(key, where.key_bytes)
        new = ctypes.create_string_buffer(value, where.value_bytes)
        self._call(_MAP_UPDATE, _element(where, wanted, new))

    def drain(self, where: Map) -> Tuple[bytes, bytes]:
        """Take all entries out of a hash whose values nobody changes; return all keys, all values."""
        if self._has_batches:
            try:
                return self._drain_at_once(where)
            except BpfError as error:
                if error.errno != errno.EINVAL:
                    raise
                self._has_batches = False  # it came with Linux 5.6
        return self._drain_one_by_one(where)

    def _drain_at_once(self, where: Map) -> Tuple[bytes, bytes]:
        if where not in self._room:
            sizes = (
                where.key_bytes * where.most_entries,
                where.value_bytes * where.most_entries,
                _CURSOR_BYTES,
            )
            self._room[where] = tuple(ctypes.create_string_buffer(size) for size in sizes)
        keys, values, cursor = self._room[where]
        at = [ctypes.addressof(one) for one in (keys, values, cursor)]
        attributes = struct.pack(
            "=QQQQIIQQ", 0, at[2], at[0], at[1], where.most_entries, where.descriptor, 0, 0
        )
        buffer = ctypes.create_string_buffer(attributes, _ATTR_BYTES)
        try:
            self._call_with(_MAP_LOOKUP_AND_DELETE_BATCH, buffer)
        except BpfError as error:
            if error.errno != errno.ENOENT:  # that is: these were all
                raise
        count = struct.unpack_from("=I", buffer, _BATCH_COUNT_AT)[0]
        return (
            ctypes.string_at(at[0], count * where.key_bytes),
            ctypes.string_at(at[1], count * where.value_bytes),
        )

    def _drain_one_by_one(self, where: Map) -> Tuple[bytes, bytes]:
        keys: List[bytes] = []
        values: List[bytes] = []
        while len(keys) < where.most_entries:
            key = self._first_key(where)
            value = self.look_up(where, key) if key is not None else None
            if key is None or value is None:
                break
            wanted = ctypes.create_string_buffer(key, where.key_bytes)
            self._call(_MAP_DELETE, _element(where, wanted, None))
            keys.append(key)
            values.append(value)
        return b"".join(keys), b"".join(values)

    def _first_key(self, where: Map) -> Optional[bytes]:
        key = ctypes.create_string_buffer(where.key_bytes)
        try:
            self._call(_MAP_NEXT_KEY, struct.pack("=IxxxxQQ", where.descriptor, 0, ctypes.addressof(key)))
        except BpfError as error:
            if error.errno == errno.ENOENT:
                return None
            raise
        return key.raw


def _element(where: Map, key: _Buffer, value: Optional[_Buffer]) -> bytes:
    """Return the attributes of a command on one entry.

    They hold addresses: the caller keeps the buffers alive.
    """
    value_at = ctypes.addressof(value) if value is not None else 0
    return struct.pack("=IxxxxQQQ", where.descriptor, ctypes.addressof(key), value_at, 0)


def _last_line(log: bytes) -> str:
    """Return the verifier's complaint: the last line that is not its statistics."""
    lines = [line for line in log.decode("ascii", "replace").splitlines() if line.strip()]
    said = [line for line in lines if not line.startswith(("processed ", "verification time", "stack depth"))]
    return said[-1][:200] if said else ""
