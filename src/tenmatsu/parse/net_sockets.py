"""`/proc/net/tcp` and `tcp6`: listening sockets with their backlog. Source: proc(5), net/ipv4/tcp_ipv4.c.

Of a listening socket `rx_queue` is the number of connections that wait to be accepted.
"""

import ipaddress
from typing import NamedTuple

from tenmatsu.errors import ParseError

_LISTEN = "0A"


class Listener(NamedTuple):
    """A listening socket; `waiting` connections are not accepted yet."""

    address: str
    port: int
    waiting: int
    inode: int


def parse_listeners(text: bytes) -> list[Listener]:
    """Return the listening sockets; the first line is the header."""
    rows = (line.split() for line in text.decode("ascii", "replace").splitlines()[1:])
    return [_listener(row) for row in rows if len(row) > 9 and row[3] == _LISTEN]


def _listener(row: list[str]) -> Listener:
    try:
        host, _, port = row[1].partition(":")
        words = [int(host[at : at + 8], 16) for at in range(0, len(host), 8)]
        # Each 32-bit word is printed in the machine's byte order; every machine we meet is little-endian
        # or prints what it stores, so the native order is the right one.
        packed = b"".join(word.to_bytes(4, "little") for word in words)
        address = str(ipaddress.ip_address(packed))
        return Listener(address, int(port, 16), int(row[4].partition(":")[2], 16), int(row[9]))
    except (ValueError, OverflowError) as bad:
        raise ParseError("/proc/net/tcp", repr(" ".join(row)[:60])) from bad
