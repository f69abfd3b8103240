"""`/proc/PID/stat`: one process, and the CPU time of its children that were waited for.

Source: proc(5). The name may hold spaces, brackets and anything else: it ends at the *last* `)`.
"""

from typing import NamedTuple

from tenmatsu.errors import ParseError


class PidStat(NamedTuple):
    """One process. Times in clock ticks; `started` in ticks since boot: with `pid` it is the identity."""

    pid: int
    name: str
    state: str
    parent: int
    own_ticks: int
    children_ticks: int
    threads: int
    started: int
    resident_pages: int


def parse_pid_stat(text: bytes) -> PidStat:
    """Return the fields that a look at processes needs."""
    opening, closing = text.find(b"("), text.rfind(b")")
    rest = text[closing + 1 :].split()
    try:
        return PidStat(
            int(text[:opening]),
            text[opening + 1 : closing].decode("utf-8", "backslashreplace"),
            chr(rest[0][0]),
            int(rest[1]),
            int(rest[11]) + int(rest[12]),
            int(rest[13]) + int(rest[14]),
            int(rest[17]),
            int(rest[19]),
            int(rest[21]),
        )
    except (ValueError, IndexError) as bad:
        raise ParseError("/proc/PID/stat", repr(text[:60])) from bad
