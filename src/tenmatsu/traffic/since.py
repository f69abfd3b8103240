"""Since when requests fail more often, and since when less again: change points of a whole log's counts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tenmatsu.chance import onset
from tenmatsu.traffic.tally import Count

# So surely must the rate have changed: a log is looked at again and again, and 1 in 100 without a change may
# tell one.
_LEAST_STRENGTH = 0.99

Periods = Sequence[tuple[int, Count]]


@dataclass(frozen=True, kw_only=True, slots=True)
class RateChange:
    """When the rate changed (seconds since 1970), and between which times; the counts on both sides."""

    time: int
    low: int
    high: int
    before: Count
    after: Count


def find_rise(periods: Periods) -> RateChange | None:
    """Return since when more requests fail than before, or None where no such change stands out.

    Args:
        periods: begin in seconds since 1970, and the requests of each period, oldest first.
    """
    return _find([onset.Count(begin, count.failed, count.total) for begin, count in periods], periods)


def find_end(periods: Periods, rise: RateChange) -> RateChange | None:
    """Return since when less fail again after a rise, or None where it goes on."""
    after = [(begin, count) for begin, count in periods if begin >= rise.time]
    # Less failing is more success.
    return _find(
        [onset.Count(begin, count.total - count.failed, count.total) for begin, count in after], after
    )


def _find(outcomes: Sequence[onset.Count], periods: Periods) -> RateChange | None:
    found = onset.find_onset(outcomes)
    if found is None or found.strength < _LEAST_STRENGTH:
        return None
    return RateChange(
        time=int(found.at),
        low=int(found.low),
        high=int(found.high),
        before=_sum(count for begin, count in periods if begin < found.at),
        after=_sum(count for begin, count in periods if begin >= found.at),
    )


def _sum(counts: Iterable[Count]) -> Count:
    known = list(counts)
    return Count(sum(one.total for one in known), sum(one.failed for one in known))
