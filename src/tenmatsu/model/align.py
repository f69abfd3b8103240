"""Evidence from a machine whose clock is not ours: all its times, told in ours."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tenmatsu.model.evidence import Evidence, Series, Window

_EARLIEST, _LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def align(evidence: Evidence, offset_seconds: float) -> Evidence:
    """Return the evidence with every time moved by how far that clock is ahead of ours (negative: behind).

    What is in `beside` has been aligned already: each machine has an offset of its own.
    """
    by = timedelta(seconds=-offset_seconds)
    if not by:
        return evidence
    return replace(
        evidence,
        window=Window(start=_move(evidence.window.start, by), end=_move(evidence.window.end, by)),
        since=_move(evidence.since, by),
        series=tuple(_move_series(one, by) for one in evidence.series),
        events=tuple(replace(one, time=_move(one.time, by)) for one in evidence.events),
        transactions=tuple(replace(one, time=_move(one.time, by)) for one in evidence.transactions),
        looks=tuple(
            replace(one, started=_move(one.started, by), ended=_move(one.ended, by)) for one in evidence.looks
        ),
    )


def _move_series(series: Series, by: timedelta) -> Series:
    return replace(series, points=tuple((_move(time, by), value) for time, value in series.points))


def _move(time: datetime, by: timedelta) -> datetime:
    """Return the moved time; what would leave the calendar (a hostile time in a log) stays at its edge."""
    try:
        return time + by
    except OverflowError:
        return _LATEST if by > timedelta(0) else _EARLIEST
