"""When too many processes began, or a group stood still at its CPU limit: second by second of the window."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from tenmatsu.model.evidence import Evidence, Series, Transaction

# The looks are a second apart, and so are the stamps of access logs. A request counts by its first second,
# however long it took: by its whole life a long one would meet a burst the more easily.
_FIRST_SECOND = timedelta(seconds=1)


class BurstKind(Enum):
    """What there was too much of."""

    FORKS = "forks"
    HELD = "held"


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """From when on it is a burst: forks a second beside those of requests, share of periods held (0 to 1)."""

    forks_per_second: float
    forks_per_request: float
    held_share: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Bursts:
    """The bursts of one kind: (begin, end) each, in order, none touching the next."""

    kind: BurstKind
    times: tuple[tuple[datetime, datetime], ...]

    def met_by(self, request: Transaction) -> int | None:
        """Return which burst the first second of a request meets, None: none."""
        ends = [end for _, end in self.times]
        place = bisect_right(ends, request.time)
        met = place < len(self.times) and self.times[place][0] < request.time + _FIRST_SECOND
        return place if met else None


def find_bursts(evidence: Evidence, requests: Sequence[Transaction], limits: Limits) -> tuple[Bursts, ...]:
    """Return the bursts of the window by kind, a kind without any left out."""
    times = sorted(one.time for one in requests)
    forks = evidence.one_series("system.process.created")
    kinds = (
        Bursts(kind=BurstKind.FORKS, times=_join(_fork_bursts(forks, times, limits) if forks else ())),
        Bursts(kind=BurstKind.HELD, times=_join(_held_looks(evidence, limits.held_share))),
    )
    return tuple(one for one in kinds if one.times)


def _fork_bursts(
    forks: Series, requests: Sequence[datetime], limits: Limits
) -> Iterable[tuple[datetime, datetime]]:
    """Yield the looks in which more processes began than the requests of that second explain."""
    for (begin, _), (end, grown) in zip(forks.points, forks.steps(), strict=False):
        seconds = (end - begin).total_seconds()
        asked = bisect_left(requests, end) - bisect_left(requests, begin)
        unexplained = grown - asked * limits.forks_per_request
        if seconds > 0 and unexplained / seconds >= limits.forks_per_second:
            yield begin, end


def _held_looks(evidence: Evidence, least_share: float) -> Iterable[tuple[datetime, datetime]]:
    """Yield the looks in which any group stood still for most of the time, in order."""
    held: set[tuple[datetime, datetime]] = set()
    for periods in evidence.find_series("linux.cgroup.cpu.periods"):
        group = periods.attributes["cgroup"]
        throttled = evidence.one_series("linux.cgroup.cpu.throttled_periods", cgroup=group)
        stood = dict(throttled.steps()) if throttled else {}
        for (begin, _), (end, grown) in zip(periods.points, periods.steps(), strict=False):
            if grown > 0 and stood.get(end, 0.0) >= least_share * grown:
                held.add((begin, end))
    return sorted(held)


def _join(looks: Iterable[tuple[datetime, datetime]]) -> tuple[tuple[datetime, datetime], ...]:
    """Join looks that touch or overlap."""
    joined: list[tuple[datetime, datetime]] = []
    for begin, end in looks:
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return tuple(joined)
