"""What the sizes of answers tell: one page for all failures, pages that a full disk cut, a change of size.

Apache's own error page, an application's and a proxy's differ in size, and each is the same each time. A
page that is written to a full disk ends with the last whole block, and is served with status 200.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log, log10
from statistics import median

from tenmatsu.diagnose.exact_tests import rank_chance
from tenmatsu.traffic.tally import Asked, Count, Failure, WholeBlocks, Written

_FEWEST = 5
# One in twenty may be something else, as for "only writes".
_NEARLY_ALL = 0.95
# A size is a whole number of blocks by chance once in so many: file systems' usual block, in bytes.
BLOCK_BYTES = 4096
# A hundred to one, as for every other contrast of these logs.
_LEAST_DECIBANS = 20.0
# Hundreds of paths are compared, and answers of one client hang together: one in ten thousand is asked.
_CHANGE_CHANCE = 1e-4
_CHANGE_TIMES = 1.5
_MOST_COMPARED = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class SameSize:
    """Of one thing that is asked for, `alike` of the `failures` with this status have one size, in bytes."""

    asked: Asked
    status: int
    size_bytes: int
    alike: int
    failures: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CutPages:
    """Pages of one kind whose answers are whole blocks: how many different ones, and since when.

    `example` is the newest one's path, `size_bytes` its size; `since` is in seconds since 1970.
    """

    asked: Asked
    pages: int
    answers: int
    since: int
    example: str
    size_bytes: int
    decibans: float


@dataclass(frozen=True, kw_only=True, slots=True)
class SizeChange:
    """Of one thing that is written to, answers that succeed have another size since a time: two medians."""

    asked: Asked
    before_bytes: int
    after_bytes: int
    answers: int


def find_same_size(asked: Asked, failures: Iterable[Failure]) -> SameSize | None:
    """Return the one size of the failures of one thing, or None where they vary, or are few."""
    ours = [one for one in failures if one.asked == asked]
    sizes = Counter((one.status, one.size) for one in ours if one.size is not None)
    if not sizes:
        return None
    (status, size), alike = sizes.most_common(1)[0]
    of_status = sum(count for (other, _), count in sizes.items() if other == status)
    if alike < _FEWEST or alike < _NEARLY_ALL * of_status:
        return None
    return SameSize(asked=asked, status=status, size_bytes=size, alike=alike, failures=of_status)


def find_cut_pages(
    blocks: Mapping[Asked, WholeBlocks], counts: Mapping[Asked, Count]
) -> tuple[CutPages, ...]:
    """Return the kinds of pages of which more are whole blocks than chance makes, the clearest first."""
    found = (_cut(asked, one, counts.get(asked, Count()).total, len(counts)) for asked, one in blocks.items())
    return tuple(sorted((one for one in found if one), key=lambda one: -one.decibans))


def _cut(asked: Asked, one: WholeBlocks, total: int, kinds: int) -> CutPages | None:
    """Judge a kind of pages. They are at most as many as their answers: chance is not underrated.

    So many kinds are tried, one of which may well be so by chance: each is asked for as much more.
    """
    if one.answers >= total:
        return None  # nothing was ever of another size: it is made in blocks
    chance = min(1.0, kinds * _poisson_tail(len(one.pages), total / BLOCK_BYTES))
    decibans = -10 * log10(max(chance, 1e-30))
    if decibans < _LEAST_DECIBANS:
        return None
    return CutPages(
        asked=asked,
        pages=len(one.pages),
        answers=one.answers,
        since=one.first,
        example=one.example,
        size_bytes=one.size_bytes,
        decibans=decibans,
    )


def _poisson_tail(count: int, mean: float) -> float:
    """Return the chance of so many or more."""
    term, below = exp(-mean), 0.0
    for number in range(count):
        below += term
        term *= mean / (number + 1)
    # What is left of 1 loses its digits where the tail is short: its first term is nearly all of it then.
    return max(1.0 - below, term)


def find_size_change(asked: Asked, written: Sequence[Written], time: int) -> SizeChange | None:
    """Return how answers of what is written to changed their size at a time (seconds since 1970), or None."""
    ours = [one for one in written if one.asked == asked]
    before = [one.size for one in ours if one.second < time][-_MOST_COMPARED:]
    after = [one.size for one in ours if one.second >= time][:_MOST_COMPARED]
    if min(len(before), len(after)) < 2 * _FEWEST:
        return None
    old, new = median(before), median(after)
    lower, higher = sorted((max(old, 1.0), max(new, 1.0)))
    chance = 2 * min(rank_chance(after, before), rank_chance(before, after))
    if log(higher) - log(lower) < log(_CHANGE_TIMES) or chance > _CHANGE_CHANCE:
        return None
    return SizeChange(asked=asked, before_bytes=int(old), after_bytes=int(new), answers=len(after))
