"""Listens to the probe on one machine, in a thread of its own, for as long as somebody looks at it."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum

from tenmatsu.errors import TenmatsuError
from tenmatsu.model.evidence import Gap
from tenmatsu.model.processes import Grouping, Ran
from tenmatsu.model.words import Words
from tenmatsu.parse.probe_frames import End, Frame, Hello
from tenmatsu.reach.probe import Lost, ProbeSource
from tenmatsu.sight.process_ledger import Ledger

_END_SECONDS = 5.0


class State(Enum):
    """How the watching stands."""

    STARTING = "starting"
    WATCHING = "watching"
    LOST = "lost"
    ENDED = "ended"
    FAILED = "failed"


class Watch:
    """One machine that is watched. Its methods may be called from any thread."""

    def __init__(self, host: str, open_source: Callable[[], ProbeSource]) -> None:
        """Begin. `open_source` is called in the watch's own thread, and may raise ReachError."""
        self.host = host
        self.state = State.STARTING
        self.trouble: Words | None = None
        self._ledger = Ledger(host)
        self._lock = threading.Lock()
        self._open_source = open_source
        self._source: ProbeSource | None = None
        self._said_hello: float | None = None  # by time.monotonic()
        self._closed = False
        self._thread = threading.Thread(target=self._listen, name=f"watch {host}", daemon=True)
        self._thread.start()

    def ran(self, seconds: float, *, until: datetime | None, grouping: Grouping) -> Ran | None:
        """Return what ran in so many seconds up to `until` (None: now); None where that is not known."""
        with self._lock:
            return self._ledger.ran(seconds, until=until, grouping=grouping)

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """Return from when to when is known what ran; None: nothing yet."""
        with self._lock:
            begins, ends = self._ledger.begins, self._ledger.ends
        return (begins, ends) if begins and ends else None

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Return what cannot be seen there for want of a right or a part."""
        with self._lock:
            return self._source.gaps if self._source else ()

    @property
    def watched_seconds(self) -> float:
        """Return how long ago the probe said hello for the first time; 0 where it has not yet."""
        said = self._said_hello
        return time.monotonic() - said if said is not None else 0.0

    def wait(self, seconds: float) -> bool:
        """Wait for the watch's end; tell whether it has come."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def close(self) -> None:
        """End the watch, and wait for the probe's end."""
        with self._lock:
            self._closed = True
            source = self._source
        if source:
            source.close()
        self._thread.join(_END_SECONDS)

    def _listen(self) -> None:
        try:
            source = self._open_source()
            with self._lock:
                self._source, closed = source, self._closed
            if closed:
                source.close()
                return
            for frame in source.frames():
                self._take(frame)
        except TenmatsuError as error:
            self.trouble, self.state = error.words, State.FAILED
        else:
            self.state = self.state if self.state is State.LOST else State.ENDED

    def _take(self, frame: Frame | Lost) -> None:
        with self._lock:
            self._ledger.take(frame, datetime.now(UTC))
        if isinstance(frame, Lost):
            self.trouble, self.state = frame.why, State.LOST
        elif isinstance(frame, End):
            self.state = State.ENDED
        elif isinstance(frame, Hello):
            self.trouble, self.state = None, State.WATCHING
            self._said_hello = self._said_hello or time.monotonic()
