"""An address stands in a site file once: of what is outside, several can be asked at one."""

from collections.abc import Mapping
from dataclasses import replace

from tenmatsu.model.site_map import EntryKind
from tenmatsu.site.proposal import ProposedEntry


def keep_addresses_once(entries: Mapping[str, ProposedEntry]) -> dict[str, ProposedEntry]:
    """Return the entries; an address of several stays with a machine, else with the first of them."""
    taken = {
        address
        for one in entries.values()
        for address in one.entry.addresses
        if one.entry.kind is not EntryKind.OUTSIDE
    }
    kept = {}
    for name, one in entries.items():
        if one.entry.kind is EntryKind.OUTSIDE:
            addresses = tuple(address for address in one.entry.addresses if address not in taken)
            one = replace(one, entry=replace(one.entry, addresses=addresses))  # noqa: PLW2901 - the same, less
            taken |= set(addresses)
        kept[name] = one
    return kept
