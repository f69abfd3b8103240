"""Which proposed entry is which of the file's: by UUID, card, address; by its place; at last by its name."""

from collections.abc import Mapping
from dataclasses import replace

from tenmatsu.model.site_map import Entry, EntryKind
from tenmatsu.site.names import make_unique
from tenmatsu.site.proposal import Proposal, ProposedEntry, ProposedNeed


def match_entries(owned: Mapping[str, Entry], proposal: Proposal) -> Proposal:
    """Return the proposal under the names of the file, where an entry is there already; no name twice."""
    names: dict[str, str] = {}
    taken = set(owned)
    owners = _index_marks(owned)

    def by_marks(entry: Entry, used: set[str]) -> str:
        found = [owners[mark] for mark in _marks_of(entry) if mark in owners]
        return next((name for name in found if name not in used), "")

    def by_place(entry: Entry, used: set[str]) -> str:
        return _by_place(entry, owned, names.get(entry.on, ""), used)

    def by_name(entry: Entry, used: set[str]) -> str:
        return _by_name(entry, owned, used)

    known = _find_known(owned, owners, proposal)
    names |= known
    used: set[str] = set()
    machines = {
        name: one for name, one in proposal.entries.items() if one.entry.kind is not EntryKind.SERVICE
    }
    services = {name: one for name, one in proposal.entries.items() if name not in machines}
    # Surest first, and machines before what is on them.
    for find, among in ((by_marks, machines), (by_name, machines), (by_place, services), (by_name, services)):
        for name, one in among.items():
            if name not in names and (found := find(one.entry, used)):
                names[name] = found
                used.add(found)
    for name in proposal.entries:
        if name not in names:
            names[name] = make_unique(name, taken)
    entries = {names[n]: _rename(one, names) for n, one in proposal.entries.items() if n not in known}
    return replace(proposal, entries=entries)


def _find_known(owned: Mapping[str, Entry], owners: Mapping[str, str], proposal: Proposal) -> dict[str, str]:
    """Return what this look took for outside, and the file has: the service there, else its machine.

    Several may be the same, and nothing is to be learnt of it: who was looked at is another.
    """
    places = {
        (entry.on, entry.port): name for name, entry in owned.items() if entry.kind is EntryKind.SERVICE
    }
    found = {}
    for name, one in proposal.entries.items():
        if one.entry.kind is EntryKind.OUTSIDE:
            owner = next((owners[mark] for mark in one.entry.addresses if mark in owners), "")
            if owner:
                found[name] = places.get((owner, one.entry.port), owner)
    return found


def _index_marks(owned: Mapping[str, Entry]) -> dict[str, str]:
    """Return by each mark whose it is; in a site file none is two's."""
    machines = [entry for entry in owned.values() if entry.kind is not EntryKind.SERVICE]
    return {mark: entry.name for entry in machines for mark in _marks_of(entry)}


def _marks_of(entry: Entry) -> tuple[str, ...]:
    """Return what a machine is known by, the surest first."""
    return (*filter(None, [entry.uuid]), *entry.macs, *entry.addresses)


def _by_place(entry: Entry, owned: Mapping[str, Entry], on: str, used: set[str]) -> str:
    for name, other in owned.items():
        if other.kind is not EntryKind.SERVICE or name in used:
            continue
        same_url = entry.url and entry.url.rstrip("/") == other.url.rstrip("/")
        same_port = entry.port is not None and other.on == on and entry.port == other.port
        if same_url or (on and same_port):
            return name
    return ""


def _by_name(entry: Entry, owned: Mapping[str, Entry], used: set[str]) -> str:
    other = owned.get(entry.name)
    if other is None or other.kind is not entry.kind or entry.name in used:
        return ""
    differ = (entry.uuid and other.uuid) or (entry.macs and other.macs)
    return "" if differ else entry.name  # another machine that goes by the name of the one before


def _rename(one: ProposedEntry, names: Mapping[str, str]) -> ProposedEntry:
    def need(old: ProposedNeed) -> ProposedNeed:
        return replace(old, what=names[old.what])

    entry = replace(one.entry, name=names[one.entry.name], on=names.get(one.entry.on, ""))
    return replace(
        one,
        entry=entry,
        needs=tuple(map(need, one.needs)),
        left_out=tuple((need(old), tuple(names[n] for n in circle)) for old, circle in one.left_out),
    )
