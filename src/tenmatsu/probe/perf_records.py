"""The records of a perf ring buffer, as far as they tell of tasks. Source: include/uapi/linux/perf_event.h.

Every record ends in the task and time it belongs to (`sample_id_all`).
"""

import struct
from typing import List, NamedTuple, Tuple

LOST, COMM, EXIT, FORK, SAMPLE = 2, 3, 4, 7, 9
# In `misc` of a COMM record: the new name comes from an exec.
_COMM_EXEC = 1 << 13
_HEADER = struct.Struct("=IHH")
_TASK = struct.Struct("=IIIIQ")  # FORK, EXIT: pid, parent's pid, tid, parent's tid, time
_TWO = struct.Struct("=II")
_SAMPLE = struct.Struct("=IIQ")
_LOST = struct.Struct("=QQ")
_TIME = struct.Struct("=Q")
_TRAILER_BYTES = 16  # pid, tid, time

# Time, kind, pid, tid, the other's pid, the other's tid, name. For COMM the third last is 1 after an exec.
Event = Tuple[int, int, int, int, int, int, bytes]


class Taken(NamedTuple):
    """What a piece of the buffer holds: events, how many records were lost, and forks and exits of tasks."""

    events: List[Event]
    lost: int
    forks: int
    exits: int


def parse_records(data: bytes) -> Taken:
    """Return what whole records tell. Raises ValueError where they are none."""
    events: List[Event] = []
    lost = forks = exits = at = 0
    end = len(data)
    try:
        while at < end:
            kind, misc, size = _HEADER.unpack_from(data, at)
            body = at + _HEADER.size
            if size < _HEADER.size:
                raise ValueError(f"a perf record of {size} bytes")
            if kind in (FORK, EXIT):
                pid, other_pid, tid, other_tid, now = _TASK.unpack_from(data, body)
                events.append((now, kind, pid, tid, other_pid, other_tid, b""))
                forks, exits = forks + (kind == FORK), exits + (kind == EXIT)
            elif kind == COMM:
                pid, tid = _TWO.unpack_from(data, body)
                name = data[body + _TWO.size : at + size - _TRAILER_BYTES].split(b"\0", 1)[0]
                now = _TIME.unpack_from(data, at + size - _TIME.size)[0]
                events.append((now, kind, pid, tid, int(misc & _COMM_EXEC > 0), 0, name))
            elif kind == SAMPLE:
                pid, tid, now = _SAMPLE.unpack_from(data, body)
                events.append((now, kind, pid, tid, 0, 0, b""))
            elif kind == LOST:
                lost += _LOST.unpack_from(data, body)[1]
            at += size
    except struct.error as short:
        raise ValueError(f"perf records end in the middle: {short}") from short
    return Taken(events, lost, forks, exits)
