"""Tells, while transactions come in, that more of them fail than is usual at this site.

Three failures in a row miss what fails one time in five; a count in a window is either slow or cries wolf.
This adds up what each outcome says for a rise of any size (`mixture.py`), and says so when chance alone
would have brought as much only once in the number of transactions that was chosen.
"""

from tenmatsu.chance.false_alarms import find_threshold
from tenmatsu.chance.mixture import Mixture, find_sizes


class FailureDetector:
    """Watches one stream of outcomes, in the order in which they ended.

    `usual` is the share (0 to 0.5) that fails in good times, best the high end of its interval.
    `false_alarm_every` is how many transactions pass on average between two false alarms
    (`false_alarms.count_between` makes it from a time). Raises ValueError for a rate or number that makes no
    detector. After an alarm it stays raised until `clear`.
    """

    def __init__(self, *, usual: float, false_alarm_every: float) -> None:
        if not 0 < usual < 0.5:
            raise ValueError("the usual rate is within 0 and 0.5")
        if not false_alarm_every >= 1:
            raise ValueError("a false alarm comes once in 1 transaction or more")
        sizes = find_sizes(usual)
        self._mixture = Mixture(usual, sizes)
        self._threshold = find_threshold(usual, sizes, false_alarm_every)
        self._successes, self._raised = 0, False

    def add(self, failed: bool) -> bool:
        """Take one more outcome, and tell whether the alarm is raised."""
        if self._raised:
            return True
        if failed:
            self._raised = self._mixture.fail(self._successes) >= self._threshold
            self._successes = 0
        else:
            self._successes += 1
        return self._raised

    def add_successes(self, count: int) -> None:
        """Take so many successes at once."""
        self._successes += count

    def clear(self) -> None:
        """Lower the alarm and begin anew."""
        self._mixture.clear()
        self._successes, self._raised = 0, False

    @property
    def raised(self) -> bool:
        """Whether more fails than usual."""
        return self._raised

    @property
    def likely_rate(self) -> float | None:
        """About which share fails, once the alarm is raised; else None."""
        return self._mixture.likely_size if self._raised else None
