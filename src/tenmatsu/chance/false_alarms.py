"""Where the threshold stands, so that chance alone raises an alarm once in N transactions.

Waiting for false alarms would take N transactions for each. Instead the rise is made to happen, at a size of
the mixture, and each alarm counts by one over its statistic: that is how much less often chance alone
does the same (importance sampling with the change of measure of Siegmund 1985 and Pollak 1987).
A few thousand short runs give the rate of false alarms to about 2 %, with a fixed seed, in a tenth of a
second (`make bench-detection`).
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import exp, log
from random import Random

from tenmatsu.chance.mixture import Mixture, draw_successes

YEAR_SECONDS = 365.25 * 86_400
_RUNS = 5000
# Long runs are those of small steps, which jump over the threshold by little: a few hundred tell enough.
_LEAST_RUNS, _ENOUGH_FAILURES = 200, 40_000
# Failures of good times between two runs, so that they do not start from the same state.
_FAILURES_BETWEEN = 8
# So few failures between two false alarms can be waited for, so often.
_FEW, _WAITS = 20, 2000
_HALVINGS = 20
_SEED = 1


def count_between(seconds: float, *, a_second: float) -> float:
    """Return how many transactions pass in so long a time: "one false alarm a year, at this pace"."""
    return max(1.0, seconds * a_second)


@lru_cache(maxsize=256)
def find_threshold(usual: float, sizes: tuple[float, ...], transactions: float) -> float:
    """Return the statistic that chance alone reaches once in so many transactions, on average.

    Where even one failure comes more seldom than that, each failure is to be an alarm: 0.
    """
    if transactions * usual <= 1:
        return 0.0
    mixture = Mixture(usual, sizes)
    ladders = list(_climb(mixture, usual, transactions))
    # Never more than once in A transactions at a threshold of A: the answer is not above that.
    low, high = 0.0, log(transactions)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _alarm_rate(ladders, exp(middle)) * transactions > 1:
            low = middle
        else:
            high = middle
    return (
        exp(high) if transactions * usual > _FEW else _wait_from_new(mixture, usual, exp(high), transactions)
    )


def _wait_from_new(mixture: Mixture, usual: float, top: float, transactions: float) -> float:
    """Return the threshold, at or under `top`, for waits that begin with an empty memory.

    Where few failures come between two false alarms, the memory takes a part of that time to fill: the
    answer above would then be too rare. Here waiting is short enough to be done.
    """
    random = Random(_SEED)  # noqa: S311  # drawn to be repeated, not to be secret
    waits = [_wait(mixture, usual, top, random) for _ in range(_WAITS)]
    low, high = log(top) - 1, log(top)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        mean = sum(times[bisect_left(tops, exp(middle))] for tops, times in waits) / _WAITS
        low, high = (low, middle) if mean > transactions else (middle, high)
    return exp(high)


def _wait(mixture: Mixture, usual: float, top: float, random: Random) -> tuple[list[float], list[int]]:
    """Return how high the statistic was when it was higher than ever before, and when that was."""
    mixture.clear()
    tops, times, transactions, highest = [], [], 0, 0.0
    while highest < top:
        successes = draw_successes(random.random(), usual)
        transactions += successes + 1
        now = mixture.fail(successes)
        if now > highest:
            highest = now
            tops.append(now)
            times.append(transactions)
    return tops, times


def _climb(mixture: Mixture, usual: float, top: float) -> Iterator[list[float]]:
    """Yield for each run how high the statistic was when it was higher than ever before, up to `top`."""
    random = Random(_SEED)  # noqa: S311  # drawn to be repeated, not to be secret
    failures = 0
    for run in range(_RUNS):
        if run >= _LEAST_RUNS and failures >= _ENOUGH_FAILURES and run % len(mixture.sizes) == 0:
            break
        for _ in range(_FAILURES_BETWEEN):
            if mixture.fail(draw_successes(random.random(), usual)) >= top:
                mixture.clear()
        before = mixture.sums[:]
        tops = list(_rise(mixture, usual, mixture.sizes[run % len(mixture.sizes)], top, random))
        failures += len(tops) + _FAILURES_BETWEEN
        mixture.sums = before
        yield tops


def _rise(mixture: Mixture, usual: float, size: float, top: float, random: Random) -> Iterator[float]:
    # It begins anywhere between two failures.
    successes = draw_successes(random.random(), usual)
    highest = 0.0
    while highest < top:
        now = mixture.fail(successes + draw_successes(random.random(), size))
        successes = 0
        if now > highest:
            highest = now
            yield now


def _alarm_rate(ladders: Sequence[Sequence[float]], threshold: float) -> float:
    """Return how many false alarms one transaction brings."""
    return sum(1 / one[bisect_left(one, threshold)] for one in ladders) / len(ladders)
