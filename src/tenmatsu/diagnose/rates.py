"""A rate and its interval, from few trials."""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """A share of failures (0 to 1) with the interval that holds the true one at the stated confidence."""

    failures: int
    total: int
    estimate: float
    low: float
    high: float


def estimate_rate(failures: int, total: int, *, confidence: float = 0.95) -> Rate:
    """Return Wilson's score interval (Wilson 1927), which is honest for few trials and for 0 failures."""
    if total <= 0:
        return Rate(failures=0, total=0, estimate=0.0, low=0.0, high=1.0)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = failures / total
    centre = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    return Rate(
        failures=failures,
        total=total,
        estimate=share,
        low=max(0.0, centre - half) if failures else 0.0,
        high=min(1.0, centre + half) if failures < total else 1.0,
    )
