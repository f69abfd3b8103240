"""Since when requests fail more often: the change point of a rate, with its interval.

One change of a binomial rate, by its likelihood over all places (Hinkley 1970). The interval holds
every place whose likelihood is within the 95 % bound of the best one; it is therefore wide where
failures are few, and narrow where they set in at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from tenmatsu.traffic.tally import Count

# Far more than the 3.3 that one fixed place would need for 1 %: every minute of a log is tried. That it
# is enough is tested on logs without a change (tests/traffic/test_since.py).
_LEAST_GAIN = 10.0
# Half of the 95 % point of chi-squared with one degree of freedom.
_WITHIN = 1.92


@dataclass(frozen=True, kw_only=True, slots=True)
class RateChange:
    """When the rate changed (seconds since 1970), and between which times; the counts on both sides."""

    time: int
    low: int
    high: int
    before: Count
    after: Count

    @property
    def is_rise(self) -> bool:
        """Tell whether more fail after it than before."""
        return self.after.failed * self.before.total > self.before.failed * self.after.total


Periods = Sequence[tuple[int, Count]]


def find_rise(periods: Periods) -> RateChange | None:
    """Return since when more requests fail than before, or None where no such change stands out.

    Where the clearest change is an end, the rise is looked for before it.

    Args:
        periods: begin in seconds since 1970, and the requests of each period, oldest first.
    """
    change = _find_change(periods)
    if change is None or change.is_rise:
        return change
    return find_rise([one for one in periods if one[0] < change.time])


def find_end(periods: Periods, rise: RateChange) -> RateChange | None:
    """Return since when less fail again after a rise, or None where it goes on."""
    change = _find_change([one for one in periods if one[0] >= rise.time])
    return None if change is None or change.is_rise else change


def _find_change(periods: Periods) -> RateChange | None:
    whole = Count(sum(count.total for _, count in periods), sum(count.failed for _, count in periods))
    if not whole.failed or len(periods) < 2:
        return None
    gains = _gains(periods, whole)
    best = max(range(len(gains)), key=gains.__getitem__)
    if gains[best] < _LEAST_GAIN:
        return None
    early = [count for _, count in periods[: best + 1]]
    before = Count(sum(count.total for count in early), sum(count.failed for count in early))
    after = Count(whole.total - before.total, whole.failed - before.failed)
    near = [periods[at + 1][0] for at, gain in enumerate(gains) if gain >= gains[best] - _WITHIN]
    return RateChange(time=periods[best + 1][0], low=near[0], high=near[-1], before=before, after=after)


def _gains(periods: Periods, whole: Count) -> list[float]:
    """Return by how much a change after each period (but the last) explains the counts better than none."""
    none = log_likelihood(whole)
    gains, total, failed = [], 0, 0
    for _, count in periods[:-1]:
        total += count.total
        failed += count.failed
        rest = Count(whole.total - total, whole.failed - failed)
        gains.append(log_likelihood(Count(total, failed)) + log_likelihood(rest) - none)
    return gains


def log_likelihood(count: Count) -> float:
    """Return the highest log-likelihood that any constant rate gives to a count."""
    total, failed = count
    if failed <= 0 or failed >= total:
        return 0.0
    return failed * log(failed / total) + (total - failed) * log(1 - failed / total)
