"""Whether things need each other in a circle: then none of them could ever be the first to start."""

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from tenmatsu.model.site_map import Entry


def find_circle(entries: Mapping[str, Entry]) -> tuple[str, ...]:
    """Return the names of a circle, each needing the next, or nothing where there is none.

    What an entry runs on counts as needed. That a machine needs a service on itself is no circle: it is one
    start for both.
    """
    graph = {name: _needed(entry, entries) for name, entry in entries.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        around: list[str] = error.args[1]
        return tuple(reversed(around[1:]))  # it tells each before what needs it, and the first one twice
    return ()


def _needed(entry: Entry, entries: Mapping[str, Entry]) -> list[str]:
    needed = [need.what for need in entry.needs if not _runs_on(need.what, entry.name, entries)]
    return [*([entry.on] if entry.on else []), *needed]


def _runs_on(name: str, machine: str, entries: Mapping[str, Entry]) -> bool:
    seen = {name}
    while (name := entries[name].on) and name not in seen:
        if name == machine:
            return True
        seen.add(name)
    return False
