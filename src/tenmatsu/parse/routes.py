"""`/proc/net/route` and `ipv6_route`: the default routes.

Source: proc(5), net/ipv4/fib_trie.c; net/ipv6/route.c, rt6_fill_node: destination, length, source,
length, next hop, metric, references, uses, flags, device, all hexadecimal.
"""

from typing import NamedTuple

_UP = 0x1
_REJECT = 0x200


class DefaultRoute(NamedTuple):
    """A default route: the interface, and the gateway as the kernel prints it (hexadecimal)."""

    interface: str
    gateway: str


def parse_default_routes(text: bytes) -> list[DefaultRoute]:
    """Return the IPv4 default routes that are up."""
    found = []
    for line in text.decode("ascii", "replace").splitlines()[1:]:
        fields = line.split()
        if len(fields) < 8 or not _is_hex(fields[3]):
            continue
        flags = int(fields[3], 16)
        if fields[1] == fields[7] == "00000000" and flags & _UP and not flags & _REJECT:
            found.append(DefaultRoute(fields[0], _address(fields[2])))
    return found


def parse_default_routes_6(text: bytes) -> list[DefaultRoute]:
    """Return the IPv6 default routes that are up and lead somewhere (the kernel keeps one to nowhere)."""
    found = []
    for line in text.decode("ascii", "replace").splitlines():
        fields = line.split()
        if len(fields) < 10 or not _is_hex(fields[8]):
            continue
        flags = int(fields[8], 16)
        anywhere = fields[0] == "0" * 32 and fields[1] == "00"
        if anywhere and flags & _UP and not flags & _REJECT and fields[9] != "lo":
            found.append(DefaultRoute(fields[9], fields[4]))
    return found


def _is_hex(text: str) -> bool:
    return bool(text) and all(character in "0123456789abcdefABCDEF" for character in text)


def _address(text: str) -> str:
    if not _is_hex(text) or len(text) != 8:
        return text
    return ".".join(str(byte) for byte in int(text, 16).to_bytes(4, "little"))
