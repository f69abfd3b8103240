"""The other signs of a case, and whether each of them is gone too."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from tenmatsu.model.finding import Finding, State
from tenmatsu.model.words import Words

# These speak of the past by their nature: that they are still read is no sign that something still fails.
_OF_THE_PAST = frozenset({"recent-change", "application-changed", "recent-restart"})


class Now(Enum):
    """What became of a sign."""

    GONE = "gone"
    STILL = "still"
    UNKNOWN = "unknown"  # could not be looked at


@dataclass(frozen=True, kw_only=True, slots=True)
class Symptom:
    """A sign of the case, and what is seen of it now, each in its finding's own sentence."""

    id: str
    now: Now
    before: Words
    after: Words


def compare_symptoms(before: Iterable[Finding], after: Iterable[Finding]) -> tuple[Symptom, ...]:
    """Return what became of each finding that was present in the case."""
    seen = {one.id: one for one in after}
    return tuple(
        _compare(one, seen.get(one.id))
        for one in before
        if one.state is State.PRESENT and one.id not in _OF_THE_PAST
    )


def _compare(before: Finding, after: Finding | None) -> Symptom:
    return Symptom(
        id=before.id,
        now=_NOW[after.state] if after else Now.UNKNOWN,
        before=before.sentence,
        after=after.sentence if after else NOT_JUDGED,
    )


_NOW = {State.PRESENT: Now.STILL, State.ABSENT: Now.GONE, State.UNKNOWN: Now.UNKNOWN}
NOT_JUDGED = Words("this version does not look for it", "この版では調べない項目")
