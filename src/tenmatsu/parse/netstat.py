"""`/proc/net/netstat`, `/proc/net/snmp`: pairs of lines, names above values.

Source: proc(5), net/ipv4/proc.c.
"""

from tenmatsu.errors import ParseError


def parse_netstat(text: bytes) -> dict[str, int]:
    """Return the counters as `Group.Name` (`TcpExt.ListenOverflows`)."""
    lines = text.decode("ascii", "replace").splitlines()
    found: dict[str, int] = {}
    for names, values in zip(lines[::2], lines[1::2], strict=False):
        group, _, columns = names.partition(":")
        again, _, figures = values.partition(":")
        if group != again:
            raise ParseError("netstat", repr(names[:40]))
        try:
            pairs = zip(columns.split(), map(int, figures.split()), strict=True)
            found.update({f"{group}.{name}": value for name, value in pairs})
        except ValueError as bad:
            raise ParseError("netstat", repr(values[:40])) from bad
    if not found:
        raise ParseError("netstat", repr(text[:40]))
    return found
