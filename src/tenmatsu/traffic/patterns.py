"""What failing requests have in common: only writes, only slow ones, always the same time.

Strength is in decibans, ten times the decimal logarithm of how much better two rates explain the
counts than one: 20 is a hundred to one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import log, sqrt

from tenmatsu.traffic.tally import Asked, Count, Durations, Failure, Tally

WRITES = frozenset(("POST", "PUT", "PATCH", "DELETE"))
# A hundred to one: what Jeffreys (1961) calls decisive.
_LEAST_DECIBANS = 20.0
# "Only" allows for one in twenty that was something else; "mostly" needs a rate five times as high.
_ONLY = 0.95
_TIMES = 5.0
_FEWEST = 5
# A limit ends requests at one time; what is killed at random times varies by far more.
_SAME_WITHIN = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class Contrast:
    """The requests of a kind against all others: the counts, and how strongly they differ.

    With `only`, practically every failure is of the kind.
    """

    inside: Count
    outside: Count
    decibans: float
    only: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Slow:
    """Of one thing that is asked for, requests slower than a time fail, and faster ones do not."""

    asked: Asked
    seconds: float
    contrast: Contrast


@dataclass(frozen=True, kw_only=True, slots=True)
class SameTime:
    """Of one thing that is asked for, half of the failures end within 5 % of the same duration."""

    asked: Asked
    seconds: float
    failures: int


def contrast(inside: Count, outside: Count) -> Contrast | None:
    """Return how the failures inside stand out, or None where they do not."""
    whole = Count(inside.total + outside.total, inside.failed + outside.failed)
    if inside.failed < _FEWEST or not outside.total:
        return None
    gain = _log_likelihood(inside) + _log_likelihood(outside) - _log_likelihood(whole)
    decibans = 10 * gain / log(10)
    higher = inside.failed * outside.total >= _TIMES * outside.failed * inside.total
    if decibans < _LEAST_DECIBANS or not higher:
        return None
    only = inside.failed >= _ONLY * whole.failed
    return Contrast(inside=inside, outside=outside, decibans=decibans, only=only)


def find_writes(tally: Tally) -> Contrast | None:
    """Return that it is writes that fail, or None."""
    writes = total_of(count for asked, count in tally.by_asked.items() if asked.method in WRITES)
    return contrast(writes, Count(tally.count.total - writes.total, tally.count.failed - writes.failed))


def total_of(counts: Iterable[Count]) -> Count:
    """Return the sum of counts."""
    total = failed = 0
    for count in counts:
        total += count.total
        failed += count.failed
    return Count(total, failed)


def find_slow(asked: Asked, durations: Durations) -> Slow | None:
    """Return from how long on the requests of one kind fail, or None where time makes no difference."""
    found: list[Slow] = []
    whole = Count(sum(durations.total[1:]), sum(durations.failed[1:]))
    fast = Count()
    for power, (total, failed) in enumerate(zip(durations.total[1:], durations.failed[1:], strict=True), 1):
        slow = Count(whole.total - fast.total, whole.failed - fast.failed)
        if met := contrast(slow, fast):
            found.append(Slow(asked=asked, seconds=2.0 ** (power - 1) / 1e6, contrast=met))
        fast = fast.plus(total, failed)
    return max(found, key=lambda one: one.contrast.decibans, default=None)


def find_same_time(asked: Asked, failures: Iterable[Failure]) -> SameTime | None:
    """Return at which duration the failures of one kind end, or None where they vary."""
    times = sorted(one.micros / 1e6 for one in failures if one.asked == asked and one.micros)
    if len(times) < 2 * _FEWEST:
        return None
    half = len(times) // 2
    spans = [(high / low, sqrt(low * high)) for low, high in zip(times, times[half:], strict=False)]
    ratio, middle = min(spans)
    if ratio > 1 + _SAME_WITHIN:
        return None
    return SameTime(asked=asked, seconds=middle, failures=len(times))


def _log_likelihood(count: Count) -> float:
    """Return the highest log-likelihood that any constant rate gives to a count."""
    total, failed = count
    if failed <= 0 or failed >= total:
        return 0.0
    return failed * log(failed / total) + (total - failed) * log(1 - failed / total)
