"""A rate and its interval, from any number of trials.

Clopper and Pearson's interval (1934): the rates under which so many failures, or so few, are not too rare
to be believed. Its ends are quantiles of beta distributions. Each end alone errs with no more than half of
what is left to the confidence, which Blaker's shorter interval does not promise; `verify` uses one end alone.
"""

from dataclasses import dataclass
from math import exp, inf, lgamma, log, log1p

_SMALLEST = 1e-300
_PRECISION = 1e-15
# The continued fraction needs about the square root of the trials.
_LEAST_TERMS = 200
_MOST_STEPS = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """A share of failures (0 to 1) with the interval that holds the true one at the stated confidence."""

    failures: int
    total: int
    estimate: float
    low: float
    high: float
    confidence: float = 0.95


def estimate_rate(failures: int, total: int, *, confidence: float = 0.95) -> Rate:
    """Return the rate; its interval holds the true one at least as often as `confidence` says.

    Without trials it is 0 to 1. Raises ValueError for counts or a confidence that cannot be.
    """
    if not (0 <= failures <= total and 0 < confidence < 1):
        raise ValueError("failures are 0 or more, of a total; the confidence is within 0 and 1")
    tail = (1 - confidence) / 2
    return Rate(
        failures=failures,
        total=total,
        estimate=failures / total if total else 0.0,
        low=beta_quantile(tail, failures, total - failures + 1) if failures else 0.0,
        high=1 - beta_quantile(tail, total - failures, failures + 1) if failures < total else 1.0,
        confidence=confidence,
    )


def beta_quantile(chance: float, a: float, b: float) -> float:
    """Return where the beta distribution's function reaches `chance`: Newton, kept in by bisection."""
    low, high, at = 0.0, 1.0, a / (a + b)
    for _ in range(_MOST_STEPS):
        error = beta_chance(at, a, b) - chance
        low, high = (at, high) if error < 0 else (low, at)
        slope = _density(at, a, b)
        following = at - error / slope if slope > 0 else inf
        if not low < following < high:
            following = (low + high) / 2
        if abs(following - at) <= _PRECISION + 1e-12 * at:
            return following
        at = following
    return at


def beta_chance(at: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function (DLMF 8.17.22, by Lentz's method)."""
    if not 0 < at < 1:
        return 0.0 if at <= 0 else 1.0
    if at > (a + 1) / (a + b + 2):
        return 1 - beta_chance(1 - at, b, a)
    return _density(at, a, b) * at * (1 - at) / (a * _fraction(at, a, b))


def _density(at: float, a: float, b: float) -> float:
    return exp(lgamma(a + b) - lgamma(a) - lgamma(b) + (a - 1) * log(at) + (b - 1) * log1p(-at))


def _fraction(at: float, a: float, b: float) -> float:
    """Return 1 + d1/(1 + d2/(1 + ...)) for the coefficients of DLMF 8.17.23."""
    value = upper = 1.0
    lower = 0.0
    for term in range(1, _LEAST_TERMS + 10 * int((a + b) ** 0.5)):
        part = _coefficient(term, at, a, b)
        lower = 1 / (1 + part * lower or _SMALLEST)
        upper = 1 + part / upper or _SMALLEST
        value *= upper * lower
        if abs(upper * lower - 1) < _PRECISION:
            break
    return value


def _coefficient(term: int, at: float, a: float, b: float) -> float:
    m = term // 2
    if term % 2:
        return -(a + m) * (a + b + m) * at / ((a + 2 * m) * (a + 2 * m + 1))
    return m * (b - m) * at / ((a + 2 * m - 1) * (a + 2 * m))
