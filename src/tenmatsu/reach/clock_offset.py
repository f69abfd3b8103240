"""How far another machine's clock is ahead of ours, and how well that is known.

Every time that it tells lies between two of ours: it was read after we had sent the program, and before we
had its frame. The first frame bounds it from both sides, as wide as a start takes; every later one may narrow
it from below, down to what the way back takes.
"""

from dataclasses import dataclass
from datetime import datetime
from math import inf, isfinite


@dataclass(frozen=True, kw_only=True, slots=True)
class ClockOffset:
    """The other clock minus ours, in seconds; the truth is at most `uncertainty_seconds` away."""

    seconds: float
    uncertainty_seconds: float


class OffsetBounds:
    """Narrows the offset down."""

    def __init__(self) -> None:
        self._low, self._high = -inf, inf

    def take_first(self, sent: datetime, time: datetime, received: datetime, error_seconds: float) -> None:
        """Take the time of the first frame: read after `sent`, before `received`."""
        self._high = (time - sent).total_seconds() + error_seconds
        self._low = (time - received).total_seconds() - error_seconds

    def take(self, time: datetime, received: datetime, error_seconds: float) -> None:
        """Take the time of any later frame."""
        low = (time - received).total_seconds() - error_seconds
        if low > self._high:  # one of the two clocks was set meanwhile
            self._high = low + (self._high - self._low)
            self._low = low
        self._low = max(self._low, low)

    def take_asked(
        self, sent: datetime, time: datetime, received: datetime, late_seconds: float = 0.0
    ) -> None:
        """Take a time that was read after a question was `sent` and before its answer was `received`.

        It may be told too early by up to `late_seconds`: a clock that is read in whole seconds.
        """
        low, high = (time - received).total_seconds(), (time - sent).total_seconds() + late_seconds
        if low > self._high or high < self._low:  # one of the two clocks was set meanwhile
            self._low, self._high = low, high
        self._low, self._high = max(self._low, low), min(self._high, high)

    @property
    def offset(self) -> ClockOffset | None:
        """Return the middle of what is possible, or None before the first frame."""
        width = self._high - self._low
        if not isfinite(width):
            return None
        return ClockOffset(seconds=(self._low + self._high) / 2, uncertainty_seconds=width / 2)
