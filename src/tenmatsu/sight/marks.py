"""By what this machine is known from below: the UUID in its firmware, its cards' and its IP addresses."""

from uuid import UUID

from tenmatsu.errors import ParseError, ReachError
from tenmatsu.model.marks import Marks
from tenmatsu.parse.local_addresses import parse_fib_trie, parse_if_inet6
from tenmatsu.reach import Reach
from tenmatsu.sight.machine_kind import read_text

_NO_MAC = frozenset({"", "00:00:00:00:00:00"})


def find_marks(reach: Reach) -> Marks:
    """Return what can be read; the UUID needs root. Never raises."""
    return Marks(uuid=_find_uuid(reach), macs=_find_macs(reach), addresses=_find_addresses(reach))


def _find_uuid(reach: Reach) -> str:
    try:
        return str(UUID(read_text(reach, "/sys/class/dmi/id/product_uuid", 64)))
    except ValueError:
        return ""


def _find_macs(reach: Reach) -> tuple[str, ...]:
    """Return the addresses of real cards: a bridge or tunnel has no device behind it."""
    try:
        devices = reach.glob("/sys/class/net/*/device")
    except ReachError:
        return ()
    macs = [read_text(reach, f"{path.removesuffix('device')}address", 64).lower() for path in devices]
    return tuple(mac for mac in macs if mac not in _NO_MAC)


def _find_addresses(reach: Reach) -> tuple[str, ...]:
    found: list[str] = []
    for path, parse in (("/proc/net/fib_trie", parse_fib_trie), ("/proc/net/if_inet6", parse_if_inet6)):
        try:
            found += parse(reach.read(path))
        except (ReachError, ParseError):
            continue
    return tuple(found)
