"""Leaves out the weakest inferred need wherever one would close a circle. What the owner wrote stays."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from tenmatsu.model.site_map import Entry, Need
from tenmatsu.parse.site_circles import find_circle
from tenmatsu.site.proposal import ProposedEntry, ProposedNeed

EMPTY: Mapping[str, Entry] = MappingProxyType({})


def break_circles(
    entries: Mapping[str, ProposedEntry], owned: Mapping[str, Entry] = EMPTY
) -> dict[str, ProposedEntry]:
    """Return the entries, free of circles together with `owned`, those that the owner wrote."""
    made = dict(entries)
    while circle := find_circle(_join(made, owned)):
        pairs = zip(circle, (*circle[1:], circle[0]), strict=True)
        weak = [(name, need) for name, what in pairs for need in _needs(made, name) if need.what == what]
        if not weak:  # none of it is ours to leave out
            return made
        name, need = min(weak, key=lambda one: one[1].ground)
        old = made[name]
        at = circle.index(name)
        around = (*circle[at:], *circle[:at], name)
        made[name] = replace(
            old,
            needs=tuple(one for one in old.needs if one is not need),
            left_out=(*old.left_out, (need, around)),
        )
    return made


def _needs(entries: Mapping[str, ProposedEntry], name: str) -> tuple[ProposedNeed, ...]:
    found = entries.get(name)
    return found.needs if found else ()


def _join(made: Mapping[str, ProposedEntry], owned: Mapping[str, Entry]) -> dict[str, Entry]:
    joined = dict(owned)
    for name, one in made.items():
        base = joined.get(name, one.entry)
        needs = tuple(Need(what=need.what) for need in one.needs)
        joined[name] = replace(base, on=base.on or one.entry.on, needs=(*base.needs, *needs))
    return joined
