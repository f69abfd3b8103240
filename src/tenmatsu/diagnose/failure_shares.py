"""The share of requests that fail in one group beside that of another, and whether chance alone does that."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10

from tenmatsu.chance.rate import Rate, estimate_rate
from tenmatsu.diagnose.exact_tests import share_chance
from tenmatsu.model.evidence import Evidence, Outcome, Transaction
from tenmatsu.model.finding import Figures

# Some seventy findings are judged at once, few of them by chance; one in a hundred is asked of each.
CHANCE = 0.01
# At one in ten thousand nobody doubts it.
_SURE_DIGITS = 4.0
LEAST_FAILURES = 3
# "Only there": elsewhere at most a quarter as often.
ONLY_RATIO = 0.25


@dataclass(frozen=True, kw_only=True, slots=True)
class Shares:
    """How often requests fail in the group in question and elsewhere; `chance` is that of chance alone."""

    inside: Rate
    outside: Rate
    chance: float

    @property
    def differs(self) -> bool:
        """Tell whether they fail there, hardly elsewhere, and not by chance."""
        only = self.outside.estimate <= ONLY_RATIO * self.inside.estimate
        return only and self.chance <= CHANCE and self.inside.failures >= LEAST_FAILURES

    @property
    def can_tell(self) -> bool:
        """Tell whether there are enough of both: had all failures been inside, it would have shown."""
        failures = self.inside.failures + self.outside.failures
        if failures < LEAST_FAILURES:
            return False
        most = min(failures, self.inside.total)
        return share_chance(most, self.inside.total, failures - most, self.outside.total) <= CHANCE

    def figures(self) -> Figures:
        """Return the figures that a finding rests on."""
        return {
            "failures_inside": self.inside.failures,
            "total_inside": self.inside.total,
            "failures_outside": self.outside.failures,
            "total_outside": self.outside.total,
            "chance": round(self.chance, 6),
        }


def compare_shares(inside: Sequence[Transaction], outside: Sequence[Transaction]) -> Shares:
    """Return how often requests of two groups fail."""
    one, other = _rate(inside), _rate(outside)
    chance = share_chance(one.failures, one.total, other.failures, other.total)
    return Shares(inside=one, outside=other, chance=chance)


def strength_of(chance: float) -> float:
    """Return how much a difference weighs: half at the level asked, in full at one in ten thousand."""
    return min(1.0, -log10(max(chance, 1e-12)) / _SURE_DIGITS)


def quiet_strength(chance: float) -> float:
    """Return how much "no difference" weighs: little where there nearly was one, in full at even odds."""
    return min(1.0, 2 * chance)


def ended_requests(evidence: Evidence) -> list[Transaction]:
    """Return the users' and our own requests that ended, oldest first; attackers' tries left out."""
    users = [one for one in evidence.made_by("user") if one.reason != "attack" and one.time >= evidence.since]
    both = (one for one in [*users, *evidence.made_by("probe")] if one.outcome is not Outcome.UNKNOWN)
    return sorted(both, key=lambda one: one.time)


def failures_of(requests: Sequence[Transaction]) -> list[Transaction]:
    """Return those that failed."""
    return [one for one in requests if one.outcome is Outcome.FAILED]


def _rate(requests: Sequence[Transaction]) -> Rate:
    return estimate_rate(len(failures_of(requests)), len(requests))
