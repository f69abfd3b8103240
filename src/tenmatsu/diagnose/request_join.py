"""Requests joined with the lines that they left in the error log, and with the ends of their processes."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tenmatsu.diagnose.cgi_ends import LATER_SECONDS, LEAST_WITHIN_SECONDS, CgiEnd
from tenmatsu.diagnose.line_join import END_CLASSES, duration_of, join_lines, width_of
from tenmatsu.diagnose.script_ends import find_script_ends
from tenmatsu.model.evidence import Event, Evidence, Outcome, Transaction

# A process that neither the looks nor the probe saw may have been the one: one in twenty seconds.
_UNSEEN_PER_SECOND = 0.05
# The name in the address need not be that of the script: a rewrite may stand between.
_OTHER_NAME = 0.1
_LEAST_PROBABILITY = 0.05
# A process' start is known to a hundredth of a second (clock ticks), the request's by another clock's stamp.
_BEGUN_BEFORE_SECONDS = 0.05

_Lines = tuple[tuple[Event, float], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class JoinedRequest:
    """A request, its `lines` with the probability (0 to 1) of each, and the end of its process.

    `probability` is that of the process being this request's; 0 where there is none. The lines of
    `mod_cgid` name neither client nor worker: they are joined by time alone, and are never sure.
    """

    transaction: Transaction
    lines: _Lines
    process: CgiEnd | None
    probability: float


@dataclass(frozen=True, slots=True)
class _Span:
    """When a request ended: between `first` and `last`; by the worker `pid`, where that is known (else 0)."""

    first: datetime
    last: datetime
    pid: int
    probability: float


def join_requests(evidence: Evidence, requests: Sequence[Transaction]) -> tuple[JoinedRequest, ...]:
    """Return the requests in their order, each with its lines; the failed ones with their processes too."""
    lines = join_lines(evidence, requests)
    processes = _join_processes(requests, lines, find_script_ends(evidence))
    return tuple(
        JoinedRequest(
            transaction=one,
            lines=lines.get(index, ()),
            process=processes[index][0] if index in processes else None,
            probability=round(processes[index][1], 4) if index in processes else 0.0,
        )
        for index, one in enumerate(requests)
    )


def _join_processes(
    requests: Sequence[Transaction], lines: dict[int, _Lines], ends: Sequence[CgiEnd]
) -> dict[int, tuple[CgiEnd, float]]:
    """Return the process of each failed request: the surest pairs first, each process once."""
    times = [end.event.time for end in ends]
    longest = timedelta(seconds=max(map(_within, ends), default=0.0) + LATER_SECONDS)
    pairs: list[tuple[float, int, int]] = []
    for index, one in enumerate(requests):
        if one.outcome is Outcome.FAILED and (span := _span_of(one, lines.get(index, ()))):
            first, last = bisect_left(times, span.first - longest), bisect_right(times, span.last + longest)
            weighed = _weigh(one, span, {place: ends[place] for place in range(first, last)})
            pairs += [(share, index, place) for place, share in weighed]
    joined: dict[int, tuple[CgiEnd, float]] = {}
    used: set[int] = set()
    for share, index, place in sorted(pairs, key=lambda pair: -pair[0]):
        if index not in joined and place not in used and share >= _LEAST_PROBABILITY:
            joined[index] = (ends[place], share)
            used.add(place)
    return joined


def _span_of(request: Transaction, lines: Iterable[tuple[Event, float]]) -> _Span | None:
    """Return when a request's process ended: the line says so to the millisecond, else the access log."""
    for line, share in lines:
        if line.text("error.type") in END_CLASSES and share > 1 / 2:
            # With mod_cgi the worker waits for its own child; with mod_cgid it is the daemon's.
            pid = int(line.number("process.pid") or 0) if line.text("module") == "cgi" else 0
            return _Span(line.time, line.time, pid, share)
    known = duration_of(request)
    if known is None:
        return None
    end = request.time + timedelta(seconds=known)
    return _Span(end, end + timedelta(seconds=width_of(request)), 0, 1.0)


def _weigh(request: Transaction, span: _Span, ends: Mapping[int, CgiEnd]) -> list[tuple[int, float]]:
    weights = {place: _density(request, span, one) for place, one in ends.items()}
    whole = sum(weights.values()) + _UNSEEN_PER_SECOND
    return [(place, span.probability * weight / whole) for place, weight in weights.items() if weight]


def _density(request: Transaction, span: _Span, one: CgiEnd) -> float:
    """Return how likely this process is to have ended in that span, per second."""
    within = _within(one)
    early = span.first - timedelta(seconds=within + LATER_SECONDS)
    late = span.last + timedelta(seconds=within)
    parent = int(one.event.number("process.parent_pid") or 0)
    if not early <= one.event.time <= late or (span.pid and parent and span.pid != parent):
        return 0.0
    if one.lived_seconds > (late - request.time).total_seconds() + _BEGUN_BEFORE_SECONDS:
        return 0.0  # it was there before the request
    named = not one.script_name or one.script_name in request.path.split("/")
    return (1.0 if named else _OTHER_NAME) / (late - early).total_seconds()


def _within(one: CgiEnd) -> float:
    return max(LEAST_WITHIN_SECONDS, one.event.number("end_within_seconds") or 0.0)
