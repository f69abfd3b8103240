"""The records of process accounting. Source: include/uapi/linux/acct.h, `fill_ac` in kernel/acct.c.

A kernel writes one of two forms, 64 bytes each: version 3 with CONFIG_BSD_PROCESS_ACCT_V3, else version 2,
which knows no pids.
"""

import struct
from typing import Any, List, NamedTuple, Tuple

RECORD_BYTES = 64
# Hundredths of a second (AHZ): all times are cut to these, CPU time too.
NS_PER_UNIT = 10000000
_MOST_UNITS = 1 << 40  # beyond that, a float is no time
_VERSION_MASK = 0x0F  # the highest bit tells the byte order: ours, since it is our kernel that writes
# flag, version, tty, exitcode, uid, gid, pid, ppid, btime, etime, and eight comp_t
_V3 = struct.Struct("=BBHIIIIIIfHHHHHHHH16s")
# flag, version, uid16, gid16, tty, btime, utime, stime, etime, six more comp_t, ahz, exitcode, comm, the rest
# of etime, uid, gid
_V2 = struct.Struct("=BBHHHIHHHHHHHHHHI17sBHII")


class Record(NamedTuple):
    """One process that ended. Version 2 knows neither `pid` nor `parent_pid`: 0."""

    pid: int
    parent_pid: int  # when it ended
    uid: int
    status: int  # as wait(2) gives it
    life_units: int
    cpu_units: int
    name: bytes


def parse_records(data: bytes) -> List[Record]:
    """Return the records; a rest that is none yet is left out. Raises ValueError for unknown versions."""
    whole = data[: len(data) // RECORD_BYTES * RECORD_BYTES]
    if not whole:
        return []
    version = whole[1] & _VERSION_MASK
    if version == 3:
        return [_from_v3(one) for one in _V3.iter_unpack(whole)]
    if version == 2:
        return [_from_v2(one) for one in _V2.iter_unpack(whole)]
    raise ValueError(f"accounting records of version {version}")


def _from_v3(one: Tuple[Any, ...]) -> Record:
    code, uid, _, pid, parent_pid, _, life, user, system = one[3:12]
    life = int(life) if 0 <= life < _MOST_UNITS else 0
    return Record(pid, parent_pid, uid, code, life, _expand(user) + _expand(system), _cut(one[-1]))


def _from_v2(one: Tuple[Any, ...]) -> Record:
    user, system, life = one[6:9]
    code, name, _, _, uid, _ = one[16:]
    return Record(0, 0, uid, code, _expand(life), _expand(user) + _expand(system), _cut(name))


def _expand(comp: int) -> int:
    """Return what a comp_t stands for: 13 bits, and 3 bits of exponent to the base 8."""
    return (comp & 0x1FFF) << (3 * (comp >> 13))


def _cut(name: bytes) -> bytes:
    return name.split(b"\0", 1)[0]
