"""`/etc/resolv.conf`. Source: resolv.conf(5): at most three name servers count, five seconds each."""

import ipaddress
from dataclasses import dataclass

MOST_SERVERS = 3
_MOST_DIGITS = 9


@dataclass(frozen=True, kw_only=True, slots=True)
class ResolverConfig:
    """The name servers in use, the search list, and how long and how often the C library asks."""

    servers: tuple[str, ...]
    search: tuple[str, ...]
    timeout_seconds: int
    attempts: int


def parse_resolv_conf(text: bytes) -> ResolverConfig:
    """Return what the C library would use. Lines that it would not understand, it skips; so do we."""
    lines = text.decode("utf-8", "replace").splitlines()
    rows = [line.split() for line in lines if line[:1] not in "#; \t"]  # the keyword must start the line
    options = dict(o.partition(":")[::2] for row in rows if row[:1] == ["options"] for o in row[1:])
    servers = [row[1] for row in rows if len(row) > 1 and row[0] == "nameserver" and _is_address(row[1])]
    search = [row[1:] for row in rows if row and row[0] in ("search", "domain")]
    return ResolverConfig(
        servers=tuple(servers[:MOST_SERVERS]),
        search=tuple(search[-1]) if search else (),
        timeout_seconds=_number(options.get("timeout"), 5, 30),
        attempts=_number(options.get("attempts"), 2, 5),
    )


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True


def _number(text: str | None, usual: int, most: int) -> int:
    if not text or not text.isascii() or not text.isdigit():
        return usual
    return most if len(text) > _MOST_DIGITS else min(int(text), most)
