"""What was counted of access logs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tenmatsu.parse.request_kind import RequestKind

# Durations are counted by the power of two of their microseconds: up to 2^39, six days.
BUCKETS = 40


class Count(NamedTuple):
    """So many requests, and how many of them failed by the server's fault."""

    total: int = 0
    failed: int = 0

    def plus(self, total: int, failed: int = 0) -> "Count":
        """Return the count with these added."""
        return Count(self.total + total, self.failed + failed)


class Asked(NamedTuple):
    """What is asked for: a method and a path with its numbers masked."""

    method: str
    path: str


class Failure(NamedTuple):
    """A failed request, whole. `begin` is in seconds since 1970, cut to whole ones where the log is.

    `micros` is how long it took, None where the log does not say so; `size` likewise. `pid` is the worker's,
    0 where it is not known.
    """

    begin: float
    client: str
    asked: Asked
    kind: RequestKind
    status: int
    size: int | None
    micros: int | None
    pid: int = 0

    @property
    def end(self) -> float:
        """Return when it ended, in seconds since 1970; its begin where nobody knows."""
        return self.begin + (self.micros or 0) / 1e6


class WholeBlocks(NamedTuple):
    """Pages of one kind whose answers were a whole number of blocks.

    `pages` are (path, size) without repeats, at most so many as are kept; `first` is in seconds since
    1970; `example` and `size_bytes` are the newest.
    """

    answers: int
    pages: frozenset[tuple[bytes, int]]
    first: int
    example: str
    size_bytes: int


class Written(NamedTuple):
    """An answer to a write that succeeded: when (seconds since 1970), of what, and its size in bytes."""

    second: int
    asked: Asked
    size: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Durations:
    """How many requests took so long: index `n` counts those under 2^n microseconds, from 2^(n-1) on."""

    total: tuple[int, ...]
    failed: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """All that was counted. `periods` are (begin in seconds since 1970, count), oldest first.

    `unknown` ended in no known way (499: the client went away; no status at all), `own` are
    Tenmatsu's, `outside` were not in the time asked for: none of them is in any other count.
    `folded` are requests whose path, or client, found no room in its table. `trials` counts once what
    the same client asked for within ten seconds (`chance/grouping.py`).
    """

    count: Count
    unknown: int
    own: int
    outside: int
    first: int | None
    last: int | None
    period_seconds: int
    periods: tuple[tuple[int, Count], ...]
    by_kind: Mapping[RequestKind, Count]
    by_asked: Mapping[Asked, Count]
    by_client: Mapping[str, Count]
    by_status: Mapping[int, int]
    durations: Mapping[Asked, Durations]
    folded_paths: int
    folded_clients: int
    failures: tuple[Failure, ...]
    trials: Count = field(default_factory=Count)
    whole_blocks: Mapping[Asked, WholeBlocks] = field(default_factory=dict)
    written: tuple[Written, ...] = ()

    @property
    def failures_dropped(self) -> int:
        """Return how many failed requests were counted, but not kept whole."""
        return self.count.failed - len(self.failures)
