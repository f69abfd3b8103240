"""An order that changes only when it means something: rows that are nearly equal stay where they are."""

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import partial
from itertools import accumulate
from math import sqrt
from operator import gt
from typing import TypeVar

Item = TypeVar("Item")

# A row passes another one when it is so much larger; less is chance.
_CLEARLY = 1.10
# Counts scatter by their square root (Poisson): so many standard deviations are no longer chance.
_DEVIATIONS = 2.0


def order_steadily(
    items: Sequence[Item],
    before: Sequence[Hashable],
    *,
    identity: Callable[[Item], Hashable],
    measure: Callable[[Item], float],
    counts: bool,
) -> list[Item]:
    """Return the items, the largest first, near the order that they had before.

    What holds afterwards: no item stands below one that it clearly exceeds. What was so before stays as it
    was. New ones stand where a sorted list would have them.

    Args:
        items: the rows; of equal new ones the first comes first.
        before: the identities in the order shown last; empty: there was none, so all are sorted.
        identity: what stays the same of an item from one view to the next.
        measure: what is sorted by, at least 0.
        counts: the measure counts events, so that its chance is known; else it is only "clearly" larger.
    """
    place = {one: at for at, one in enumerate(before)}
    known = [one for one in items if identity(one) in place]
    known.sort(key=lambda one: place[identity(one)])
    new = [one for one in items if identity(one) not in place]
    new.sort(key=measure, reverse=True)
    return _insert(new, _let_rise(known, measure, counts=counts), measure)


def _let_rise(items: Iterable[Item], measure: Callable[[Item], float], *, counts: bool) -> list[Item]:
    """Let each item pass the topmost one that it clearly exceeds, and with it all that are below that."""
    risen: list[Item] = []
    values: list[float] = []
    least = 0.0
    for item in items:
        value = measure(item)
        at = len(risen)
        # Who does not exceed the least of those above exceeds none of them.
        if risen and exceeds(value, least, counts=counts):
            at = next(at for at, above in enumerate(values) if exceeds(value, above, counts=counts))
        least = min(least, value) if risen else value
        risen.insert(at, item)
        values.insert(at, value)
    return risen


def _insert(new: Sequence[Item], known: Sequence[Item], measure: Callable[[Item], float]) -> list[Item]:
    """Return both in one: each new item above the first known one that is smaller."""
    # The least so far only falls, so that the first place below a value can be searched.
    falling = list(accumulate(map(measure, known), min))
    merged: list[Item] = []
    taken = 0
    for item in new:
        value = measure(item)
        at = bisect_left(falling, True, key=partial(gt, value))
        merged += known[taken:at]
        merged.append(item)
        taken = max(taken, at)
    return merged + list(known[taken:])


def exceeds(value: float, other: float, *, counts: bool) -> bool:
    """Tell whether a measure is so much larger than another that it means something."""
    if value <= other:
        return False
    if counts:
        return value - other > _DEVIATIONS * sqrt(value + other)
    return value > _CLEARLY * other
