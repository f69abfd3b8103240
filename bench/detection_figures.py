"""The other figures of `bench/detection.py`: the proof of the end, the rate's interval, the onset."""

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from math import exp, lgamma, log, log1p
from random import Random
from statistics import fmean, median

from bench.detection_optimum import find_shortest

from tenmatsu.chance.mixture import draw_successes
from tenmatsu.chance.onset import Count, find_onset
from tenmatsu.chance.rate import estimate_rate
from tenmatsu.chance.sequential_test import Decision, EndTest
from tenmatsu.chance.walk import follow


@dataclass(frozen=True, kw_only=True)
class Proof:
    """Many proofs of the same kind: how often wrong, how long, beside the least that is possible."""

    wrong: float
    certain_wrong: float  # counted exactly, by the lattice's paths
    mean_number: float
    certain_mean: float
    bound: float
    shortest: float  # that any test with these errors can have, jumps and all


def prove(still: float, usual: float, error: float, over: bool, runs: int, seed: int) -> Proof:
    """Return how the proof goes where it is over, or where it still fails."""
    random, rate, right = Random(seed), usual if over else still, Decision.OVER if over else Decision.STILL
    wrong = number = 0
    first = EndTest(still=still, usual=usual, error_over=error, error_still=error)
    for _ in range(runs):
        test, taken = copy(first), 0
        while test.decision is None:
            test.add(random.random() < rate)
            taken += 1
        wrong += test.decision is not right
        number += taken
    course, bound = follow(first.walk, rate), find_bound(still, usual, error, over)
    return Proof(
        wrong=wrong / runs,
        certain_wrong=course.at_ceiling if over else course.at_floor,
        mean_number=number / runs,
        certain_mean=course.mean_trials,
        bound=bound,
        shortest=find_shortest(still, usual, error, over, bound),
    )


def find_bound(still: float, usual: float, error: float, over: bool) -> float:
    """Return the least mean number of any test with these two equal errors (Wald 1945)."""
    up, down = log(still / usual), log1p(-usual) - log1p(-still)
    drift = (1 - usual) * down - usual * up if over else still * up - (1 - still) * down
    return (1 - 2 * error) * log((1 - error) / error) / drift


def find_least_coverage(total: int, confidence: float) -> float:
    """Return how often the interval holds the true rate, where that is least: by exact sums."""
    rates = [estimate_rate(failures, total, confidence=confidence) for failures in range(total + 1)]
    edges = [edge for one in rates for edge in (one.low, one.high) if 0 < edge < 1]
    # Coverage jumps where an interval ends: just beside that it is least.
    trues = sorted({edge * (1 + side) for edge in edges[:: max(1, total // 100)] for side in (-1e-9, 1e-9)})
    return min(
        sum(_binomial(one.failures, total, true) for one in rates if one.low <= true <= one.high)
        for true in trues
    )


def _binomial(failures: int, total: int, rate: float) -> float:
    ways = lgamma(total + 1) - lgamma(failures + 1) - lgamma(total - failures + 1)
    return exp(ways + failures * log(rate) + (total - failures) * log1p(-rate))


@dataclass(frozen=True, kw_only=True)
class Onsets:
    """Many onsets of the same kind; errors and widths in transactions."""

    found: float
    held: float
    median_error: float
    mean_width: float


def find_onsets(before: float, after: float, onset: int, length: int, runs: int, seed: int) -> Onsets:
    """Return how near the onset is found after `onset` transactions, in a series of `length`."""
    random = Random(seed)
    clean = [Count(float(place), 0, 1) for place in range(length)]
    found = []
    for _ in range(runs):
        counts = clean[:]
        for place in [*_failures(random, before, 0, onset), *_failures(random, after, onset, length)]:
            counts[place] = Count(float(place), 1, 1)
        found.append(find_onset(counts))
    answers = [one for one in found if one is not None]
    return Onsets(
        found=len(answers) / runs,
        held=fmean(one.low <= onset <= one.high for one in answers),
        median_error=median(abs(one.at - onset) for one in answers),
        mean_width=fmean(one.high - one.low for one in answers),
    )


def _failures(random: Random, rate: float, start: int, stop: int) -> Iterator[int]:
    place = start + draw_successes(random.random(), rate)
    while place < stop:
        yield place
        place += 1 + draw_successes(random.random(), rate)
