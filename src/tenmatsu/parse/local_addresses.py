"""A machine's own IP addresses, by the kernel's tables `/proc/net/fib_trie` and `/proc/net/if_inet6`."""

import re
from ipaddress import IPv4Address, IPv6Address

from tenmatsu.errors import ParseError

# A leaf of the trie (net/ipv4/fib_trie.c, fib_trie_seq_show): the address, then a line for each use of it.
_LEAF = re.compile(rb"\|-- (\d+\.\d+\.\d+\.\d+)\s*$")
_LOCAL = re.compile(rb"/32 host LOCAL\s*$")


def parse_fib_trie(data: bytes) -> list[str]:
    """Return the IPv4 addresses that are this machine's own, loopback left out, sorted."""
    found: set[IPv4Address] = set()
    leaf = b""
    for line in data.splitlines():
        if match := _LEAF.search(line):
            leaf = match[1]
        elif leaf and _LOCAL.search(line):
            found.add(_ipv4(leaf))
    return [str(address) for address in sorted(found) if not address.is_loopback]


def parse_if_inet6(data: bytes) -> list[str]:
    """Return the IPv6 addresses that are this machine's own, loopback and link-local left out, sorted."""
    found: set[IPv6Address] = set()
    for line in data.splitlines():
        fields = line.split()
        try:
            found.add(IPv6Address(bytes.fromhex(fields[0].decode("ascii"))))
        except (IndexError, ValueError) as bad:
            raise ParseError("/proc/net/if_inet6", repr(line[:80])) from bad
    return [str(one) for one in sorted(found) if not one.is_loopback and not one.is_link_local]


def _ipv4(text: bytes) -> IPv4Address:
    try:
        return IPv4Address(text.decode("ascii"))
    except ValueError as bad:
        raise ParseError("/proc/net/fib_trie", repr(text[:80])) from bad
