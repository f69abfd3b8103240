"""Records of `/dev/kmsg`: `priority,sequence,microseconds,flags[,more];message` and lines of `KEY=value`.

Source: Linux Documentation/ABI/testing/dev-kmsg. One read(2) gives one record.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from tenmatsu.errors import ParseError

_ESCAPED = re.compile(rb"\\x([0-9a-f]{2})")
_LATER_FRAGMENT = "+"  # written by kernels before 5.10; since then a line is whole in its record


class KmsgRecord(NamedTuple):
    """One message. `severity` 0 (emergency) to 7 (debug); `facility` 0 is the kernel's own.

    `stamp` is the time in seconds since boot by the kernel's scheduler clock, which stands still during
    suspension. `device` is like `+pci:0000:00:1f.2` or `b8:0`, empty where the message names none.
    """

    severity: int
    facility: int
    sequence: int
    stamp: float
    flag: str
    text: str
    device: str


def parse_kmsg_record(record: bytes) -> KmsgRecord:
    """Return one record's parts, escaped bytes undone."""
    head, semicolon, rest = record.partition(b";")
    fields = head.split(b",", 4)
    try:
        priority, sequence, microseconds = int(fields[0]), int(fields[1]), int(fields[2])
        flag = fields[3].decode("ascii")
    except (ValueError, IndexError) as bad:
        raise ParseError("/dev/kmsg", repr(record[:60])) from bad
    if not semicolon or min(priority, sequence, microseconds) < 0:
        raise ParseError("/dev/kmsg", repr(record[:60]))
    message, _, dictionary = rest.partition(b"\n")
    return KmsgRecord(
        severity=priority & 7,
        facility=priority >> 3,
        sequence=sequence,
        stamp=microseconds / 1e6,
        flag=flag,
        text=_unescape(message),
        device=_device(dictionary),
    )


def parse_kmsg(records: Iterable[bytes]) -> list[KmsgRecord]:
    """Return all records, later fragments of a line joined to their beginning."""
    found: list[KmsgRecord] = []
    for record in records:
        parsed = parse_kmsg_record(record)
        if parsed.flag == _LATER_FRAGMENT and found and found[-1].facility == parsed.facility:
            found[-1] = found[-1]._replace(text=found[-1].text + parsed.text)
        else:
            found.append(parsed)
    return found


def _unescape(message: bytes) -> str:
    if b"\\x" in message:
        message = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), message)
    return message.decode("utf-8", "replace")


def _device(dictionary: bytes) -> str:
    for line in dictionary.split(b"\n"):
        if line.startswith(b" DEVICE="):
            return _unescape(line[8:])
    return ""
