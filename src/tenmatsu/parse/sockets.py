"""Sockets, who waits and who is connected: as `ss` prints them, or as the kernel's own tables have them.

Source: ss(8) of iproute2 (2.6.18 to 6), proc(5), include/net/tcp_states.h.
"""

import re
from collections.abc import Iterator
from ipaddress import IPv6Address, ip_address

from tenmatsu.model.inside import Socket

# Newer ones write `[::]:80`, older ones `:::80`; `*` stands for all, `%lo` for an interface.
_ROW = re.compile(
    r"(?P<protocol>tcp|udp)\s+(?P<state>[A-Z0-9-]+)\s+\d+\s+\d+"
    r"\s+(?P<local>\S+):(?P<port>\d+|\*)\s+(?P<remote>\S+):(?P<remote_port>\d+|\*)"
    r'(?:\s+users:\(\("(?P<program>[^"]*)")?'
)
_WAITING = {"tcp": ("LISTEN", "0A"), "udp": ("UNCONN", "07")}
_CONNECTED = ("ESTAB", "01")
_ALL = {"*": "0.0.0.0", "": "::"}  # noqa: S104 - as a table shows it; nothing is bound


def parse_ss(text: bytes) -> list[Socket]:
    """Return the sockets of `ss -tuanp` that wait or are connected; lines of another form are skipped."""
    rows = map(_ROW.match, text.decode("utf-8", "replace").splitlines())
    return [socket for row in rows if row is not None for socket in _from_ss(row)]


def _from_ss(row: re.Match[str]) -> Iterator[Socket]:
    protocol, state = row["protocol"], row["state"]
    listening = state in _WAITING[protocol]
    if not listening and state not in _CONNECTED:
        return
    local, remote = _plain_address(row["local"]), _plain_address(row["remote"])
    if local and remote and row["port"] != "*":
        port, other = int(row["port"]), 0 if row["remote_port"] == "*" else int(row["remote_port"])
        if port < 65536 and other < 65536:
            yield Socket(protocol, listening, local, port, remote, other, row["program"] or "")


def parse_socket_table(text: bytes, protocol: str) -> list[Socket]:
    """Return the same of `/proc/net/tcp`, `tcp6`, `udp` or `udp6`, which does not tell the program."""
    rows = (line.split() for line in text.decode("ascii", "replace").splitlines()[1:])
    return [socket for row in rows if len(row) > 3 for socket in _from_table(row, protocol)]


def _from_table(row: list[str], protocol: str) -> Iterator[Socket]:
    listening = row[3] in _WAITING[protocol]
    if not listening and row[3] not in _CONNECTED:
        return
    local, remote = _from_hexadecimal(row[1]), _from_hexadecimal(row[2])
    if local and remote:
        yield Socket(protocol, listening, *local, *remote)


def _from_hexadecimal(text: str) -> tuple[str, int] | None:
    host, _, port = text.partition(":")
    try:
        words = [int(host[at : at + 8], 16) for at in range(0, len(host), 8)]
        address = ip_address(b"".join(word.to_bytes(4, "little") for word in words))
        return _unmapped(str(address)), int(port, 16) & 0xFFFF
    except (ValueError, OverflowError):
        return None


def _plain_address(text: str) -> str:
    bare = text.strip("[]").partition("%")[0].strip("[]")
    try:
        return _unmapped(str(ip_address(_ALL.get(bare, "::" if bare == ":" else bare))))
    except ValueError:
        return ""


def _unmapped(text: str) -> str:
    """Return an IPv4 address that stands within an IPv6 one as itself."""
    address = ip_address(text)
    inner = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(inner or address)
