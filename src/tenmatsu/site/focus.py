"""The part of a site that has to do with some of its entries."""

from collections.abc import Iterable
from dataclasses import replace

from tenmatsu.model.site_map import Entry, SiteMap


def focus(site: SiteMap, names: Iterable[str]) -> SiteMap:
    """Return these entries, what runs on them, all that they need, what is below, and who needs them."""
    wanted: set[str] = set()
    for name in names:
        wanted |= {name, *_on_top(name, site)}
    askers = {one.name for one in site.entries.values() if any(need.what in wanted for need in one.needs)}
    waiting = list(wanted)
    while waiting:
        for name in _supports(site.entries[waiting.pop()], site):
            if name not in wanted:
                wanted.add(name)
                waiting.append(name)
    for name in askers:
        wanted |= {name, *(one.name for one in site.below(name))}
    kept = {name: entry for name, entry in site.entries.items() if name in wanted}
    return SiteMap(entries={name: _without_others(entry, wanted) for name, entry in kept.items()})


def _on_top(name: str, site: SiteMap) -> Iterable[str]:
    for one in site.running_on(name):
        yield one.name
        yield from _on_top(one.name, site)


def _supports(entry: Entry, site: SiteMap) -> Iterable[str]:
    yield from (need.what for need in entry.needs)
    yield from (one.name for one in site.below(entry.name))


def _without_others(entry: Entry, wanted: set[str]) -> Entry:
    return replace(entry, needs=tuple(need for need in entry.needs if need.what in wanted))
