"""Failed requests, joined with the lines of error logs that say why.

An access log's stamp is the start of a request, cut to a whole second; an error log's is the moment
of the line. So a line belongs to a request that ran then, and the server's own last word comes at
its end: start plus duration. Lines that name a client go to that client's requests only; those
without one (mod_cgid) go by time alone, and where several requests ended then, each gets its share.
Where both sides name the worker (`%P`), it must be the same one.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tenmatsu.parse.error_line import ErrorLine
from tenmatsu.parse.error_messages import ErrorClass, classify_error, template_of
from tenmatsu.traffic.tally import Failure

# The access log cuts its second off, and lines are written a moment after what they tell.
_CUT_SECONDS = 1.0
_SLACK_SECONDS = 0.25
# Without durations in the log: as long as servers usually wait for a script (Apache's Timeout).
_LONGEST_SECONDS = 60.0
# A line that so many requests may be meant by says nothing of any.
_MOST_CANDIDATES = 20
_MOST_TEMPLATES = 2000
# What says by itself why a request failed.
_SILENT = {ErrorClass.OTHER, ErrorClass.LIFECYCLE, ErrorClass.ATTACK}


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """A kind of line, and for how many failed requests it stands: surely, and by time alone."""

    kind: ErrorClass
    sure: int
    likely: float
    example: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Joined:
    """Failed requests and error lines. `failures` were kept whole, `explained` of them have a line.

    `lines` were read, `stray` of them belong to no failed request; `undecided` to one of so many
    that nothing is said.
    """

    failures: int
    explained: float
    lines: int
    stray: int
    undecided: int
    reasons: tuple[Reason, ...]


class FailureJoin:
    """Takes lines of error logs, in any order; `joined` tells whose they were."""

    def __init__(self, failures: Sequence[Failure]) -> None:
        self._failures = sorted(failures, key=lambda one: one.end)
        self._ends = [one.end for one in self._failures]
        self._by_client: dict[str, list[int]] = {}
        for at, one in enumerate(self._failures):
            self._by_client.setdefault(one.client, []).append(at)
        self._client_ends = {
            client: [self._ends[at] for at in places] for client, places in self._by_client.items()
        }
        self._lines = self._stray = self._undecided = 0
        # Of each request that has a line: the best one's kind, and how likely it is its own.
        self._found: dict[int, tuple[float, ErrorClass]] = {}
        self._examples: Counter[tuple[ErrorClass, str]] = Counter()

    def take(self, lines: Iterable[ErrorLine]) -> None:
        """Find the request of each line."""
        for line in lines:
            self._lines += 1
            places = [at for at in self._candidates(line) if self._may_be_of(line, at)]
            if not places:
                self._stray += 1
            elif len(places) > _MOST_CANDIDATES:
                self._undecided += 1
            else:
                self._note(line, places)

    def _may_be_of(self, line: ErrorLine, at: int) -> bool:
        """Tell whether one worker can have written both: where both sides name it, it is the same one."""
        pid = self._failures[at].pid
        return not pid or not line.pid or pid == line.pid

    def _candidates(self, line: ErrorLine) -> list[int]:
        time = line.time.timestamp()
        client = line.client if line.client in self._by_client else _address(line.client)
        if client not in self._by_client:
            return [] if client else self._ending_at(time)
        places, ends = self._by_client[client], self._client_ends[client]
        begin = bisect_left(ends, time - _CUT_SECONDS - _SLACK_SECONDS)
        near = places[begin : begin + 2 * _MOST_CANDIDATES]
        found = [at for at in near if self._failures[at].begin - _SLACK_SECONDS <= time]
        return found or self._without_duration(places, ends, time)

    def _ending_at(self, time: float) -> list[int]:
        begin = bisect_left(self._ends, time - _CUT_SECONDS - _SLACK_SECONDS)
        end = bisect_left(self._ends, time + _SLACK_SECONDS, begin)
        return list(range(begin, end))[: _MOST_CANDIDATES + 1]

    def _without_duration(self, places: list[int], ends: list[float], time: float) -> list[int]:
        """Return the client's last request that began before; its end is not known."""
        begin = bisect_left(ends, time - _LONGEST_SECONDS)
        end = bisect_left(ends, time + _SLACK_SECONDS, begin)
        return [at for at in places[begin:end] if self._failures[at].micros is None][-1:]

    def _note(self, line: ErrorLine, places: list[int]) -> None:
        kind = classify_error(line.code, line.message)
        share = (1.0 if line.client else 0.999) / len(places)
        for at in places:
            known = self._found.get(at)
            if known is None or (kind not in _SILENT, share) > (known[1] not in _SILENT, known[0]):
                self._found[at] = (share, kind)
        key = (kind, template_of(line.message))
        if key in self._examples or len(self._examples) < _MOST_TEMPLATES:
            self._examples[key] += 1

    def joined(self) -> Joined:
        """Return what was found so far."""
        sure: Counter[ErrorClass] = Counter()
        likely: dict[ErrorClass, float] = {}
        for share, kind in self._found.values():
            if share == 1.0:
                sure[kind] += 1
            else:
                likely[kind] = likely.get(kind, 0.0) + share
        kinds = sorted({*sure, *likely}, key=lambda kind: -sure[kind] - likely.get(kind, 0.0))
        return Joined(
            failures=len(self._failures),
            explained=sum(share for share, _ in self._found.values()),
            lines=self._lines,
            stray=self._stray,
            undecided=self._undecided,
            reasons=tuple(
                Reason(kind=kind, sure=sure[kind], likely=likely.get(kind, 0.0), example=self._example(kind))
                for kind in kinds
            ),
        )

    def _example(self, kind: ErrorClass) -> str:
        usual = [(count, text) for (of, text), count in self._examples.items() if of is kind]
        return max(usual, default=(0, ""))[1]


def _address(client: str) -> str:
    """Return the address without the port that Apache 2.4 adds: `192.0.2.1:80`, `[::1]:80`."""
    address, colon, port = client.rpartition(":")
    if not colon or not port.isdigit():
        return client
    if client.startswith("["):
        return address.strip("[]")
    return address
