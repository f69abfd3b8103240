"""What the counts say: the rate, since when, and what failing requests have in common."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from heapq import nlargest

from tenmatsu.chance.rate import Rate, estimate_rate
from tenmatsu.traffic.join import Joined
from tenmatsu.traffic.patterns import (
    Contrast,
    SameTime,
    Slow,
    find_same_time,
    find_slow,
    find_writes,
)
from tenmatsu.traffic.since import RateChange, find_end, find_rise
from tenmatsu.traffic.sizes import (
    CutPages,
    SameSize,
    SizeChange,
    find_cut_pages,
    find_same_size,
    find_size_change,
)
from tenmatsu.traffic.tally import Asked, Count, Tally

# Of so many of what fails most, durations are looked at.
_MOST_STUDIED = 5
_HOUR_SECONDS = 3600


@dataclass(frozen=True, kw_only=True, slots=True)
class Study:
    """Everything that is told of the logs. `rise` and `end` are changes of the rate, None where none is.

    `by_hour` is by the hour of the day in the zone asked for; empty where the log spans too much
    time to be counted by the hour.
    """

    tally: Tally
    joined: Joined | None
    rate: Rate
    rise: RateChange | None
    end: RateChange | None
    writes: Contrast | None
    slow: tuple[Slow, ...]
    same_time: tuple[SameTime, ...]
    same_size: tuple[SameSize, ...]
    cut_pages: tuple[CutPages, ...]
    size_changes: tuple[SizeChange, ...]
    by_method: tuple[tuple[str, Count], ...]
    by_hour: tuple[tuple[int, Count], ...]


def study(tally: Tally, joined: Joined | None, zone: tzinfo) -> Study:
    """Return what the counts say; `zone` is that of the hours of the day."""
    rise = find_rise(tally.periods)
    worst = [asked for asked, count in most_failing(tally.by_asked.items(), _MOST_STUDIED)]
    slow = [find_slow(asked, tally.durations[asked]) for asked in worst]
    same = [find_same_time(asked, tally.failures) for asked in worst]
    return Study(
        tally=tally,
        joined=joined,
        rate=estimate_rate(tally.count.failed, tally.count.total),
        rise=rise,
        end=find_end(tally.periods, rise) if rise else None,
        writes=find_writes(tally),
        slow=tuple(one for one in slow if one),
        same_time=tuple(one for one in same if one),
        same_size=tuple(one for asked in worst if (one := find_same_size(asked, tally.failures))),
        cut_pages=find_cut_pages(tally.whole_blocks, tally.by_asked)[:_MOST_STUDIED],
        size_changes=tuple(_size_changes(tally, rise)),
        by_method=_by_method(tally),
        by_hour=_by_hour(tally, zone),
    )


def _size_changes(tally: Tally, rise: RateChange | None) -> Iterator[SizeChange]:
    """Yield what changed the size of its good answers when more began to fail."""
    most = Counter(one.asked for one in tally.written).most_common(_MOST_STUDIED) if rise else ()
    for asked, _ in most:
        if rise and (found := find_size_change(asked, tally.written, rise.time)):
            yield found


def most_failing(
    counts: Iterable[tuple[Asked, Count]],
    most: int,
) -> list[tuple[Asked, Count]]:
    """Return those that fail most, first the one with most failures."""
    return nlargest(most, (item for item in counts if item[1].failed), key=lambda item: item[1].failed)


def busiest(counts: Iterable[tuple[Asked, Count]], most: int) -> list[tuple[Asked, Count]]:
    """Return those that are asked for most."""
    return nlargest(most, counts, key=lambda item: item[1].total)


def _by_method(tally: Tally) -> tuple[tuple[str, Count], ...]:
    methods: dict[str, Count] = {}
    for asked, count in tally.by_asked.items():
        methods[asked.method] = methods.get(asked.method, Count()).plus(*count)
    return tuple(sorted(methods.items(), key=lambda item: (-item[1].failed, -item[1].total)))


def _by_hour(tally: Tally, zone: tzinfo) -> tuple[tuple[int, Count], ...]:
    if tally.period_seconds > _HOUR_SECONDS:
        return ()
    hours: dict[int, Count] = {}
    for begin, count in tally.periods:
        hour = datetime.fromtimestamp(begin, zone).hour
        hours[hour] = hours.get(hour, Count()).plus(*count)
    return tuple(sorted(hours.items()))
