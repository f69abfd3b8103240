"""How likely chance alone makes such a difference: exact tests, since failures are few.

Sources: Fisher 1922 (shares), Wilcoxon 1945 (ranks). Both are one-sided: only the named direction counts.
"""

from collections.abc import Sequence
from math import comb, erfc, exp, lgamma, sqrt

# Sums of ranks are counted out in so many steps at most (half a second); beyond, the normal curve is as good.
_MOST_STEPS = 2_000_000


def share_chance(failed: int, total: int, other_failed: int, other_total: int) -> float:
    """Return the chance that of all these failures so many or more fall on the first group (Fisher).

    Returns 1.0 where there is nothing to compare.
    """
    failures, everything = failed + other_failed, total + other_total
    if not failures or not total or not other_total:
        return 1.0
    most = min(failures, total)
    whole = _log_choose(everything, failures)
    chances = (
        exp(_log_choose(total, count) + _log_choose(other_total, failures - count) - whole)
        for count in range(failed, most + 1)
        if failures - count <= other_total
    )
    return min(1.0, sum(chances))


def rank_chance(higher: Sequence[float], others: Sequence[float]) -> float:
    """Return the chance that values drawn alike stand as high above the others, or higher (Wilcoxon).

    Ties get the mean of their ranks, and are counted out exactly. Returns 1.0 for nothing to compare.
    """
    if not higher or not others:
        return 1.0
    ranks = _double_ranks([*higher, *others])
    count, seen = len(higher), sum(ranks[: len(higher)])
    if count * len(ranks) * seen > _MOST_STEPS:
        return _normal_chance(ranks, count, seen)
    ways: list[dict[int, int]] = [{0: 1}] + [{} for _ in range(count)]
    for rank in ranks:
        for size in range(count, 0, -1):
            for total, number in ways[size - 1].items():
                ways[size][total + rank] = ways[size].get(total + rank, 0) + number
    return sum(number for total, number in ways[count].items() if total >= seen) / comb(len(ranks), count)


def _double_ranks(values: Sequence[float]) -> list[int]:
    """Return twice the rank of each value, a whole number also where values are alike."""
    places: dict[float, list[int]] = {}
    for place, value in enumerate(sorted(values), 1):
        places.setdefault(value, []).append(place)
    return [places[value][0] + places[value][-1] for value in values]


def _normal_chance(ranks: Sequence[int], count: int, seen: int) -> float:
    mean = sum(ranks) / len(ranks)
    spread = sum((rank - mean) ** 2 for rank in ranks) / (len(ranks) - 1)
    variance = spread * count * (len(ranks) - count) / len(ranks)
    return 0.5 * erfc((seen - 1 - count * mean) / sqrt(2 * variance)) if variance > 0 else 1.0


def _log_choose(of: int, chosen: int) -> float:
    return lgamma(of + 1) - lgamma(chosen + 1) - lgamma(of - chosen + 1)
