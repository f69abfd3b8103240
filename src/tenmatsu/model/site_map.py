"""The site as its owner wrote it: hosts, guests, services, what lies outside; what needs what, and why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from tenmatsu.model.below import Product
from tenmatsu.model.probe_plan import ProbePlan


class EntryKind(Enum):
    """What an entry is. The value is the word in the site file: `[host.NAME]`."""

    HOST = "host"
    GUEST = "guest"
    SERVICE = "service"
    OUTSIDE = "outside"


@dataclass(frozen=True, kw_only=True, slots=True)
class Need:
    """That one entry cannot do without another, by its name, and how that is known."""

    what: str
    because: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Api:
    """How a host's hypervisor is asked.

    `address` is a host name or address with an optional port, or libvirt's URI. `secrets` says where a
    `password` or `token` is kept (`env:`, `file:`, `keyring:`). `certificate` is the pinned one's SHA-256 in
    lower-case hex; `ca_file` an authority of the owner's own.
    """

    product: Product
    address: str
    user: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict)
    certificate: str = ""
    ca_file: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One thing of the site. Names are unique within it, whatever the kind.

    `on` names what it runs on: the host of a guest, the guest or host of a service. `addresses` are IP
    addresses; `uuid` and `macs` (lower case, with colons) are what joins it with the view from below;
    `called` is its name there, as its owner says, where nothing else can tell. `ssh` is `HOST` or
    `USER@HOST`. `role` is what a service does: `web`, `dns`, `directory`, `database`, `mail`, ….
    """

    name: str
    kind: EntryKind
    on: str = ""
    addresses: tuple[str, ...] = ()
    uuid: str = ""
    macs: tuple[str, ...] = ()
    called: str = ""
    ssh: str = ""
    api: Api | None = None
    system: str = ""
    role: str = ""
    url: str = ""
    port: int | None = None
    needs: tuple[Need, ...] = ()
    note: str = ""
    line: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteMap:
    """All entries by name, in the order of the file, and the probes. Free of circles and unknown names."""

    entries: Mapping[str, Entry] = field(default_factory=dict)
    probes: Mapping[str, ProbePlan] = field(default_factory=dict)

    def of_kind(self, kind: EntryKind) -> list[Entry]:
        """Return the entries of one kind, in the order of the file."""
        return [entry for entry in self.entries.values() if entry.kind is kind]

    def below(self, name: str) -> list[Entry]:
        """Return what an entry runs on, nearest first: a service's guest, then its host."""
        chain: list[Entry] = []
        entry = self.entries[name]
        while entry.on:
            entry = self.entries[entry.on]
            chain.append(entry)
        return chain

    def running_on(self, name: str) -> list[Entry]:
        """Return what runs directly on an entry."""
        return [entry for entry in self.entries.values() if entry.on == name]

    def needs_of(self, name: str) -> list[Need]:
        """Return what an entry and the services on it need, each once; what it runs on is not among it."""
        found: dict[str, Need] = {}
        for entry in (self.entries[name], *self._above(name)):
            for need in entry.needs:
                found.setdefault(need.what, need)
        mine = {name, *(entry.name for entry in self._above(name))}
        return [need for what, need in found.items() if what not in mine]

    def _above(self, name: str) -> Iterator[Entry]:
        for entry in self.running_on(name):
            yield entry
            yield from self._above(entry.name)

    def machine_of(self, name: str) -> Entry:
        """Return the host or guest that an entry is, or is on; itself where it is outside."""
        entry = self.entries[name]
        while entry.kind is EntryKind.SERVICE and entry.on:
            entry = self.entries[entry.on]
        return entry
