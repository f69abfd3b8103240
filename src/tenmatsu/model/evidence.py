"""What the sights brought: samples, events, transactions; and gaps, where nobody could look.

Three answers, never two: a value, nothing (looked, and there was nothing), or a `Gap`.
Metric and attribute names follow OpenTelemetry's semantic conventions 1.36 where they have one;
names without one begin with `linux.`, `web.`, `dns.`, `change.` or `machine.`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from tenmatsu.model.words import Words

Value = str | int | float | bool
Attributes = Mapping[str, Value]


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """The time that was watched. Aware UTC times; `end` is after `start`."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """Return its length in seconds."""
        return (self.end - self.start).total_seconds()

    def holds(self, time: datetime) -> bool:
        """Tell whether a time lies in it, both ends included."""
        return self.start <= time <= self.end


class Kind(Enum):
    """How a series is read: a gauge is a level, a counter only ever grows until it is reset."""

    GAUGE = "gauge"
    COUNTER = "counter"


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """Samples of one metric: `points` are (time, value), oldest first, the value in `unit` (UCUM)."""

    sight: str
    component: str
    name: str
    unit: str
    kind: Kind
    attributes: Attributes
    points: tuple[tuple[datetime, float], ...]

    @property
    def last(self) -> float:
        """Return the newest value."""
        return self.points[-1][1]

    @property
    def highest(self) -> float:
        """Return the largest value."""
        return max(value for _, value in self.points)

    @property
    def mean(self) -> float:
        """Return the plain mean of the values."""
        return sum(value for _, value in self.points) / len(self.points)

    @property
    def seconds(self) -> float:
        """Return the time from the first sample to the last, in seconds."""
        return (self.points[-1][0] - self.points[0][0]).total_seconds()

    @property
    def increase(self) -> float:
        """Return how much a counter grew over all samples; a reset counts from zero again."""
        return sum(step for _, step in self.steps())

    @property
    def rate(self) -> float | None:
        """Return a counter's growth per second, or None where one sample cannot tell."""
        return self.increase / self.seconds if self.seconds > 0 else None

    def steps(self) -> Iterator[tuple[datetime, float]]:
        """Yield (time of the later sample, growth) for each pair of neighbouring samples."""
        for (_, before), (time, after) in zip(self.points, self.points[1:], strict=False):
            yield time, after - before if after >= before else after


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Something that happened or was found, at a time: a log line, a change, what a machine is."""

    sight: str
    component: str
    name: str
    time: datetime
    attributes: Attributes
    body: str = ""

    def text(self, key: str) -> str:
        """Return an attribute as text, empty where there is none."""
        return str(self.attributes.get(key, ""))

    def number(self, key: str) -> float | None:
        """Return an attribute as a number, or None where there is none."""
        value = self.attributes.get(key)
        return float(value) if isinstance(value, int | float) else None


class Outcome(Enum):
    """How a transaction ended. `UNKNOWN`: it was cut off by the end of the window, not by the server."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Transaction:
    """One request. `maker` is `probe` for our own and `user` for one read from a log.

    `duration_seconds` is None where the log does not give it. `stage` is where it ended: `name`,
    `connect`, `tls`, `first_byte`, `body` or `done`. `pid` is the server's worker, where the log names it.
    """

    sight: str
    component: str
    time: datetime
    outcome: Outcome
    maker: str
    path: str
    method: str = "GET"
    status: int | None = None
    stage: str = "done"
    duration_seconds: float | None = None
    size_bytes: int | None = None
    client: str = ""
    reason: str = ""
    pid: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """We could not look. `sight` names the look, `what` what stays unseen, `close_by` what would help."""

    sight: str
    component: str
    what: Words
    why: Words
    close_by: Words


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """That a sight looked at all, what it read, and what that cost.

    `complete` is False where a limit cut it short. `found` counts the values it brought.
    """

    sight: str
    component: str
    started: datetime
    ended: datetime
    complete: bool
    found: int
    read: Words


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All that was seen within one window, and where nobody could look.

    `since` is how far back logs and changes count as part of the symptom; at latest the window's start.
    `asked_url` is the symptom that was named, if one was. What was seen *of* this machine from below is part
    of it, under the components of the hypervisor's; what was seen *inside* other machines in the same window
    is not mixed in: each has evidence of its own, in `beside`, its times in our clock.
    """

    window: Window
    since: datetime
    component: str
    asked_url: str | None = None
    series: tuple[Series, ...] = ()
    events: tuple[Event, ...] = ()
    transactions: tuple[Transaction, ...] = ()
    looks: tuple[Look, ...] = ()
    gaps: tuple[Gap, ...] = ()
    beside: tuple["Evidence", ...] = ()
    _by_name: dict[str, list[Series]] = field(init=False, repr=False, compare=False)
    _events_by_name: dict[str, list[Event]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_name: dict[str, list[Series]] = {}
        for series in self.series:
            by_name.setdefault(series.name, []).append(series)
        events: dict[str, list[Event]] = {}
        for event in sorted(self.events, key=lambda event: event.time):
            events.setdefault(event.name, []).append(event)
        object.__setattr__(self, "_by_name", by_name)
        object.__setattr__(self, "_events_by_name", events)

    def find_series(self, name: str, **attributes: Value) -> list[Series]:
        """Return the series of a metric whose attributes include those given (`a__b` stands for `a.b`)."""
        wanted = {key.replace("__", "."): value for key, value in attributes.items()}
        return [s for s in self._by_name.get(name, []) if _includes(s.attributes, wanted)]

    def one_series(self, name: str, **attributes: Value) -> Series | None:
        """Return the first such series, or None where there is none."""
        return next(iter(self.find_series(name, **attributes)), None)

    def find_events(self, name: str, *, since: datetime | None = None) -> list[Event]:
        """Return the events of a name, oldest first, from `since` on."""
        events = self._events_by_name.get(name, [])
        return events if since is None else [e for e in events if e.time >= since]

    def latest(self, name: str) -> Event | None:
        """Return the newest event of a name, or None."""
        events = self._events_by_name.get(name, [])
        return events[-1] if events else None

    def made_by(self, maker: str) -> list[Transaction]:
        """Return the transactions of one maker (`probe` or `user`), oldest first."""
        mine = (t for t in self.transactions if t.maker == maker)
        return sorted(mine, key=lambda transaction: transaction.time)

    def looked(self, sight: str) -> bool:
        """Tell whether a sight really looked, so that what it did not bring was not there."""
        return any(look.sight == sight and look.complete for look in self.looks)

    def gaps_of(self, *sights: str) -> list[Gap]:
        """Return the gaps of these sights, in their order."""
        return [gap for gap in self.gaps if gap.sight in sights]

    @property
    def look_back(self) -> timedelta:
        """Return how far back, from the window's end, the logs count."""
        return self.window.end - self.since


def _includes(attributes: Attributes, wanted: Mapping[str, Value]) -> bool:
    return all(attributes.get(key) == value for key, value in wanted.items())


def total_increase(series: Iterable[Series]) -> float:
    """Return the summed growth of several counters."""
    return sum(one.increase for one in series)
