"""By what a machine is known from both sides: its UUID, its network cards' addresses, its IP addresses.

Never by its name alone: a name is what somebody called it, and a copy of a guest keeps it. Only where its
owner says what it is called there (`called`), as for a recording that knows nothing else.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from tenmatsu.model.below import GuestFacts


@dataclass(frozen=True, kw_only=True, slots=True)
class Marks:
    """What is known of one machine. Empty fields: not known."""

    uuid: str = ""
    macs: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    called: str = ""

    def __add__(self, other: "Marks") -> "Marks":
        """Join what is known of one machine from two sides; the first UUID counts."""
        return Marks(
            uuid=self.uuid or other.uuid,
            macs=tuple(dict.fromkeys((*self.macs, *other.macs))),
            addresses=tuple(dict.fromkeys((*self.addresses, *other.addresses))),
            called=self.called or other.called,
        )


def find_guest(marks: Marks, guests: Iterable[GuestFacts]) -> tuple[GuestFacts, str] | None:
    """Return the guest that these marks are of, and by what: `uuid`, `mac`, `address` or `called`.

    The surest mark that fits decides. One that fits several guests (clones that kept their UUID, an address
    given to two) proves nothing, and the next is tried.
    """
    among = tuple(guests)
    for by, fits in _WAYS:
        found = [guest for guest in among if fits(marks, guest)]
        if len(found) == 1:
            return found[0], by
    return None


def swap_uuid(uuid: str) -> str:
    """Return a UUID with its first three fields' bytes turned round.

    SMBIOS before 2.6 did not say in which order they stand; VMware's older virtual hardware (before 13) shows
    them to the guest turned round, and Linux reads them as its tables say (dmidecode(8), UUID).
    """
    return str(UUID(bytes_le=UUID(uuid).bytes))


def _same_uuid(marks: Marks, guest: GuestFacts) -> bool:
    if not marks.uuid or not guest.uuid:
        return False
    return guest.uuid in (marks.uuid, swap_uuid(marks.uuid))


def _shares_mac(marks: Marks, guest: GuestFacts) -> bool:
    return not set(marks.macs).isdisjoint(guest.macs)


def _shares_address(marks: Marks, guest: GuestFacts) -> bool:
    return not set(marks.addresses).isdisjoint(guest.addresses)


def _is_called(marks: Marks, guest: GuestFacts) -> bool:
    return bool(marks.called) and marks.called in (guest.name, guest.key)


# The surest first.
_WAYS = (("uuid", _same_uuid), ("mac", _shares_mac), ("address", _shares_address), ("called", _is_called))
