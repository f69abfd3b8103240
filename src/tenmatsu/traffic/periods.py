"""Counts by time: by minute, and more coarsely where a log spans more minutes than there is room for."""

from tenmatsu.traffic.tally import Count

# Over a year of minutes takes 60 MB; a log with made-up times may not take more.
MOST_PERIODS = 200_000
# A minute, ten, an hour, a day, a month, a century.
_STEPS = (60, 600, 3600, 86_400, 2_592_000, 3_153_600_000)


class Periods:
    """Counts requests by the period in which they were made."""

    def __init__(self, most: int = MOST_PERIODS) -> None:
        """Keep at most so many periods."""
        self._most = most
        self._step = 0
        self._rows: dict[int, list[int]] = {}

    @property
    def seconds(self) -> int:
        """Return how long a period is."""
        return _STEPS[self._step]

    def add(self, second: int, total: int, failed: int = 0) -> None:
        """Count requests made in a second (since 1970)."""
        row = self._rows.get(second // _STEPS[self._step])
        if row is None:
            row = self._make(second)
        row[0] += total
        row[1] += failed

    def counted(self) -> tuple[tuple[int, Count], ...]:
        """Return the periods that hold any, oldest first, each with its begin."""
        return tuple((number * self.seconds, Count(*row)) for number, row in sorted(self._rows.items()))

    def _make(self, second: int) -> list[int]:
        while len(self._rows) >= self._most and self._step + 1 < len(_STEPS):
            self._coarsen()
        return self._rows.setdefault(second // self.seconds, [0, 0])

    def _coarsen(self) -> None:
        finer, size = self._rows, self.seconds
        self._step += 1
        self._rows = {}
        for number, (total, failed) in finer.items():
            row = self._rows.setdefault(number * size // self.seconds, [0, 0])
            row[0] += total
            row[1] += failed
