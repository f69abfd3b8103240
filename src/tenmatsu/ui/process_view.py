"""What the watches know in answer to a question, taken at once and frozen: all that the screen draws from."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from tenmatsu.model.processes import Grouping, Ran, Row
from tenmatsu.model.words import Words
from tenmatsu.sight.process_watch import State
from tenmatsu.ui.process_choice import find_rows, keep_order, turn_round
from tenmatsu.ui.process_query import Query, Span


class Watched(Protocol):
    """One machine that is watched (`sight.process_watch.Watch`)."""

    host: str

    @property
    def state(self) -> State:
        """Return how the watching stands."""

    @property
    def trouble(self) -> Words | None:
        """Return why nothing is heard."""

    @property
    def span(self) -> Span | None:
        """Return from when to when is known what ran."""

    def ran(self, seconds: float, *, until: datetime | None, grouping: Grouping) -> Ran | None:
        """Return what ran; None where that is not known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """One machine as it is watched; `ran` None: nothing is known of the window that was asked for."""

    host: str
    state: State
    trouble: Words | None = None
    span: Span | None = None
    ran: Ran | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """An answer. `order` has the identities of all rows, those too that the filter leaves out."""

    query: Query
    machines: tuple[Machine, ...] = ()
    rows: tuple[Row, ...] = ()
    order: tuple[Hashable, ...] = ()
    hosts: Mapping[str, Ran] = field(default_factory=dict)

    @property
    def spans(self) -> dict[str, Span]:
        """Return by machine what is kept of it."""
        return {one.host: one.span for one in self.machines if one.span}


def take_view(watches: Sequence[Watched], query: Query, before: View) -> View | None:
    """Return the answer; None where it is the one before, since nothing new is known."""
    if query == before.query and before.machines:
        machines = tuple(_stand(watch, one.ran) for watch, one in zip(watches, before.machines, strict=True))
        if machines == before.machines:
            return None
        if (
            query.untils is not None
        ):  # what is past stays: only how long ago it was, and how the watching stands
            return replace(before, machines=machines)
    return _answer(tuple(_ask(watch, query) for watch in watches), query, before)


def _answer(machines: tuple[Machine, ...], query: Query, before: View) -> View:
    seen = [one.ran for one in machines if one.ran]
    known = before.order if query.orders_like(before.query) else ()
    every = [row for ran in seen for row in ran.rows]
    rows = keep_order(every, known, sort=query.sort, grouping=query.grouping)
    found = find_rows(rows, text=query.text, grouping=query.grouping)
    return View(
        query=query,
        machines=machines,
        rows=tuple(turn_round(found, sort=query.sort) if query.reverse else found),
        order=tuple(row.identity for row in rows),
        hosts={ran.host: ran for ran in seen},
    )


def _ask(watch: Watched, query: Query) -> Machine:
    until = query.untils.get(watch.host) if query.untils is not None else None
    if query.untils is not None and until is None:  # it was not known yet
        return _stand(watch, None)
    return _stand(watch, watch.ran(query.seconds, until=until, grouping=query.grouping))


def _stand(watch: Watched, ran: Ran | None) -> Machine:
    return Machine(host=watch.host, state=watch.state, trouble=watch.trouble, span=watch.span, ran=ran)
