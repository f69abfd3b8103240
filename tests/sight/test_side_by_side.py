"""Machines of a site are looked at in one window; what cannot be reached holds nobody up and is a gap."""

import threading
from dataclasses import replace

from tests.evidence_builder import EvidenceBuilder

from tenmatsu.errors import NoConnection
from tenmatsu.model.case import ClockOffset
from tenmatsu.model.evidence import Evidence
from tenmatsu.model.site_map import Entry, EntryKind
from tenmatsu.model.words import plain
from tenmatsu.sight.side_by_side import Opened, Place, join_seen, look_side_by_side


class Closing:
    """Counts the ways that were closed."""

    def __init__(self) -> None:
        self.closed: list[str] = []


def place(name: str, closing: Closing, meet: threading.Barrier | None = None) -> Place:
    """Return a place where one look waits for the others' and writes down where it was."""

    def look(_: object) -> tuple[Evidence, ClockOffset]:
        if meet is not None:
            meet.wait(10)
        seen = EvidenceBuilder().event("was.here", at=name).build()
        offset = ClockOffset(component=f"{name}/boot", offset_seconds=0.5, uncertainty_seconds=0.1)
        return replace(seen, component=f"{name}/boot"), offset

    def open_it() -> Opened:
        return Opened(look=look, close=lambda: closing.closed.append(name))

    return Place(entry=Entry(name=name, kind=EntryKind.GUEST), why=plain("asked"), open=open_it)


def unreachable(name: str) -> Place:
    def open_it() -> Opened:
        raise NoConnection(name, plain("no route to it"), permanent=True)

    return Place(entry=Entry(name=name, kind=EntryKind.GUEST), why=plain("web1 needs it"), open=open_it)


def test_all_look_at_the_same_time_and_every_way_is_closed() -> None:
    closing, meet = Closing(), threading.Barrier(3)
    seen = look_side_by_side([place(name, closing, meet) for name in ("web1", "dns1", "db1")])
    events = [one.evidence.events[0].text("at") for one in seen if one.evidence is not None]
    assert events == ["web1", "dns1", "db1"]
    assert sorted(closing.closed) == ["db1", "dns1", "web1"]


def test_one_that_cannot_be_reached_is_a_gap_and_the_others_go_on() -> None:
    closing = Closing()
    first, *others = look_side_by_side([place("web1", closing), unreachable("dns1"), place("db1", closing)])
    assert first.evidence is not None
    joined = join_seen(first.evidence, others)
    (gap,) = joined.gaps
    assert "dns1" in gap.what.en
    assert gap.why.en == "no route to it"
    assert gap.close_by.en == "tenmatsu site check dns1"
    assert [one.component for one in joined.beside] == ["db1/boot"]
    (entry,) = joined.find_events("site.entry")
    assert (entry.component, entry.text("name")) == ("db1/boot", "db1")


def test_nothing_beside_changes_nothing() -> None:
    here: Evidence = EvidenceBuilder().build()
    assert join_seen(here, []) == here
