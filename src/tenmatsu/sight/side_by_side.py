"""Several machines of a site looked at in one window: the one asked about, what it needs, what it is on."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace

from tenmatsu.errors import TenmatsuError
from tenmatsu.model.case import ClockOffset
from tenmatsu.model.evidence import Event, Evidence, Gap
from tenmatsu.model.site_map import Entry
from tenmatsu.model.words import Words
from tenmatsu.sight.watch import Progress

log = logging.getLogger("tenmatsu")

_AT_ONCE = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """A way to a machine that stands open.

    `look` looks for the window and returns what was seen, all times in our clock, and how that machine's
    clock stands to ours.
    """

    look: Callable[[Progress | None], tuple[Evidence, ClockOffset]]
    close: Callable[[], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A machine of the site, and `why` it concerns the one asked about.

    `open` connects, and may raise a TenmatsuError.
    """

    entry: Entry
    why: Words
    open: Callable[[], Opened]


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What was seen at one place; no evidence where nobody could get there, and `why_not`."""

    place: Place
    evidence: Evidence | None = None
    clock_offset: ClockOffset | None = None
    why_not: Words | None = None


def look_side_by_side(places: Sequence[Place], progress: Progress | None = None) -> list[Seen]:
    """Connect to all places, then look at all of them in one window that begins when the last is reached.

    The first place's progress is told. One that cannot be reached does not hold up the others.
    """
    with ExitStack() as closing, ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="place") as pool:
        ways = list(pool.map(_open, places))
        for way in ways:
            if isinstance(way, Opened):
                closing.callback(way.close)
        jobs = [
            pool.submit(_look, place, way, progress if number == 0 else None)
            for number, (place, way) in enumerate(zip(places, ways, strict=True))
        ]
        return [job.result() for job in jobs]


def _open(place: Place) -> Opened | Words:
    try:
        return place.open()
    except TenmatsuError as error:
        log.debug("no way to '%s'", place.entry.name, exc_info=True)
        return error.words


def _look(place: Place, way: Opened | Words, progress: Progress | None) -> Seen:
    if isinstance(way, Words):
        return Seen(place=place, why_not=way)
    try:
        evidence, clock_offset = way.look(progress)
    except TenmatsuError as error:
        return Seen(place=place, why_not=error.words)
    return Seen(place=place, evidence=evidence, clock_offset=clock_offset)


def add_view(inside: Evidence, below: Evidence) -> Evidence:
    """Return what was seen inside a machine together with what was seen of it from below, in one window."""
    return replace(
        inside,
        series=(*inside.series, *below.series),
        events=(*inside.events, *below.events),
        looks=(*inside.looks, *below.looks),
        gaps=(*inside.gaps, *below.gaps),
    )


def join_seen(here: Evidence, seen: Sequence[Seen]) -> Evidence:
    """Return the evidence of the machine asked about with that of the others beside it.

    For each of the others it tells what the site calls it and why it was looked at; one that could not be
    reached is a gap.
    """
    events, gaps = list(here.events), list(here.gaps)
    for one in seen:
        entry = one.place.entry
        if one.evidence is None:
            gaps.append(_gap(here.component, one))
            continue
        events.append(
            Event(
                sight="beside",
                component=one.evidence.component,
                name="site.entry",
                time=one.evidence.window.start,
                attributes={
                    "name": entry.name,
                    "kind": entry.kind.value,
                    "why_en": one.place.why.en,
                    "why_ja": one.place.why.ja,
                },
            )
        )
    beside = tuple(one.evidence for one in seen if one.evidence is not None)
    return replace(here, events=tuple(events), gaps=tuple(gaps), beside=(*here.beside, *beside))


def _gap(component: str, one: Seen) -> Gap:
    return Gap(
        sight="beside",
        component=component,
        what=INSIDE.fill(name=one.place.entry.name, why=one.place.why),
        why=one.why_not or Words("", ""),
        close_by=CHECK.fill(name=one.place.entry.name),
    )


INSIDE = Words("inside {name} ({why})", "{name} の内部 ({why})")
CHECK = Words("tenmatsu site check {name}", "tenmatsu site check {name} を実行")
