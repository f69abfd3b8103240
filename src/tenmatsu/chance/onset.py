"""Since when more fails: the change point of a series of outcomes, with its interval.

The series is split in two at every place; each part has a rate of its own, of which nothing is known (a beta
distribution with both parameters 1/2, Jeffreys' prior). A split's likelihood with both rates integrated out
has a closed form, so one pass over the series gives all of them; only where something failed a logarithm is
taken, and nothing has to be tried twice.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import exp, expm1, fsum, lgamma, log, pi, sqrt
from typing import NamedTuple

from tenmatsu.chance.rate import Rate, estimate_rate


class Count(NamedTuple):
    """Outcomes that share a time: one transaction, or those of a minute, named by its beginning.

    Times are seconds of any clock; those of unknown outcome are left out.
    """

    time: float
    failures: int
    total: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Onset:
    """When it began (seconds, the clock of the counts), and the rates on both sides.

    `at` is the first failure that belongs to it. The true time lies within `low` and `high` at least as often
    as `confidence` says. `strength` (0 to 1) is how surely the rate rose at all.
    """

    at: float
    low: float
    high: float
    confidence: float
    before: Rate
    after: Rate
    strength: float


class _Stretch(NamedTuple):
    """Splits that differ only by successes: `first` to `last`, with their log likelihoods."""

    first: int
    last: int
    at_first: float
    at_last: float


class _Series:
    """The counts in order of time, with sums over all that come before each place."""

    def __init__(self, counts: Sequence[Count]) -> None:
        self.counts = sorted(one for one in counts if one.total)
        self.failures = [0, *accumulate(one.failures for one in self.counts)]
        self.totals = [0, *accumulate(one.total for one in self.counts)]

    def evidence(self, split: int) -> float:
        """Return the log likelihood of a change before the count at this place."""
        failures, total = self.failures[split], self.totals[split]
        rest = _evidence(self.failures[-1] - failures, self.totals[-1] - total)
        return _evidence(failures, total) + rest

    def rises(self, split: int) -> bool:
        """Tell whether more fails from this place on than before it."""
        failures, total = self.failures[split], self.totals[split]
        return failures * (self.totals[-1] - total) < (self.failures[-1] - failures) * total

    def for_each_stretch(self) -> Iterator[_Stretch]:
        """Yield the splits, those with no failure between them together: the likeliest is the last."""
        first = 1
        for place, one in enumerate(self.counts):
            if one.failures:
                if place and self.rises(place):
                    yield _Stretch(first, place, self.evidence(first), self.evidence(place))
                first = place + 1


def find_onset(counts: Sequence[Count], *, confidence: float = 0.95) -> Onset | None:
    """Return since when more fails than before, or None where chance alone may have done it.

    One rise is looked for: cut the series where failing is over. Raises ValueError for a confidence that
    cannot be.
    """
    if not 0 < confidence < 1:
        raise ValueError("the confidence is within 0 and 1")
    series = _Series(counts)
    stretches = list(series.for_each_stretch())
    if not stretches:
        return None
    strength = _strength(series, stretches)
    return _describe(series, stretches, confidence, strength) if strength >= confidence else None


def _describe(series: _Series, stretches: Sequence[_Stretch], confidence: float, strength: float) -> Onset:
    best = max(stretches, key=lambda one: one.at_last)
    # On either side the likelihood ratio against the true split passes e^x with a chance of e^-x at most
    # (Ville 1939); both sides together then stay under it with this confidence.
    least = best.at_last + log(1 - sqrt(confidence))
    possible = [one for one in stretches if one.at_last >= least]
    times = [one.time for one in series.counts]
    last = possible[-1].last
    # A minute's count does not tell when in that minute.
    within = series.counts[last].total > 1 and last + 1 < len(times)
    return Onset(
        at=times[best.last],
        low=times[_first_possible(series, possible[0], least) - 1],
        high=times[last + 1] if within else times[last],
        confidence=confidence,
        before=estimate_rate(series.failures[best.last], series.totals[best.last]),
        after=estimate_rate(
            series.failures[-1] - series.failures[best.last], series.totals[-1] - series.totals[best.last]
        ),
        strength=strength,
    )


def _first_possible(series: _Series, stretch: _Stretch, least: float) -> int:
    """Return the earliest split of the stretch that is likely enough: it grows likelier all along."""
    low, high = stretch.first, stretch.last
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if series.evidence(middle) >= least else (middle + 1, high)
    return low


def _strength(series: _Series, stretches: Sequence[_Stretch]) -> float:
    """Return 1 less the odds of "no change" against "it rose at any of the places"."""
    highest = max(one.at_last for one in stretches)
    places = len(series.counts) - 1
    weight = fsum(exp(one.at_last - highest) * _sum_along(one) for one in stretches) / places
    return max(0.0, -expm1(_evidence(series.failures[-1], series.totals[-1]) - highest - log(weight)))


def _sum_along(stretch: _Stretch) -> float:
    """Return the sum of the stretch's likelihoods, over its last: their logarithms lie on a line, nearly."""
    steps = stretch.last - stretch.first
    fall = (stretch.at_last - stretch.at_first) / steps if steps else 0.0
    return steps + 1.0 if fall < 1e-12 else expm1(-fall * (steps + 1)) / expm1(-fall)


def _evidence(failures: int, total: int) -> float:
    return lgamma(failures + 0.5) + lgamma(total - failures + 0.5) - lgamma(total + 1) - log(pi)
