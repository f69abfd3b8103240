"""`/proc/PID/limits`: what the kernel lets a process use at most. Source: proc(5), getrlimit(2)."""

import re
from dataclasses import dataclass

from tenmatsu.errors import ParseError

_LINE = re.compile(rb"^Max ([a-z ]+?) {2,}(\d+|unlimited) +(\d+|unlimited)", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """The soft limits, which are those that act; None: unlimited."""

    cpu_seconds: int | None
    address_space_bytes: int | None
    processes: int | None
    open_files: int | None


def parse_limits(text: bytes) -> Limits:
    """Return the limits of one process."""
    found = {name: soft for name, soft, _ in _LINE.findall(text)}

    def soft(name: bytes) -> int | None:
        value = found.get(name, b"unlimited")
        return int(value) if value.isdigit() and len(value) <= 20 else None

    if b"cpu time" not in found:
        raise ParseError("/proc/PID/limits", repr(text[:60]))
    return Limits(
        cpu_seconds=soft(b"cpu time"),
        address_space_bytes=soft(b"address space"),
        processes=soft(b"processes"),
        open_files=soft(b"open files"),
    )
