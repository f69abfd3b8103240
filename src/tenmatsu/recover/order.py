"""In which order machines stop and start: what others need comes up first and goes down last."""

from collections.abc import Collection, Mapping
from graphlib import TopologicalSorter

from tenmatsu.model.site_map import EntryKind, SiteMap


def needed_machines(site: SiteMap, machines: Collection[str]) -> dict[str, frozenset[str]]:
    """Return for each of these machines those of them that it needs, directly or through others.

    A service's needs are its machine's. What lies between two machines of the collection but is not in it
    (a guest on another host) still passes the need on.
    """
    direct = {
        entry.name: {site.machine_of(need.what).name for need in site.needs_of(entry.name)} - {entry.name}
        for entry in site.entries.values()
        if entry.kind in (EntryKind.GUEST, EntryKind.HOST)
    }
    return {name: frozenset(_reach(name, direct) & set(machines)) for name in machines}


def _reach(name: str, direct: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(direct.get(name, ()))
    while waiting:
        one = waiting.pop()
        if one not in found and one != name:
            found.add(one)
            waiting += direct.get(one, ())
    return found


def start_order(needed: Mapping[str, Collection[str]]) -> list[str]:
    """Return the machines so that each comes after all that it needs; as the site lists them otherwise."""
    place = {name: at for at, name in enumerate(needed)}
    sorter = TopologicalSorter({name: set(of) for name, of in needed.items()})
    sorter.prepare()
    order: list[str] = []
    while sorter.is_active():
        for name in sorted(sorter.get_ready(), key=lambda one: place.get(one, len(place))):
            order.append(name)
            sorter.done(name)
    return order
