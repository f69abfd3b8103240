"""Since when requests fail: the one moment that parts a time with few failures from one with more.

For each place in the row of requests: how likely are these outcomes with one rate before and a higher one
after, whatever the two are (uniform priors: a part with f failures of n counts as the beta function of f + 1
and n - f + 1)? Against that stands one rate for all. Source: Smith 1975, Biometrika 62, on change points.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from math import exp, lgamma, log

from tenmatsu.model.evidence import Outcome, Transaction

# So many times likelier with a change than without: "decisive" (Jeffreys 1961).
LEAST_RATIO = 100.0
LEAST_REQUESTS = 10
CONFIDENCE = 0.95


@dataclass(frozen=True, kw_only=True, slots=True)
class Onset:
    """When the failures began: the likeliest moment, and the interval that holds it with 95 %."""

    time: datetime
    low: datetime
    high: datetime


def find_onset(requests: Sequence[Transaction]) -> Onset | None:
    """Return since when more of the requests (oldest first) fail; None where nothing tells such a moment."""
    if len(requests) < LEAST_REQUESTS:
        return None
    counts = [0, *accumulate(one.outcome is Outcome.FAILED for one in requests)]
    shares = _weigh_places(counts)
    if not shares:
        return None
    places = sorted(shares)
    low, high = (_quantile(shares, places, tail) for tail in ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2))
    likeliest = max(places, key=lambda place: shares[place])
    # It began after the last request of the quiet time, at latest with the first of the other.
    return Onset(time=requests[likeliest].time, low=requests[low - 1].time, high=requests[high].time)


def _weigh_places(counts: Sequence[int]) -> dict[int, float]:
    """Return the probability of each place at which a worse time may begin; none where one rate will do."""
    total, failed = len(counts) - 1, counts[-1]
    alone = _log_beta(failed, total)
    logs = {
        place: _log_beta(counts[place], place) + _log_beta(failed - counts[place], total - place)
        for place in range(1, total)
        if counts[place] * (total - place) < (failed - counts[place]) * place
    }
    if not logs:
        return {}
    highest = max(logs.values())
    whole = sum(exp(one - highest) for one in logs.values())
    if highest + log(whole / (total - 1)) - alone < log(LEAST_RATIO):
        return {}
    return {place: exp(one - highest) / whole for place, one in logs.items()}


def _quantile(shares: dict[int, float], places: Sequence[int], share: float) -> int:
    reached = accumulate(shares[place] for place in places)
    return next((place for place, sum in zip(places, reached, strict=True) if sum >= share), places[-1])


def _log_beta(failed: int, total: int) -> float:
    return lgamma(failed + 1) + lgamma(total - failed + 1) - lgamma(total + 2)
