"""What was seen of a site, and the entries that are proposed of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from tenmatsu.model.below import Inventory, Lack
from tenmatsu.model.inside import Inside
from tenmatsu.model.site_map import Api, Entry
from tenmatsu.model.words import Words


@dataclass(frozen=True, kw_only=True, slots=True)
class Below:
    """A hypervisor that was asked: how (`api` goes into the file), and what there is."""

    api: Api
    inventory: Inventory


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """All that was seen. `lacks` are of whole targets that could not be looked at, by the target."""

    belows: tuple[Below, ...] = ()
    insides: tuple[Inside, ...] = ()
    lacks: tuple[tuple[str, Lack], ...] = ()


class Ground(IntEnum):
    """On what a need rests. Where needs close a circle, the first of these in it is left out.

    A name server starts without asking one, and a member of a domain without its controller; a mount or a
    database that is missing stops what needs it.
    """

    RESOLVER_OF_RESOLVER = 1
    DOMAIN = 2
    RESOLVER = 3
    GATEWAY = 4
    UPSTREAM = 5
    CONNECTION = 6
    MOUNT = 7


@dataclass(frozen=True, kw_only=True, slots=True)
class ProposedNeed:
    """That an entry needs another, on which ground, and in words how that is known."""

    what: str
    ground: Ground
    because: Words


@dataclass(frozen=True, kw_only=True, slots=True)
class ProposedEntry:
    """An entry without needs, the needs, and what a person should read beside it.

    `left_out` are needs that would close a circle, each with the circle. `is_partial`: of this host not all
    guests may have been told, so one that is missing says nothing.
    """

    entry: Entry
    needs: tuple[ProposedNeed, ...] = ()
    left_out: tuple[tuple[ProposedNeed, tuple[str, ...]], ...] = ()
    comments: tuple[Words, ...] = ()
    is_partial: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """The entries by name, in the order in which they are to stand; and what could not be seen."""

    entries: Mapping[str, ProposedEntry] = field(default_factory=dict)
    comments: tuple[Words, ...] = ()
