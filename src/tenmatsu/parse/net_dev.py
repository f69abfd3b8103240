"""`/proc/net/dev`: packets, errors and drops by interface. Source: proc(5)."""

from typing import NamedTuple

from tenmatsu.errors import ParseError


class InterfaceStat(NamedTuple):
    """Counters since boot of one interface, received and sent."""

    name: str
    received_packets: int
    received_errors: int
    received_dropped: int
    sent_packets: int
    sent_errors: int
    sent_dropped: int


def parse_net_dev(text: bytes) -> list[InterfaceStat]:
    """Return one entry an interface; the first two lines are headers."""
    return [_parse_line(line) for line in text.splitlines()[2:] if line.strip()]


def _parse_line(line: bytes) -> InterfaceStat:
    name, _, rest = line.rpartition(b":")
    try:
        figures = [int(field) for field in rest.split()]
        return InterfaceStat(name.strip().decode("utf-8", "backslashreplace"), *figures[1:4], *figures[9:12])
    except (ValueError, TypeError) as bad:
        raise ParseError("/proc/net/dev", repr(line[:60])) from bad
