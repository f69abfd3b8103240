"""What the detector is compared with: the optimum for a size that is known, and the rules of thumb."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from math import log, log1p
from random import Random

from tenmatsu.chance.mixture import draw_successes

# Finer than the steps between which the mean time to a false alarm hardly changes.
_STEP = 0.02
_COARSE, _RANGE = 0.3, 2.5
_PROBES = 300
_NEGLIGIBLE = 1e-30


def find_optimum(usual: float, size: float, every: float, runs: int, seed: int) -> float:
    """Return the mean delay of CUSUM tuned to the true size: no rule is sooner (Moustakides 1986).

    Its threshold is drawn between two neighbours, so that its false alarms are exactly as many as wanted.
    """
    walk = _Cusum(usual, size)
    top = walk.up
    while walk.mean_times(usual, _PROBES, [top], Random(seed))[0] < 1.3 * every:
        top += _COARSE
    near = [top - _STEP * step for step in range(int(min(top, _RANGE) / _STEP), -1, -1)]
    waits = walk.mean_times(usual, runs, near, Random(seed))
    delays = walk.mean_times(size, runs, near, Random(seed + 1))
    above = bisect_right(waits, every)
    below = above - 1
    share = (1 / every - 1 / waits[below]) / (1 / waits[above] - 1 / waits[below])
    return delays[below] + share * (delays[above] - delays[below])


class _Cusum:
    """The largest likelihood ratio over all onsets (Page 1954), from one failure to the next."""

    def __init__(self, usual: float, size: float) -> None:
        self.up = log(size / usual)
        self._down = log1p(-usual) - log1p(-size)

    def mean_times(self, rate: float, runs: int, thresholds: Sequence[float], random: Random) -> list[float]:
        """Return for each threshold the mean number of transactions until it is reached."""
        sums = [0.0] * len(thresholds)
        for _ in range(runs):
            place = 0
            for transactions, height in self._tops(rate, random):
                reached = bisect_right(thresholds, height)
                for one in range(place, reached):
                    sums[one] += transactions
                place = max(place, reached)
                if place == len(thresholds):
                    break
        return [total / runs for total in sums]

    def _tops(self, rate: float, random: Random) -> Iterator[tuple[int, float]]:
        transactions, height = 0, 0.0
        while True:
            successes = draw_successes(random.random(), rate)
            transactions += successes + 1
            height = max(0.0, height - successes * self._down) + self.up
            yield transactions, height


def count_until(wanted: int, window: int, rate: float) -> float:
    """Return after how many transactions, on average, the last `window` hold `wanted` failures: exactly.

    Each first failure after a clean window opens an episode, which ends in an alarm or a clean window again.
    """
    keep = (1 << (window - 1)) - 1
    states, alarms, length = {1: 1.0}, 0.0, 0.0
    while sum(states.values()) > _NEGLIGIBLE:
        following: dict[int, float] = defaultdict(float)
        for state, mass in states.items():
            length += mass
            following[(state << 1) & keep] += mass * (1 - rate)
            failed = (state << 1) | 1
            if failed.bit_count() >= wanted:
                alarms += mass * rate
            else:
                following[failed & keep] += mass * rate
        following.pop(0, None)
        states = following
    return (1 / rate + length) / alarms
