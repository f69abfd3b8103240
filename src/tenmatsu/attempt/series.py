"""Own transactions one after the other: at what pace, and when it is of no use to go on."""

import random
import secrets
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from enum import Enum

from tenmatsu.model.attempt import Attempt
from tenmatsu.model.evidence import Outcome
from tenmatsu.model.probe_plan import LEAST_SECONDS, Pace

# In a row. Whoever is not there for so long is down, not failing now and then; the rate would say nothing.
MOST_HOPELESS = 10
# Before each attempt we pause at least as long as the one before took: never more than half of the time.
_PAUSE_SHARE = 1.0

MakeAttempt = Callable[[str], Attempt]
Wait = Callable[[float], None]


class Stop(Enum):
    """Why a series ended."""

    COUNT = "count"  # as many as were asked for
    TIME = "time"
    DOWN = "down"  # the site is down, or refuses us: a person has to do something first
    DECIDED = "decided"  # whoever watches has seen enough


class Series:
    """Makes attempts, one at a time. `stopped` says why it ended, once it has."""

    def __init__(
        self,
        make_attempt: MakeAttempt,
        pace: Pace,
        *,
        most: int | None = None,
        seconds: float | None = None,
        wait: Wait = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._make_attempt = make_attempt
        self._pace = pace
        self._most = most
        self._seconds = seconds
        self._wait = wait
        self._clock = clock
        self._hopeless = 0
        self.stopped: Stop | None = None

    def run(self) -> Iterator[Attempt]:
        """Yield each attempt as it ends. The next one begins when it is asked for, and due."""
        began, made = self._clock(), 0
        while True:
            started = self._clock()
            attempt = self._make_attempt(make_mark())
            made += 1
            yield attempt
            self.stopped = self.stopped or self._find_stop(attempt, made, began)
            if self.stopped:
                return
            self._pause(started, attempt, began)
            if self._is_over(began):
                self.stopped = Stop.TIME
                return

    def end(self) -> None:
        """Make no further attempt."""
        self.stopped = Stop.DECIDED

    def _find_stop(self, attempt: Attempt, made: int, began: float) -> Stop | None:
        self._hopeless = self._hopeless + 1 if attempt.hopeless else 0
        if attempt.hopeless and attempt.status is not None:  # it answered, and refuses us
            return Stop.DOWN
        if self._hopeless >= MOST_HOPELESS:
            return Stop.DOWN
        if self._most is not None and made >= self._most:
            return Stop.COUNT
        return Stop.TIME if self._is_over(began) else None

    def _is_over(self, began: float) -> bool:
        return self._seconds is not None and self._clock() - began >= self._seconds

    def _pause(self, started: float, attempt: Attempt, began: float) -> None:
        every = self._pace.every_seconds * random.uniform(1 - self._pace.jitter, 1 + self._pace.jitter)  # noqa: S311 - jitter, not a secret
        rest = max(LEAST_SECONDS, every) - (self._clock() - started)
        pause = max(rest, min(attempt.duration_seconds, 60.0) * _PAUSE_SHARE if rest <= 0 else rest)
        if self._seconds is not None:
            pause = min(pause, max(0.0, self._seconds - (self._clock() - began)))
        self._wait(pause)


def make_mark() -> str:
    """Return a mark that nothing else carries, and that says whose it is."""
    return f"tenmatsu-{secrets.token_hex(8)}"


def find_failures(attempts: list[Attempt]) -> tuple[int, int]:
    """Return how many failed, of how many of which it is known."""
    known = [one for one in attempts if one.outcome is not Outcome.UNKNOWN]
    return sum(one.outcome is Outcome.FAILED for one in known), len(known)


def first_failure(attempts: list[Attempt]) -> datetime | None:
    """Return when the first one failed."""
    return next((one.time for one in attempts if one.outcome is Outcome.FAILED), None)
