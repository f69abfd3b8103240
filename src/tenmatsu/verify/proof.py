"""The proof of the end: enough own transactions for the failure rate that there was.

Two statements stand against each other: "it still fails at the earlier rate", of which the low end of the
interval is taken, and "it is as good as before". `chance/sequential_test.py` has the test.
"""

from dataclasses import dataclass
from enum import Enum

from tenmatsu.chance.rate import Rate, estimate_rate
from tenmatsu.chance.sequential_test import Decision, EndTest

# Where nobody says how often it failed: what fails more rarely than this is not excluded, and that is said.
ASSUMED_STILL = 0.1
# Where nobody says how good it was: one in a thousand, but well under the earlier rate.
ASSUMED_USUAL, USUAL_SHARE = 0.001, 0.1
# A rate of 1 would make a single success a proof.
_MOST_STILL = 0.95


class Answer(Enum):
    """What the proof says."""

    OVER = "over"
    STILL = "still"
    UNDECIDED = "undecided"


class CannotTell(ValueError):
    """The earlier failures are too few to be told from good times."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Goal:
    """What is to be told apart: rates of failure from 0 to 1, and with what confidence.

    `earlier` is None where nobody said how often it failed: then `still` is assumed.
    """

    still: float
    usual: float
    confidence: float
    earlier: Rate | None


def set_goal(
    earlier: tuple[int, int] | None, usual: tuple[int, int] | None = None, *, confidence: float = 0.95
) -> Goal:
    """Return what is to be told apart, from failures and totals. Raises CannotTell.

    Of the earlier rate the low end counts, and of the usual one the middle; at least the assumed usual rate,
    so that a single failure is judged and not simply taken for the fault.
    """
    rate = estimate_rate(*earlier, confidence=confidence) if earlier else None
    still = min(rate.low if rate else ASSUMED_STILL, _MOST_STILL)
    least = min(ASSUMED_USUAL, still * USUAL_SHARE)
    good = max(least, usual[0] / usual[1]) if usual else least
    if not good < still:
        raise CannotTell
    return Goal(still=still, usual=good, confidence=confidence, earlier=rate)


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """Where the proof stands. `clean_needed` in a row from now decide OVER; None once STILL is decided."""

    answer: Answer
    confidence: float
    leaning: Answer
    clean_needed: int | None
    failures: int
    total: int


class Proving:
    """Takes one transaction after the other. What ended in nobody knows how is left out."""

    def __init__(self, goal: Goal) -> None:
        error = 1 - goal.confidence
        self._test = EndTest(still=goal.still, usual=goal.usual, error_over=error, error_still=error)
        self._failures = self._total = 0

    def add(self, failed: bool) -> None:
        """Judge one more transaction."""
        self._test.add(failed)
        self._failures += failed
        self._total += 1

    @property
    def stands(self) -> Proof:
        """Where it stands now."""
        decided = self._test.decision
        return Proof(
            answer=_ANSWERS[decided] if decided else Answer.UNDECIDED,
            confidence=self._test.confidence,
            leaning=_ANSWERS[self._test.leaning],
            clean_needed=self._test.clean_needed,
            failures=self._failures,
            total=self._total,
        )


_ANSWERS = {Decision.OVER: Answer.OVER, Decision.STILL: Answer.STILL}
