"""Since when requests fail: the one moment that parts a time with few failures from one with more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tenmatsu.chance import onset
from tenmatsu.model.evidence import Outcome, Transaction

# So surely must more fail than before: 100 times likelier so than not, "decisive" (Jeffreys 1961).
LEAST_STRENGTH = 0.99
LEAST_REQUESTS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Onset:
    """When the failures began: the likeliest moment, and the interval that holds it with 95 %."""

    time: datetime
    low: datetime
    high: datetime


def find_onset(requests: Sequence[Transaction]) -> Onset | None:
    """Return since when more of the requests (oldest first) fail; None where nothing tells such a moment."""
    if len(requests) < LEAST_REQUESTS:
        return None
    # Told by its place in the row: times may be the same.
    counts = [onset.Count(at, one.outcome is Outcome.FAILED, 1) for at, one in enumerate(requests)]
    found = onset.find_onset(counts)
    if found is None or found.strength < LEAST_STRENGTH:
        return None
    time, low, high = (requests[int(place)].time for place in (found.at, found.low, found.high))
    return Onset(time=time, low=low, high=high)
