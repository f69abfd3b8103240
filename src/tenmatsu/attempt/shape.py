"""How long failures took: at once, always as long, or now and then; a hint at who ended them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import median

from tenmatsu.model.attempt import Attempt
from tenmatsu.model.evidence import Outcome

# Fewer cannot show that they are alike.
_LEAST = 3
# A limit of seconds ends what it ends within some milliseconds; under load within some tens.
_ALIKE_SHARE, _ALIKE_SECONDS = 0.05, 0.1
# What fails before it did anything: a process that could not start takes milliseconds.
_AT_ONCE_SECONDS, _AT_ONCE_SHARE = 0.1, 0.2


class Kind(Enum):
    """What the durations of the failures have in common."""

    AT_ONCE = "at_once"
    FIXED = "fixed"  # as long each time: a time limit
    VARIED = "varied"
    FEW = "few"  # too few to tell


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """Medians in seconds; None where there is none."""

    kind: Kind
    failed_seconds: float | None
    ok_seconds: float | None


def find_shape(attempts: Sequence[Attempt]) -> Shape:
    """Return the shape of the failures' durations beside that of the good ones."""
    failed = [one.duration_seconds for one in attempts if one.outcome is Outcome.FAILED]
    good = [one.duration_seconds for one in attempts if one.outcome is Outcome.OK]
    usual = median(good) if good else None
    return Shape(
        kind=_find_kind(failed, usual), failed_seconds=median(failed) if failed else None, ok_seconds=usual
    )


def _find_kind(failed: Sequence[float], usual: float | None) -> Kind:
    if len(failed) < _LEAST:
        return Kind.FEW
    longest, middle = max(failed), median(failed)
    if longest <= _AT_ONCE_SECONDS and (usual is None or middle <= usual * _AT_ONCE_SHARE):
        return Kind.AT_ONCE
    if longest - min(failed) <= max(_ALIKE_SECONDS, _ALIKE_SHARE * middle) and middle > _AT_ONCE_SECONDS:
        # As long as the good ones take is no limit, but how long the work takes.
        return Kind.VARIED if usual and abs(middle - usual) <= 0.2 * usual else Kind.FIXED
    return Kind.VARIED
