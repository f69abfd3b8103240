"""`/var/log/wtmp`: boots, shutdowns and log-ins. Source: utmp(5), glibc's bits/utmp.h.

A record has 384 bytes on most machines (32-bit times, kept for compatibility on 64-bit ones) and 400
where the C library has nothing to be compatible with (64-bit ARM).
"""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime

from tenmatsu.errors import ParseError

# type, pid, line, id, user, host, exit (2), session, seconds, microseconds, address and spare room
_LAYOUTS = (struct.Struct("=hxxi32s4s32s256shhiii36x"), struct.Struct("=hxxi32s4s32s256shhqqq40x"))
_RUN_LEVEL, _BOOT, _HIGHEST = 1, 2, 9


@dataclass(frozen=True, kw_only=True, slots=True)
class BootRecord:
    """`kind` is `boot` or `shutdown`; `kernel` is the release that ran."""

    time: datetime
    kind: str
    kernel: str


def parse_wtmp(text: bytes) -> list[BootRecord]:
    """Return the boots and shutdowns, in the file's order. The text must begin with a whole record."""
    layout = next((layout for layout in _LAYOUTS if _fits(text, layout)), None)
    if layout is None:
        raise ParseError("wtmp", f"{len(text)} bytes: {text[:16]!r}")
    found = []
    for record in layout.iter_unpack(text):
        kind, user, seconds = record[0], _text(record[4]), record[9]
        name = {_BOOT: "boot", _RUN_LEVEL: "shutdown"}.get(kind, "")
        if (name == "shutdown" and user != "shutdown") or not name:
            continue
        try:
            time = datetime.fromtimestamp(seconds, UTC)
        except (ValueError, OverflowError, OSError):
            continue  # no time that a calendar knows
        found.append(BootRecord(time=time, kind=name, kernel=_text(record[5])))
    return found


def _fits(text: bytes, layout: struct.Struct) -> bool:
    """Tell whether the text is whole records, each of a type that there is."""
    if len(text) % layout.size:
        return False
    return all(0 <= record[0] <= _HIGHEST for record in layout.iter_unpack(text))


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "replace")
