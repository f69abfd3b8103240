"""Makes one trial of outcomes that belong together, so that they count as what they are: one piece of news.

A browser that tries again, a pool of clients that hammers one broken page: their outcomes are not
independent, and a detector that takes each for itself cries wolf. Outcomes of the same client for the same
path, within a short time of the first of them, are one trial. It failed if any of them did: a try again that
succeeds hides nothing. The usual rate must be that of trials made in the same way.
"""

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
