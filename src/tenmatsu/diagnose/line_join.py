"""Which line of the error log belongs to which request: by client, worker, and time.

Client and worker count where both sides name them.

An access log's time is the start of a request, an error log's the moment of its trouble, mostly the end.
Whole seconds on the one side and many requests at once leave room for doubt: so a pair has a probability,
the share that a request has of all that would make such a line at that moment (Bayes, densities below).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from math import exp
from statistics import median

from tenmatsu.model.evidence import Event, Evidence, Outcome, Transaction

# Written down when the request is at its end; a script's own words may come at any time of its life.
END_CLASSES = frozenset({"script-ended-early", "script-timeout", "cannot-fork", "upstream", "cpu-limit"})
# What is about no request, or tells nothing about it.
_OTHER_CLASSES = frozenset({"lifecycle", "attack", "other", "out-of-workers", "child-crashed"})
# Access logs have whole seconds: the request began within the second that follows.
_WHOLE_SECOND = 1.0
# A line is written some milliseconds after the end, on a crowded machine some tens; clocks are the same.
_EARLY_SECONDS, _LATE_SECONDS = 0.05, 0.1
# Of requests that nobody measured, one in 150 million lasts this many times the usual, if at random (e**-20).
_LONGEST_RATIO = 20.0
_MOST_SECONDS = 1e6
_USUAL_SECONDS = 2.0  # where no request's duration is known
# One line in fifty seconds may be about a request that stands in no log that was read.
_UNLOGGED_PER_SECOND = 0.02
# A script that ends too early is a 500 for its client, unless its answer had begun; other words may precede
# an answer that is whole.
_OK_AT_END, _OK_AT_ALL = 0.01, 0.1
# Our own requests come over loopback, or from the machine's own address, which need not be known here.
_OWN_FROM_ELSEWHERE = 0.05
# By time alone no pair is sure, however well it fits.
MOST_BY_TIME = 0.95
_MOST_OPEN = 500


@dataclass(frozen=True, slots=True)
class _Open:
    """A request while it ran; `width_seconds` is how exactly its stamps are known, `end` None: not known."""

    request: Transaction
    start: datetime
    end: datetime | None
    width_seconds: float
    usual_seconds: float

    @property
    def longest_seconds(self) -> float:
        """Return how long after its start it may still make a line."""
        known = duration_of(self.request)
        lasted = _LONGEST_RATIO * self.usual_seconds if known is None else known
        return lasted + self.width_seconds + _LATE_SECONDS


def join_lines(
    evidence: Evidence, requests: Sequence[Transaction]
) -> dict[int, tuple[tuple[Event, float], ...]]:
    """Return the lines of each request, by its index, the likeliest first; those under 1 % are left out."""
    order = sorted(range(len(requests)), key=lambda index: requests[index].time)
    usual = _usual_durations(requests)
    opened = [_open(requests[index], usual) for index in order]
    starts = [one.start for one in opened]
    longest = timedelta(seconds=max((one.longest_seconds for one in opened), default=0.0))
    joined: dict[int, list[tuple[Event, float]]] = {}
    for line in evidence.find_events("web.error", since=evidence.since):
        if line.text("error.type") in _OTHER_CLASSES or line.attributes.get("dated") is False:
            continue
        first = bisect_left(starts, line.time - longest)
        last = bisect_right(starts, line.time + timedelta(seconds=_EARLY_SECONDS))
        for place, share in _weigh(line, opened, range(last - 1, first - 1, -1)):
            joined.setdefault(order[place], []).append((line, share))
    return {index: tuple(sorted(lines, key=lambda pair: -pair[1])) for index, lines in joined.items()}


def _usual_durations(requests: Sequence[Transaction]) -> dict[str, float]:
    """Return the median duration by path; under the empty path that of all."""
    by_path: dict[str, list[float]] = {"": []}
    for one in requests:
        if (known := duration_of(one)) is not None:
            by_path[""].append(known)
            by_path.setdefault(one.path, []).append(known)
    return {path: median(times) if times else _USUAL_SECONDS for path, times in by_path.items()}


def _open(request: Transaction, usual: dict[str, float]) -> _Open:
    known = duration_of(request)
    return _Open(
        request=request,
        start=request.time,
        end=None if known is None else request.time + timedelta(seconds=known),
        width_seconds=width_of(request),
        usual_seconds=max(0.05, usual.get(request.path, usual[""])),
    )


def duration_of(request: Transaction) -> float | None:
    """Return how long a request took; None also for what no clock measures: a case may hold anything."""
    known = request.duration_seconds
    return known if known is not None and 0.0 <= known <= _MOST_SECONDS else None


def width_of(request: Transaction) -> float:
    """Return by how many seconds a request may have begun, and ended, later than its stamp says."""
    return 0.0 if request.maker == "probe" else _WHOLE_SECOND


def _weigh(line: Event, opened: Sequence[_Open], places: Iterable[int]) -> list[tuple[int, float]]:
    """Return (place, probability) of the requests, among some, that may have made a line."""
    weights = ((place, _density(line, opened[place])) for place in places)
    possible = dict(islice(((place, weight) for place, weight in weights if weight > 0), _MOST_OPEN))
    whole = sum(possible.values()) + _UNLOGGED_PER_SECOND
    return [
        (place, min(share, 1.0 if _same_client(line, opened[place].request) else MOST_BY_TIME))
        for place, weight in possible.items()
        if (share := weight / whole) >= 0.01
    ]


def _density(line: Event, one: _Open) -> float:
    """Return how likely a request is to make this line at this moment, per second."""
    at_end = line.text("error.type") in END_CLASSES
    fits = _fits(line, one.request)
    if not fits:
        return 0.0
    if one.request.outcome is not Outcome.FAILED:
        fits *= _OK_AT_END if at_end else _OK_AT_ALL
    age = (line.time - one.start).total_seconds()
    if one.end is None:
        return fits * exp(-max(0.0, age) / one.usual_seconds) / one.usual_seconds
    latest = (one.end - one.start).total_seconds() + one.width_seconds + _LATE_SECONDS
    earliest = latest - one.width_seconds - _LATE_SECONDS - _EARLY_SECONDS if at_end else -_EARLY_SECONDS
    return fits / (latest - earliest) if earliest <= age <= latest else 0.0


def _fits(line: Event, request: Transaction) -> float:
    address, worker = line.text("client.address"), line.number("process.pid")
    # One worker writes both lines: another one rules a request out. The same one proves nothing, it may serve
    # many at once.
    if request.pid is not None and worker is not None and request.pid != worker:
        return 0.0
    if not address:
        return 1.0
    if request.maker == "probe":
        return 1.0 if address.startswith(("127.", "::1")) else _OWN_FROM_ELSEWHERE
    return 1.0 if not request.client or request.client == address else 0.0


def _same_client(line: Event, request: Transaction) -> bool:
    return bool(request.client) and request.client == line.text("client.address")
