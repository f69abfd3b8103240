"""Requests of the window against those before it, and who makes them."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from tenmatsu.model.evidence import Evidence, Transaction

# Minutes before the window that are compared, at most; what the sight reads for it.
COMPARED = timedelta(minutes=10)
# Of a shorter or emptier past nothing can be told.
LEAST_BEFORE_SECONDS = 60.0
LEAST_BEFORE = 20
FEW_CLIENTS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Traffic:
    """Users' requests. Rates per second; `before` None where the logs hold too little of the past.

    `clients_share` is that of the busiest three clients, `path_share` that of one path. Durations
    are medians in seconds, None where the log does not give them.
    """

    count: int
    rate: float
    before: float | None
    before_busiest: float
    clients_share: float
    clients: int
    top_clients: tuple[str, ...]
    path: str
    path_share: float
    failed: int
    duration: float | None
    duration_before: float | None


def find_traffic(evidence: Evidence) -> Traffic:
    """Return the requests of the window beside those before it."""
    start, seconds = evidence.window.start, max(evidence.window.seconds, 1.0)
    users = evidence.made_by("user")
    now = [one for one in users if one.time >= start - timedelta(seconds=1)]  # whole seconds, cut off
    earlier = [one for one in users if start - COMPARED <= one.time < start - timedelta(seconds=1)]
    counted = _counted(evidence)
    counted_now = sum(count for time, count in counted if time >= start)
    before, busiest = _before(evidence, earlier, counted)
    clients = Counter(one.client for one in now)
    paths = Counter(one.path for one in now)
    path, of_path = paths.most_common(1)[0] if paths else ("", 0)
    top = clients.most_common(FEW_CLIENTS)
    return Traffic(
        count=len(now) + counted_now,
        rate=(len(now) + counted_now) / seconds,
        before=before,
        before_busiest=busiest,
        clients_share=sum(count for _, count in top) / len(now) if now else 0.0,
        clients=len(clients),
        top_clients=tuple(client for client, _ in top),
        path=path,
        path_share=of_path / len(now) if now else 0.0,
        failed=sum((one.status or 0) >= 500 for one in now),
        duration=_duration(now),
        duration_before=_duration(earlier),
    )


def _counted(evidence: Evidence) -> list[tuple[datetime, int]]:
    series = evidence.find_series("web.request.count")
    return [(time, int(value)) for one in series for time, value in one.points]


def _before(
    evidence: Evidence, earlier: list[Transaction], counted: list[tuple[datetime, int]]
) -> tuple[float | None, float]:
    """Return the mean rate before the window, None for too short a past, and that of the busiest minute."""
    start = evidence.window.start
    minutes: Counter[datetime] = Counter()
    for time, count in [(one.time, 1) for one in earlier] + [pair for pair in counted if pair[0] < start]:
        if time >= start - COMPARED:
            minutes[time.replace(second=0, microsecond=0)] += count
    total = sum(minutes.values())
    seconds = (start - min(minutes)).total_seconds() if minutes else 0.0
    if seconds < LEAST_BEFORE_SECONDS or total < LEAST_BEFORE:
        return None, 0.0
    return total / seconds, max(minutes.values()) / 60.0


def _duration(requests: list[Transaction]) -> float | None:
    known = [one.duration_seconds for one in requests if one.duration_seconds is not None]
    return median(known) if known else None
