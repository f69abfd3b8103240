"""What is asked of the watches: how long a while, up to when, by what, sorted and filtered how.

Pure values: each key of the live view makes a new one of the one before.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tenmatsu.model.processes import Grouping
from tenmatsu.ui.process_choice import SORTS

# Seconds. The longest that `--for` takes is also the longest here.
WINDOWS = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 100.0, 120.0, 300.0, 600.0)

Span = tuple[datetime, datetime]


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    """One question. `untils` has, by machine and by its own clock, the end of the window; None: now."""

    seconds: float = 10.0
    grouping: Grouping = Grouping.PROGRAM
    sort: str = "cpu"
    reverse: bool = False
    text: str = ""
    untils: Mapping[str, datetime] | None = None
    frozen: bool = False

    def orders_like(self, other: "Query") -> bool:
        """Tell whether rows of the other question stand in an order that is worth keeping in this one."""
        return (self.seconds, self.grouping, self.sort, self.untils) == (
            other.seconds,
            other.grouping,
            other.sort,
            other.untils,
        )


def lengthen(query: Query) -> Query:
    """Return the same with the next longer window."""
    return replace(query, seconds=next((one for one in WINDOWS if one > query.seconds), query.seconds))


def shorten(query: Query) -> Query:
    """Return the same with the next shorter window."""
    return replace(query, seconds=next((one for one in WINDOWS[::-1] if one < query.seconds), query.seconds))


def group_next(query: Query) -> Query:
    """Return the same by the next grouping."""
    every = list(Grouping)
    return replace(query, grouping=every[(every.index(query.grouping) + 1) % len(every)])


def sort_next(query: Query) -> Query:
    """Return the same sorted by the next measure, the largest first."""
    return replace(query, sort=SORTS[(SORTS.index(query.sort) + 1) % len(SORTS)], reverse=False)


def go_back(query: Query, spans: Mapping[str, Span]) -> Query:
    """Return the same, half a window earlier; not before what is kept."""
    moved = {}
    for host, (begins, ends) in spans.items():
        first = min(ends, begins + timedelta(seconds=query.seconds))
        moved[host] = max(first, _end_of(query, host, ends) - _half(query))
    return replace(query, untils=moved) if moved else query


def go_forward(query: Query, spans: Mapping[str, Span]) -> Query:
    """Return the same, half a window later; now, where that is not earlier than now."""
    if query.untils is None:
        return query
    moved = {host: _end_of(query, host, ends) + _half(query) for host, (_, ends) in spans.items()}
    if all(moved[host] >= ends for host, (_, ends) in spans.items()):
        return go_now(query)
    return replace(query, untils=moved)


def go_now(query: Query) -> Query:
    """Return the same for now, and for each new now."""
    return replace(query, untils=None, frozen=False)


def freeze(query: Query, spans: Mapping[str, Span]) -> Query:
    """Return the same, standing still at what is known now; one that stands still already goes on."""
    if query.untils is not None:
        return go_now(query)
    return replace(query, untils={host: ends for host, (_, ends) in spans.items()}, frozen=True)


def change_query(query: Query, what: str, spans: Mapping[str, Span]) -> Query:
    """Return the question that one of the changes makes of the one before."""
    if what in _CHANGES:
        return _CHANGES[what](query)
    return _MOVES[what](query, spans)


_CHANGES: Mapping[str, Callable[[Query], Query]] = {
    "lengthen": lengthen,
    "shorten": shorten,
    "group": group_next,
    "sort": sort_next,
    "reverse": lambda query: replace(query, reverse=not query.reverse),
    "now": go_now,
    "all": lambda query: replace(query, text=""),
}
_MOVES: Mapping[str, Callable[[Query, Mapping[str, Span]], Query]] = {
    "back": go_back,
    "forward": go_forward,
    "freeze": freeze,
}


def seconds_ago(query: Query, spans: Mapping[str, Span]) -> float:
    """Return how far before the last that is known the window ends; 0.0 for now."""
    untils = query.untils or {}
    found = [(spans[host][1] - until).total_seconds() for host, until in untils.items() if host in spans]
    return max(0.0, *found) if found else 0.0


def _end_of(query: Query, host: str, now: datetime) -> datetime:
    return (query.untils or {}).get(host, now)


def _half(query: Query) -> timedelta:
    return timedelta(seconds=query.seconds / 2)
