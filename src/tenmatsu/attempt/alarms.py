"""While a series goes on: do more fail, or are more slow, than when all was well? One false alarm a year."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from tenmatsu.chance.detect_durations import DurationDetector, learn_usual
from tenmatsu.chance.detect_failures import FailureDetector
from tenmatsu.chance.false_alarms import YEAR_SECONDS, count_between
from tenmatsu.chance.rate import estimate_rate
from tenmatsu.model.attempt import Attempt
from tenmatsu.model.evidence import Outcome

# A detector wants a usual rate under one half; what fails so often when all is well, is not well.
MOST_USUAL = 0.45


class What(Enum):
    """What there is more of than usual."""

    FAILURES = "failures"
    SLOW = "slow"


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarm:
    """Raised at the transaction of this time; about this share (0 to 1) fails, or is slow, now."""

    what: What
    time: datetime
    share: float


class Alarms:
    """Takes attempts in their order. Each alarm is raised once: it stays until somebody looks.

    `failures` of `total` were usual; of the rate's interval the high end counts, since a rate that is put too
    low cries wolf. `durations` are those of good times; under 200 say too little, and nothing is told of
    slowness (`tells_slow`). Raises ValueError where too many failed for it to have been well.
    """

    def __init__(
        self, *, failures: int, total: int, durations: Sequence[float], every_seconds: float
    ) -> None:
        rate = estimate_rate(failures, total)
        if rate.high > MOST_USUAL:
            raise ValueError("too many failed, or too few are known, for this to be the usual")
        between = count_between(YEAR_SECONDS, a_second=1 / every_seconds)
        self._failures = FailureDetector(usual=rate.high, false_alarm_every=between)
        usual = learn_usual(durations)
        self._slow = DurationDetector(usual, false_alarm_every=between) if usual else None
        self.raised: list[Alarm] = []

    @property
    def tells_slow(self) -> bool:
        """Tell whether enough is known of the usual durations."""
        return self._slow is not None

    def add(self, attempt: Attempt) -> Alarm | None:
        """Take one more, and return the alarm that it raises. What nobody knows is left out."""
        if attempt.outcome is Outcome.UNKNOWN:
            return None
        before = len(self.raised)
        if not self._failures.raised and self._failures.add(attempt.outcome is Outcome.FAILED):
            self._raise(What.FAILURES, attempt, self._failures.likely_rate)
        if self._slow and not self._slow.raised and self._slow.add(attempt.duration_seconds):
            self._raise(What.SLOW, attempt, self._slow.likely_share)
        return self.raised[before] if len(self.raised) > before else None

    def _raise(self, what: What, attempt: Attempt, share: float | None) -> None:
        self.raised.append(Alarm(what=what, time=attempt.time, share=share or 0.0))
