"""Makes one trial of outcomes that belong together, so that they count as what they are: one piece of news.

A browser that tries again, a pool of clients that hammers one broken page: their outcomes are not
independent, and a detector that takes each for itself cries wolf. Outcomes of the same client for the same
path, within a short time of the first of them, are one trial. It failed if any of them did: a try again that
succeeds hides nothing. The usual rate must be that of trials made in the same way.
"""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

# Browsers and proxies try again at once or within seconds; a person who comes back later is news again.
TOGETHER_SECONDS = 10.0
# Whoever sends more than this in that time (an attack) makes the oldest close early; memory stays bounded.
_MOST_OPEN = 50_000


@dataclass(slots=True)
class _Trial:
    began: float
    failed: bool


class Grouping:
    """Takes outcomes in the order of their times (seconds) and gives trials: True for one that failed.

    A failure is told at once, a success only when its time is over: until then it might yet fail.
    """

    def __init__(self, *, together_seconds: float = TOGETHER_SECONDS, most_open: int = _MOST_OPEN) -> None:
        self._together_seconds = together_seconds
        self._most_open = most_open
        self._open: dict[tuple[str, str], _Trial] = {}

    def add(self, time: float, client: str, path: str, failed: bool) -> list[bool]:
        """Take one outcome and return the trials that are known by it, oldest first."""
        told = self._close_before(time - self._together_seconds)
        trial = self._open.setdefault((client, path), _Trial(began=time, failed=False))
        if failed and not trial.failed:
            trial.failed = True
            told.append(True)
        return told

    def close(self) -> list[bool]:
        """Return the trials that were still open: nothing more will come."""
        left = [False for one in self._open.values() if not one.failed]
        self._open.clear()
        return left

    def _close_before(self, time: float) -> list[bool]:
        told = []
        # A dict keeps the order of arrival: the oldest stands in front.
        while self._open:
            key, oldest = next(iter(self._open.items()))
            if oldest.began > time and len(self._open) < self._most_open:
                break
            del self._open[key]
            if not oldest.failed:
                told.append(False)
        return told


class TrialCount:
    """Counts trials where only their number matters: a whole log of millions. `failed` of the `total` failed.

    A trial is over when its key comes again later than that, so that files may come in any order.
    """

    def __init__(self, *, together_seconds: float = TOGETHER_SECONDS, most_open: int = _MOST_OPEN) -> None:
        self.total = self.failed = 0
        self._together_seconds = together_seconds
        self._most_open = most_open
        self._open: dict[Hashable, tuple[float, bool]] = {}

    def take(self, times: Sequence[float], keys: Sequence[Hashable], failed: Sequence[bool]) -> None:
        """Take a block of outcomes: their times in seconds, whose and of what they are, whether they failed.

        Most keys come once in a block and are a trial each: those are only counted, which is several times
        as fast as looking at each.
        """
        if not times:
            return
        counted = Counter(keys)
        again = {key for key, number in counted.items() if number > 1} | (counted.keys() & self._open.keys())
        # What is late in the block may come again in the next.
        late = max(times) - self._together_seconds
        rows = zip(times, keys, failed, strict=True)
        closer = [row for row in rows if row[0] >= late or row[1] in again]
        self.total += len(times) - len(closer)
        self.failed += sum(failed) - sum(row[2] for row in closer)
        for time, key, bad in closer:
            self._add(time, key, bad)
        self._forget(late)

    def _add(self, time: float, key: Hashable, bad: bool) -> None:
        trial = self._open.get(key)
        if trial is None or abs(time - trial[0]) > self._together_seconds:
            self.total += 1
            self.failed += bad
            self._open[key] = (time, bad)
        elif bad and not trial[1]:
            self.failed += 1
            self._open[key] = (trial[0], True)

    def _forget(self, late: float) -> None:
        """Drop the trials whose time is over; all, where too many are left."""
        self._open = {key: trial for key, trial in self._open.items() if trial[0] >= late}
        if len(self._open) > self._most_open:
            self._open.clear()
