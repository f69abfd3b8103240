"""The proof of the end: a sequential probability ratio test (Wald 1945).

Two statements stand against each other: it still fails at the earlier rate, or it is as good as before.
Each transaction moves the logarithm of their likelihood ratio: a failure up, towards STILL, a success down,
towards OVER. Of all tests with the same errors this one needs the fewest transactions on average, whichever
is true (Wald and Wolfowitz 1948). Wald's own walls forget that the walk jumps over them; those used here
are as near as the stated errors allow, by exact count (`walk.py`).
"""

from enum import Enum
from functools import lru_cache
from math import ceil, exp, inf, log, log1p
from typing import NamedTuple

from tenmatsu.chance.walk import TOUCH, Walk, follow

# Below it the walk depends on the ratio of the rates only, and is counted on a coarser lattice.
_FINE_ENOUGH = 0.02
# Steps up as small as this hardly jump over a wall, while exact counting takes long: Wald's walls will do.
_SMALL_STEP = 0.4
_HALVINGS = 12


class Decision(Enum):
    """What the test says."""

    OVER = "over"
    STILL = "still"


class Walls(NamedTuple):
    """Where the test ends, in natural logarithms of the likelihood ratio."""

    over: float
    still: float


class EndTest:
    """Goes on until it is decided whether failing is over; what comes after that changes nothing.

    `still` is the rate of failures (0 to 1) of the incident, best the low end of its interval; `usual` that
    of good times, less than `still`; at 0 the first failure decides. `error_over` is the chance of
    saying OVER if it fails at `still` or more, `error_still` that of STILL if it fails at `usual` or less.
    Raises ValueError for rates or errors that make no test.
    """

    def __init__(
        self, *, still: float, usual: float, error_over: float = 0.01, error_still: float = 0.01
    ) -> None:
        if not 0 <= usual < still < 1:
            raise ValueError("the usual rate must be under the earlier one, both within 0 and 1")
        if not (0 < error_over < 0.5 and 0 < error_still < 0.5):
            raise ValueError("the errors must be within 0 and 0.5")
        walls = find_walls(still, usual, error_over, error_still)
        self.walk = _walk_of(still, usual, walls)
        self._error_over, self._error_still = error_over, error_still
        self._failures = self._clean = 0
        self._decision: Decision | None = None

    def add(self, failed: bool) -> None:
        """Judge one more transaction. One of unknown outcome is none: leave it out."""
        if self._decision is not None:
            return
        self._failures += failed
        self._clean += not failed
        if self._height >= self.walk.ceiling - TOUCH:
            self._decision = Decision.STILL
        elif self._height <= self.walk.floor + TOUCH:
            self._decision = Decision.OVER

    @property
    def decision(self) -> Decision | None:
        """What is decided, or None for not yet."""
        return self._decision

    @property
    def clean_needed(self) -> int | None:
        """How many clean transactions in a row from now decide OVER; None once STILL is decided."""
        if self._decision is Decision.STILL:
            return None
        return max(0, ceil((self._height - self.walk.floor - TOUCH) / self.walk.down))

    @property
    def confidence(self) -> float:
        """How surely it is what it looks like now (0 to 1): over where `leaning` is OVER, else still.

        It holds whenever one looks: the chance that the likelihood ratio ever speaks so strongly for the
        wrong side is at most one minus this (Ville 1939).
        """
        said = {Decision.OVER: 1 - self._error_over, Decision.STILL: 1 - self._error_still}
        least = said[self._decision] if self._decision else 0.0
        return max(least, 1 - exp(-abs(self._height)))

    @property
    def leaning(self) -> Decision:
        """What speaks louder until now, decided or not."""
        return self._decision or (Decision.OVER if self._height < 0 else Decision.STILL)

    @property
    def _height(self) -> float:
        return self.walk.height(self._failures, self._clean)


@lru_cache(maxsize=256)
def find_walls(still: float, usual: float, error_over: float, error_still: float) -> Walls:
    """Return the nearest walls with which neither error is more than stated."""
    # Wald's inequality: with these the errors are never more, but they are less, and that costs transactions.
    safe = Walls(log(error_over), -log(error_still))
    scale = max(1.0, _FINE_ENOUGH / still)
    walk = _walk_of(still * scale, usual * scale, safe)
    if walk.up < _SMALL_STEP or walk.up == inf:
        return Walls(_whole_steps(safe.over, _walk_of(still, usual, safe).down), safe.still)
    still, usual = still * scale, usual * scale
    walls = Walls(safe.over, _lower_ceiling(still, usual, safe, error_still))
    steps = ceil(-walls.over / walk.down)
    while steps > 1 and _keeps(still, usual, Walls(-(steps - 1) * walk.down, walls.still), error_over):
        steps -= 1
    return Walls(-steps * walk.down, walls.still)


def _lower_ceiling(still: float, usual: float, walls: Walls, error_still: float) -> float:
    """Return the lowest ceiling that says STILL no more often than stated while all is as usual."""
    low, high = 0.0, walls.still
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        walk = _walk_of(still, usual, Walls(walls.over, middle))
        if follow(walk, usual).at_ceiling <= error_still:
            high = middle
        else:
            low = middle
    return high


def _keeps(still: float, usual: float, walls: Walls, error_over: float) -> bool:
    return follow(_walk_of(still, usual, walls), still).at_floor <= error_over


def _walk_of(still: float, usual: float, walls: Walls) -> Walk:
    up = log(still / usual) if usual else inf
    return Walk(up=up, down=log1p(-usual) - log1p(-still), floor=walls.over, ceiling=walls.still)


def _whole_steps(floor: float, down: float) -> float:
    return -ceil(-floor / down - TOUCH) * down
