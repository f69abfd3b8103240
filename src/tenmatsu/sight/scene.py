"""What a sight is given: the way there, the window, the symptom; and the notebook it writes in."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from tenmatsu.model.evidence import Event, Evidence, Gap, Kind, Look, Outcome, Series, Transaction, Value
from tenmatsu.model.marks import Marks
from tenmatsu.model.words import Words
from tenmatsu.reach import Reach
from tenmatsu.reach.hypervisor import Hypervisor
from tenmatsu.reach.probe import ProbeSource

Found = TypeVar("Found")

AS_ROOT = Words("run it as root: sudo tenmatsu investigate", "root で実行: sudo tenmatsu investigate")


@dataclass(kw_only=True)
class Scene:
    """One investigation of one machine: shared by all sights, each of which runs in a thread of its own.

    `since` is how far back logs count. `stop` is set when the person ends the window early. `open_probe`
    begins to tell of every process for so many seconds, and may raise ReachError; None: there is no probe.
    `normal` is what was seen of the same machine when all was well; None: not known. `open_hypervisor`
    connects to what it runs on, where the site says so; `marks` are what the site knows it by.
    `way_seconds` is how much longer looks may take because of the way to the machine.
    """

    reach: Reach
    component: str
    start: datetime
    seconds: float
    since: datetime
    url: str | None = None
    open_probe: Callable[[float], ProbeSource] | None = None
    normal: Evidence | None = None
    open_hypervisor: Callable[[], Hypervisor] | None = None
    marks: Marks = field(default_factory=Marks)
    way_seconds: float = 0.0
    stop: threading.Event = field(default_factory=threading.Event)
    _started: float = field(default_factory=time.monotonic)
    _memory: dict[str, object] = field(default_factory=dict)
    _locks: dict[str, threading.Lock] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def left_seconds(self) -> float:
        """Return how much of the window is left; 0 once it is over or was ended."""
        if self.stop.is_set():
            return 0.0
        return max(0.0, self.seconds - (time.monotonic() - self._started))

    def ticks(self, interval_seconds: float) -> Iterator[datetime]:
        """Yield the time now, then at each interval, and a last time when the window ends."""
        tick = 0
        while True:
            yield self.reach.now()
            if self.left_seconds <= 0:
                return
            tick += 1
            due = self._started + tick * interval_seconds
            while due <= time.monotonic():  # a late look skips beats, it does not hurry after them
                tick += 1
                due = self._started + tick * interval_seconds
            self.wait(min(due - time.monotonic(), self.left_seconds))

    def wait(self, seconds: float) -> None:
        """Wait, or until the window is ended."""
        if seconds > 0:
            self.stop.wait(seconds)

    def wait_for_end(self) -> datetime:
        """Wait until the window is over and return the time."""
        self.wait(self.left_seconds)
        return self.reach.now()

    def once(self, what: str, look: Callable[[], Found]) -> Found:
        """Return the result of a look that several sights need, made only once."""
        with self._lock:
            lock = self._locks.setdefault(what, threading.Lock())
        with lock:
            if what not in self._memory:
                self._memory[what] = look()
            return self._memory[what]  # type: ignore[return-value]  # one name, one type


class Notebook:
    """What one sight writes down. Closed at its limit: what comes later is not taken."""

    def __init__(self, sight: str, component: str) -> None:
        self.sight = sight
        self.component = component
        self.read = Words("", "")
        self._points: dict[tuple[object, ...], list[tuple[datetime, float]]] = {}
        self._series: dict[tuple[object, ...], tuple[str, str, str, Kind, dict[str, Value]]] = {}
        self._events: list[Event] = []
        self._transactions: list[Transaction] = []
        self._gaps: list[Gap] = []
        self._open = True
        self._lock = threading.Lock()

    def sample(
        self,
        time: datetime,
        name: str,
        value: float,
        unit: str,
        kind: Kind = Kind.GAUGE,
        of: str | None = None,
        **attributes: Value,
    ) -> None:
        """Write down one value of a metric. `a__b` in an attribute's name stands for `a.b`.

        `of` is the component that it is of, where that is not the one that was looked at.
        """
        named = {key.replace("__", "."): attribute for key, attribute in attributes.items()}
        component = of or self.component
        key = (component, name, *sorted(named.items()))
        with self._lock:
            if self._open:
                self._series.setdefault(key, (component, name, unit, kind, named))
                self._points.setdefault(key, []).append((time, float(value)))

    def counter(
        self,
        time: datetime,
        name: str,
        value: float,
        unit: str,
        of: str | None = None,
        **attributes: Value,
    ) -> None:
        """Write down the state of a counter."""
        self.sample(time, name, value, unit, Kind.COUNTER, of=of, **attributes)

    def event(
        self, name: str, time: datetime, body: str = "", /, *, of: str | None = None, **attributes: Value
    ) -> None:
        """Write down that something happened or was found; `of` which component, if not that looked at."""
        named = {key.replace("__", "."): value for key, value in attributes.items()}
        event = Event(
            sight=self.sight,
            component=of or self.component,
            name=name,
            time=time,
            attributes=named,
            body=body,
        )
        with self._lock:
            if self._open:
                self._events.append(event)

    def transaction(  # noqa: PLR0913 - one argument a column
        self,
        time: datetime,
        outcome: Outcome,
        maker: str,
        path: str,
        *,
        method: str = "GET",
        status: int | None = None,
        stage: str = "done",
        duration_seconds: float | None = None,
        size_bytes: int | None = None,
        client: str = "",
        reason: str = "",
        pid: int | None = None,
    ) -> None:
        """Write down one request and how it ended."""
        made = Transaction(
            sight=self.sight,
            component=self.component,
            time=time,
            outcome=outcome,
            maker=maker,
            path=path,
            method=method,
            status=status,
            stage=stage,
            duration_seconds=duration_seconds,
            size_bytes=size_bytes,
            client=client,
            reason=reason,
            pid=pid,
        )
        with self._lock:
            if self._open:
                self._transactions.append(made)

    def gap(self, what: Words, why: Words, close_by: Words) -> None:
        """Write down what could not be looked at, why, and what would help."""
        gap = Gap(sight=self.sight, component=self.component, what=what, why=why, close_by=close_by)
        with self._lock:
            if self._open:
                self._gaps.append(gap)

    def close(self, started: datetime, ended: datetime, *, complete: bool) -> "Page":
        """Close the notebook and return what stands in it."""
        with self._lock:
            self._open = False
            series = tuple(self._make_series(key) for key in self._series)
            found = sum(len(s.points) for s in series) + len(self._events) + len(self._transactions)
            look = Look(
                sight=self.sight,
                component=self.component,
                started=started,
                ended=ended,
                complete=complete,
                found=found,
                read=self.read,
            )
            return Page(
                look=look,
                series=series,
                events=tuple(self._events),
                transactions=tuple(self._transactions),
                gaps=tuple(self._gaps),
            )

    def _make_series(self, key: tuple[object, ...]) -> Series:
        component, name, unit, kind, attributes = self._series[key]
        return Series(
            sight=self.sight,
            component=component,
            name=name,
            unit=unit,
            kind=kind,
            attributes=attributes,
            points=tuple(self._points[key]),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """What one sight brought."""

    look: Look
    series: tuple[Series, ...]
    events: tuple[Event, ...]
    transactions: tuple[Transaction, ...]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sight:
    """One way of looking at a component.

    `look` writes into the notebook and may raise `ReachError`, which becomes a gap. `limit_seconds` is
    how long it may take; a sight that `watches` has that long after the window's end.
    `close_by` is what helps when it is not permitted.
    """

    name: str
    title: Words
    look: Callable[[Scene, Notebook], None]
    watches: bool = False
    limit_seconds: float = 10.0
    close_by: Words = AS_ROOT

    def deadline(self, window_seconds: float, way_seconds: float = 0.0) -> timedelta:
        """Return how long after the start the sight is given up."""
        late = window_seconds + 1.5 + way_seconds
        return timedelta(seconds=late if self.watches else min(self.limit_seconds + way_seconds, late))
