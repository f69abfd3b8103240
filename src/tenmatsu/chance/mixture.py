"""How much speaks for a rise in the rate of failures, of unknown size, at an unknown time.

Shiryaev and Roberts' statistic: the likelihood ratio of "it rose at transaction n" against "all as usual",
summed over every n until now, here averaged over a ladder of sizes too (Pollak 1985; Lai 1998). While all
is as usual, the statistic minus the number of transactions is a martingale: so it passes a threshold A on
average once in A transactions, or less often because it jumps over (`false_alarms.py` says how much).
"""

from collections.abc import Sequence
from math import ceil, exp, expm1, log, log1p

# Neighbouring sizes stand so far apart in odds at most: nearer ones see nothing sooner, each costs a little.
_LARGEST_STEP = 5.0
# Where more than this fails, the size in front sees it in two or three failures anyway.
_HIGHEST = 0.6
_LEAST_SIZES = 4
_LEAST_RISE = 8.0  # in odds: where much fails anyway


def find_sizes(usual: float) -> tuple[float, ...]:
    """Return the rates that a rise is looked for at: even steps in log odds from the usual rate upwards."""
    odds = usual / (1 - usual)
    room = log(max(_HIGHEST / (1 - _HIGHEST) / odds, _LEAST_RISE))
    count = max(_LEAST_SIZES, ceil(room / log(_LARGEST_STEP)))
    raised = [odds * exp(room * step / count) for step in range(1, count + 1)]
    return tuple(one / (1 + one) for one in raised)


class Mixture:
    """The statistic over one stream of transactions. `usual` is within 0 and 0.5."""

    def __init__(self, usual: float, sizes: Sequence[float]) -> None:
        self.sizes = tuple(sizes)
        self._raise = [size / usual for size in sizes]
        self._lower = [log1p(-size) - log1p(-usual) for size in sizes]
        # Where each sum comes to rest when nothing fails any more.
        self._rest = [exp(lower) / -expm1(lower) for lower in self._lower]
        self.sums = [0.0] * len(self.sizes)

    def fail(self, successes: int) -> float:
        """Take a failure after so many successes, and return the statistic."""
        for place, rest in enumerate(self._rest):
            fallen = rest + (self.sums[place] - rest) * exp(self._lower[place] * successes)
            self.sums[place] = (1 + fallen) * self._raise[place]
        return sum(self.sums) / len(self.sums)

    def clear(self) -> None:
        """Begin anew, as if nothing had been seen."""
        self.sums = [0.0] * len(self.sizes)

    @property
    def likely_size(self) -> float:
        """The rate, of those looked for, that explains best what was seen."""
        return max(zip(self.sums, self.sizes, strict=True))[1]


def draw_successes(chance: float, rate: float) -> int:
    """Return how many successes come before the next failure, for a chance drawn evenly within 0 and 1."""
    return int(log1p(-chance) / log1p(-rate)) if rate < 1 else 0
