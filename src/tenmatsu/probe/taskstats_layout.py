"""Where the fields of `struct taskstats` are, by its version, and which of them a message holds.

Source: include/uapi/linux/taskstats.h (include/linux/taskstats.h before Linux 3.7) and its history. New
fields went to the end, so that old places stayed; only version 15 (Linux 6.14) put some in the middle, and
version 16 took them back ("taskstats: fix struct taskstats breaks backward compatibility since version 15").
"""

import struct
from typing import Dict, NamedTuple, Tuple

# Byte and format of each field that is used; times in ns where the name says delay or run, else in µs.
_Place = Tuple[int, str]
_PLACES: Dict[str, _Place] = {
    "exit_code": (4, "I"),
    "flags": (8, "B"),
    "cpu_count": (16, "Q"),
    "cpu_delay": (24, "Q"),
    "cpu_run": (72, "Q"),  # cpu_run_virtual_total: the scheduler's own count, without the slice that runs
    "comm": (80, "16s"),
    "uid": (120, "I"),
    "pid": (128, "I"),
    "ppid": (132, "I"),
    "etime": (144, "Q"),
    "utime": (152, "Q"),
    "stime": (160, "Q"),
}
_SINCE_5 = {"nvcsw": (272, "Q")}  # Linux 2.6.23
_SINCE_12 = {"tgid": (368, "I")}  # Linux 5.19
# What version 15 put in: the longest and shortest of three delays before `cpu_run`, of two more before
# version 10's fields, of one before version 12's.
_SHIFTS_OF_15 = ((72, 48), (328, 64), (344, 80), (368, 96))
_ORDER = (*_PLACES, "nvcsw", "tgid")

# ac_flag in include/uapi/linux/acct.h: the last task of its process; since version 12.
AGROUP = 0x20
# Before version 2 there was neither name nor pid.
OLDEST_WITH_NAMES = 2
_WITH_SWITCHES, _WITH_TGID, _SHIFTED = 5, 12, 15
VERSION = struct.Struct("=H")
RUN = struct.Struct("=Q")


class Task(NamedTuple):
    """A task that ended, as the kernel tells of it. The fields' order is that of `_ORDER`."""

    exit_code: int
    flags: int
    cpu_count: int  # how often it waited for a processor; 0: the kernel does not count that
    cpu_delay: int  # ns
    cpu_run: int  # ns
    comm: bytes
    uid: int
    pid: int
    ppid: int
    etime: int  # µs
    utime: int  # µs
    stime: int  # µs
    nvcsw: int  # how often it went to sleep; -1 before version 5
    tgid: int  # 0 before version 12


class Layout(NamedTuple):
    """How to read one version. `task` unpacks a `Task`'s fields, less the `missing` at its end."""

    version: int
    task: struct.Struct
    missing: Tuple[int, ...]
    run_at: int

    @property
    def has_tgid(self) -> bool:
        """Tell whether a message says to which process a thread belonged."""
        return self.version >= _WITH_TGID

    def read(self, message: bytes, at: int) -> Task:
        """Return the task whose struct begins at that byte. Raises struct.error where it is cut."""
        return Task(*self.task.unpack_from(message, at), *self.missing)


def find_layout(version: int) -> Layout:
    """Return the layout of a version; of one that is newer than what is known, that of the newest."""
    places = dict(_PLACES)
    missing: Tuple[int, ...] = (-1, 0)
    if version >= _WITH_SWITCHES:
        places.update(_SINCE_5)
        missing = (0,)
    if version >= _WITH_TGID:
        places.update(_SINCE_12)
        missing = ()
    if version == _SHIFTED:
        places = {name: (at + _shift(at), kind) for name, (at, kind) in places.items()}
    return Layout(version, _make_struct(places), missing, places["cpu_run"][0])


def _shift(at: int) -> int:
    return max([0] + [more for beyond, more in _SHIFTS_OF_15 if at >= beyond])


def _make_struct(places: Dict[str, _Place]) -> struct.Struct:
    """Return one struct for all fields, with what lies between them left out."""
    formats, end = ["="], 0
    for name in [one for one in _ORDER if one in places]:
        at, kind = places[name]
        formats.append(f"{at - end}x{kind}")
        end = at + struct.calcsize("=" + kind)
    return struct.Struct("".join(formats))
