"""A walk between two walls, one step per trial: where it ends and after how long, exactly.

A failure goes up by `up`, a success goes down by `down`. The likelihood ratio of a sequential test is such
a walk (Wald 1947). Counting paths over the lattice (successes, failures) gives its chances without
approximation, overshoot included, which Wald's own formulas leave out.
"""

from dataclasses import dataclass
from math import ceil, floor

# A wall is met, not missed, where only rounding lies between.
TOUCH = 1e-9
# What is still under way then changes no digit that is used.
_NEGLIGIBLE = 1e-9


@dataclass(frozen=True, kw_only=True, slots=True)
class Walk:
    """The steps, and the two walls: the walk ends at or below `floor`, at or above `ceiling`."""

    up: float
    down: float
    floor: float
    ceiling: float

    def height(self, failures: int, successes: int) -> float:
        """Return where the walk stands after so many trials, in any order."""
        return (failures * self.up if failures else 0.0) - successes * self.down


@dataclass(frozen=True, kw_only=True, slots=True)
class Course:
    """The chances of ending at either wall, and the mean number of trials until then."""

    at_floor: float
    at_ceiling: float
    mean_trials: float


def follow(walk: Walk, rate: float) -> Course:
    """Return how the walk ends if each trial fails with the chance `rate`."""
    at_floor = at_ceiling = trials = 0.0
    failures, first, arriving = 0, 0, [1.0]
    while arriving:
        row, fallen = _cross(arriving, _last_inside(walk, failures) - first + 1, 1 - rate)
        at_floor += fallen
        trials += sum(row)
        failures += 1
        gone = max(0, min(len(row), _last_above(walk, failures) - first + 1))
        at_ceiling += rate * sum(row[:gone])
        first, arriving = first + gone, [rate * mass for mass in row[gone:]]
        if sum(arriving) < _NEGLIGIBLE:
            break
    return Course(at_floor=at_floor, at_ceiling=at_ceiling, mean_trials=trials)


def _cross(arriving: list[float], width: int, success: float) -> tuple[list[float], float]:
    """Return the mean number of visits at each count of successes, and what falls off at the end."""
    row, mass = [], 0.0
    for place in range(width):
        mass = mass * success + (arriving[place] if place < len(arriving) else 0.0)
        row.append(mass)
    return row, mass * success


def _last_inside(walk: Walk, failures: int) -> int:
    """Return the most successes with which the walk still stands above its floor."""
    return ceil((failures * walk.up - walk.floor - TOUCH) / walk.down) - 1 if failures else _first_row(walk)


def _first_row(walk: Walk) -> int:
    return ceil((-walk.floor - TOUCH) / walk.down) - 1


def _last_above(walk: Walk, failures: int) -> int:
    """Return the most successes with which so many failures still end it at the ceiling; -1: none."""
    return floor((failures * walk.up - walk.ceiling + TOUCH) / walk.down)
