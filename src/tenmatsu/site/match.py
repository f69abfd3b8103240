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
    # Surest first, and machines before what is on them.
    for find in (_by_marks, _by_name_of_machine, _by_place, _by_name):
        for name, one in proposal.entries.items():
            if name not in names and (found := find(one.entry, owned, names, set(names.values()))):
                names[name] = found
    for name in proposal.entries:
        if name not in names:
            names[name] = make_unique(name, taken)
    entries = {names[name]: _rename(one, names) for name, one in proposal.entries.items()}
    return replace(proposal, entries=entries)


def _by_marks(entry: Entry, owned: Mapping[str, Entry], _: Mapping[str, str], used: set[str]) -> str:
    if entry.kind is EntryKind.SERVICE:
        return ""
    for marks in (_uuids, _macs, _addresses):
        for name, other in owned.items():
            alike = other.kind is not EntryKind.SERVICE and not marks(entry).isdisjoint(marks(other))
            if alike and name not in used:
                return name
    return ""


def _uuids(entry: Entry) -> set[str]:
    return {entry.uuid} - {""}


def _macs(entry: Entry) -> set[str]:
    return set(entry.macs)


def _addresses(entry: Entry) -> set[str]:
    return set(entry.addresses)


def _by_place(entry: Entry, owned: Mapping[str, Entry], names: Mapping[str, str], used: set[str]) -> str:
    if entry.kind is not EntryKind.SERVICE:
        return ""
    on = names.get(entry.on, "")
    for name, other in owned.items():
        if other.kind is not EntryKind.SERVICE or name in used:
            continue
        same_url = entry.url and entry.url.rstrip("/") == other.url.rstrip("/")
        same_port = entry.port is not None and other.on == on and entry.port == other.port
        if same_url or (on and same_port):
            return name
    return ""


def _by_name_of_machine(
    entry: Entry, owned: Mapping[str, Entry], names: Mapping[str, str], used: set[str]
) -> str:
    return "" if entry.kind is EntryKind.SERVICE else _by_name(entry, owned, names, used)


def _by_name(entry: Entry, owned: Mapping[str, Entry], _: Mapping[str, str], used: set[str]) -> str:
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
