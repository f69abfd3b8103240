r"""`/proc/self/mountinfo`: what is mounted where, with the device number and both sets of options.

Source: proc(5). Space, tab, newline and backslash are written as octal: `\040`; a carriage return is not,
so that only the space parts fields and only the newline parts lines.
"""

import re
from dataclasses import dataclass

from tenmatsu.errors import ParseError

_OCTAL = re.compile(rb"\\([0-7]{3})")


@dataclass(frozen=True, kw_only=True, slots=True)
class Mount:
    """One mount. `options` are those of the mount, `super_options` those of the file system under it."""

    device: str
    mountpoint: str
    root: str
    type: str
    source: str
    options: frozenset[str]
    super_options: frozenset[str]

    @property
    def read_only(self) -> bool:
        """Tell whether the file system itself refuses writing, as it does after errors.

        A mount alone may be read-only on purpose, over a file system that is not (bind mounts).
        """
        return "ro" in self.super_options


def parse_mounts(text: bytes) -> list[Mount]:
    """Return all mounts, in the order in which they were made."""
    return [_parse_line(line) for line in text.split(b"\n") if line.strip()]


def _parse_line(line: bytes) -> Mount:
    left, dash, right = line.partition(b" - ")
    fields, tail = left.split(b" "), right.split(b" ")
    if not dash or len(fields) < 6 or len(tail) < 3:
        raise ParseError("mountinfo", repr(line[:60]))
    return Mount(
        device=_text(fields[2]),
        root=_text(fields[3]),
        mountpoint=_text(fields[4]),
        options=frozenset(_text(fields[5]).split(",")),
        type=_text(tail[0]),
        source=_text(tail[1]),
        super_options=frozenset(_text(tail[2]).split(",")),
    )


def _text(raw: bytes) -> str:
    return _OCTAL.sub(lambda found: bytes([int(found[1], 8) & 0xFF]), raw).decode("utf-8", "backslashreplace")
