"""Tells, while transactions come in, that more of them are slow than is usual at this site.

Slow is what takes longer than nearly all did in good times. Whether each is slow is a trial like any
other, so the detector of failures judges it, and its false alarms are as many as was chosen whatever shape
the durations have. The logarithms of durations are no alternative: they are not normal (a cache that hits
or misses, a script that waits for its timeout), and one wrong tail makes the false alarms a hundred times
as many. The price: how far beyond the limit something is says nothing more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tenmatsu.chance.detect_failures import FailureDetector

# One in twenty is exceeded often enough to be known from a few hundred durations, and seldom enough that
# a few slow ones together are news.
_SLOW_SHARE = 0.05
# With fewer there are not ten beyond the limit, and their share is a guess.
LEAST_DURATIONS = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class UsualDurations:
    """The duration that few exceed in good times, and the share (0 to 1) that does."""

    limit_seconds: float
    slow_share: float


def learn_usual(durations: Sequence[float]) -> UsualDurations | None:
    """Return what is usual, from durations of good times in seconds; None where they are too few.

    The share is counted, not taken for granted: of durations in whole seconds many are alike.
    """
    count = len(durations)
    if count < LEAST_DURATIONS:
        return None
    limit = sorted(durations)[count - 1 - int(count * _SLOW_SHARE)]
    # The next one is beyond the r-th greatest of n with a chance of r in n + 1, whatever their distribution.
    beyond = sum(one > limit for one in durations)
    return UsualDurations(limit_seconds=limit, slow_share=(beyond + 1) / (count + 1))


class DurationDetector:
    """Watches one stream of durations. Of those that failed, too: a timeout is slow."""

    def __init__(self, usual: UsualDurations, *, false_alarm_every: float) -> None:
        self._limit_seconds = usual.limit_seconds
        self._detector = FailureDetector(usual=usual.slow_share, false_alarm_every=false_alarm_every)

    def add(self, duration_seconds: float) -> bool:
        """Take one more duration, and tell whether the alarm is raised."""
        return self._detector.add(duration_seconds > self._limit_seconds)

    def clear(self) -> None:
        """Lower the alarm and begin anew."""
        self._detector.clear()

    @property
    def raised(self) -> bool:
        """Whether more is slow than usual."""
        return self._detector.raised

    @property
    def likely_share(self) -> float | None:
        """About which share is slow, once the alarm is raised; else None."""
        return self._detector.likely_rate
