"""What a reader in sh answers (`probe/reader.sh`) → what the one in Python does: one form of answers.

Each function takes the bytes as they came and raises ValueError where they are not what was asked for.
"""

import json
import re
import struct
from collections.abc import Sequence

_TIME = re.compile(rb"(\d{1,12})(?:\.(\d{1,9}))?")
# A `date` that knows no %N tells whole seconds, /proc/uptime hundredths.
_WHOLE_SECONDS = 1.0
_UPTIME_SECONDS = 0.02
_RECORD = re.compile(rb"^(?=\d+,\d+,)", re.MULTILINE)
# Whoever makes a file gives it its name, and a process its own: only these lines' own ends part them, no
# carriage return.
_LINE = re.compile(rb"[^\n]*\n|[^\n]+")
_PLACED = re.compile(rb"(\d{1,9})([ -])([^\n]*\n?)")
_UNREAD = b"\xff\xff\xff\xff"


def convert_list(data: bytes) -> bytes:
    """Return names or paths, one a line, with NULs between."""
    return data.removesuffix(b"\n").replace(b"\n", b"\0")


def convert_stat(data: bytes) -> bytes:
    """Return size, modified, uid, mode, device, inode."""
    size, modified, uid, mode, device, inode = data.split()
    return _as_json([int(size), int(modified), int(uid), int(mode, 16), int(device), int(inode)])


def convert_space(data: bytes) -> bytes:
    """Return total, free, available in bytes; inodes, free ones; whether it is read-only."""
    total, free, available, unit, inodes, free_inodes, closed = (int(one) for one in data.split())
    sizes = [total * unit, free * unit, available * unit]
    return _as_json([*sizes, inodes, free_inodes, closed == 1])


def convert_time(data: bytes) -> tuple[float, float]:
    """Return a time in Unix seconds, and how much later it may really have been, in seconds."""
    found = _TIME.match(data)
    if found is None:
        raise ValueError("no time")
    if found[2] is None:
        return float(found[1]), _WHOLE_SECONDS
    return float(b"%s.%s" % (found[1], found[2])), 0.0


def convert_clocks(data: bytes) -> bytes:
    """Return real, monotonic, raw, boot, width, struct timex: what is not to be had is the uptime."""
    real, uptime = _LINE.findall(data)
    time, late = convert_time(real)
    seconds = float(uptime.split()[0])
    return _as_json([time, seconds, seconds, seconds, late + _UPTIME_SECONDS, ""])


def convert_records(data: bytes) -> bytes:
    """Return records of /dev/kmsg, each after its length; a record's further lines begin with a space."""
    records = [one for one in _RECORD.split(data) if one]
    return b"".join(struct.pack(">I", len(one)) + one for one in records)


def convert_walk(data: bytes) -> bytes:
    """Return what was met as lines of JSON, nearest first. A name with an end of line in it is left out."""
    found = []
    for line in _LINE.findall(data):
        words = line.removesuffix(b"\n").split(b" ", 4)
        if len(words) == 5 and words[4].startswith(b"/"):
            path = words[4].decode("utf-8", "surrogateescape")
            size, modified, changed, mode = int(words[0]), int(words[1]), int(words[2]), int(words[3], 16)
            found.append((path.count("/"), [path, modified, changed, size, mode]))
    return b"".join(_as_json(entry) + b"\n" for _, entry in sorted(found, key=lambda one: one[0]))


def convert_each(data: bytes, paths: Sequence[str]) -> bytes:
    """Return files, each after its length. A line begins with the file's place among those asked for.

    A `-` after the place: what follows has no end of line in the file, and may be nothing.
    """
    found: dict[int, list[bytes]] = {}
    for line in _LINE.findall(data):
        placed = _PLACED.fullmatch(line)
        if placed is None:
            raise ValueError("no place")
        text = placed[3] if placed[2] == b" " else placed[3].removesuffix(b"\n")
        found.setdefault(int(placed[1]), []).append(text)
    return b"".join(_after_length(found.get(place)) for place in range(len(paths)))


def _after_length(lines: list[bytes] | None) -> bytes:
    if lines is None:
        return _UNREAD
    text = b"".join(lines)
    return struct.pack(">I", len(text)) + text


def _as_json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii")
