"""`/etc/hosts`: names and their addresses. Source: hosts(5)."""

from ipaddress import ip_address

_MOST = 2000


def parse_hosts(text: bytes) -> tuple[tuple[str, str], ...]:
    """Return (name, address) for each name, loopback left out."""
    found = []
    for line in text.decode("utf-8", "replace").splitlines():
        address, *names = line.partition("#")[0].split() or [""]
        try:
            parsed = ip_address(address)
        except ValueError:
            continue
        if not parsed.is_loopback:
            found += [(name.lower(), str(parsed)) for name in names]
    return tuple(found[:_MOST])
