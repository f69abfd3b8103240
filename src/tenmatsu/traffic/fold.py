"""Rows of access logs to counts, a block at a time.

What is the same for many rows is looked at once a block: `Counter` counts columns in C, and only
the distinct values are read. Failed requests are few and are kept whole.
"""

import re
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from itertools import repeat

from tenmatsu.chance.grouping import TrialCount
from tenmatsu.parse.access_stream import RawRow, Rows
from tenmatsu.parse.request_kind import RequestKind, kind_of_agent, looks_like_attack
from tenmatsu.traffic.answers import AnswerSizes
from tenmatsu.traffic.capped import CappedCounts
from tenmatsu.traffic.periods import Periods
from tenmatsu.traffic.tally import BUCKETS, Asked, Count, Durations, Failure, Tally

MOST_PATHS = 5_000
MOST_CLIENTS = 50_000
# 300 bytes each.
MOST_FAILURES = 100_000
_MOST_REMEMBERED = 50_000
_PID_DIGITS = 8
_LONGEST = 200
# One failure says as much as so many requests when a table is full: what fails must stay in it.
_FAILURE_WEIGHS = 1000
_DIGITS = re.compile(r"\d+")
# nginx's for a client that went away.
_CLIENT_LEFT = b"499"
_CLIENT, _TIME, _REQUEST, _STATUS, _SIZE, _AGENT, _TAKEN = range(7)


class TrafficFold:
    """Takes blocks of rows, in any order; `tally` tells what they came to."""

    def __init__(self, since: int | None = None, until: int | None = None) -> None:
        """Count requests from `since` on and before `until` (seconds since 1970; None: no limit)."""
        self._since, self._until = since, until
        self._total = self._failed = self._unknown = self._own = self._outside = 0
        self._first: int | None = None
        self._last: int | None = None
        self._periods = Periods()
        self._kinds: dict[RequestKind, list[int]] = {kind: [0, 0] for kind in RequestKind}
        self._statuses: Counter[int] = Counter()
        self._asked: CappedCounts[Asked] = CappedCounts(MOST_PATHS, 2 + 2 * BUCKETS, _weight)
        self._clients: CappedCounts[bytes] = CappedCounts(MOST_CLIENTS, 2, _weight)
        self._failures: deque[Failure] = deque(maxlen=MOST_FAILURES)
        self._known_requests: dict[bytes, tuple[Asked, bool]] = {}
        self._known_agents: dict[bytes, RequestKind] = {}
        self._trials = TrialCount()
        self._sizes = AnswerSizes(self._read_request)

    def take(self, block: Rows) -> None:
        """Count a block."""
        rows = self._within(block)
        rows = self._of_others(rows)
        rows = self._ended(rows)
        if not rows:
            return
        self._total += len(rows)
        columns = list(zip(*rows, strict=True))
        self._count_times(block, columns[_TIME])
        self._count_agents(columns[_AGENT])
        self._count_clients(columns[_CLIENT])
        bare = [request.partition(b"?")[0] for request in columns[_REQUEST]]  # what follows differs each time
        self._count_asked(bare, _buckets(columns[_TAKEN], block.unit))
        self._count_trials(columns, bare, block)
        self._sizes.take(rows, columns[_SIZE], block)
        self._look_closer([row for row in rows if row[_STATUS] >= b"4"], block)

    def _within(self, block: Rows) -> list[RawRow]:
        since, until = self._since, self._until
        if since is None and until is None:
            return block.rows
        inside = {
            raw
            for raw, second in block.seconds.items()
            if (since is None or second >= since) and (until is None or second < until)
        }
        if len(inside) == len(block.seconds):
            return block.rows
        rows = [row for row in block.rows if row[_TIME] in inside]
        self._outside += len(block.rows) - len(rows)
        return rows

    def _of_others(self, rows: list[RawRow]) -> list[RawRow]:
        own = {agent for agent in {row[_AGENT] for row in rows} if self._kind(agent) is RequestKind.OWN}
        if not own:
            return rows
        others = [row for row in rows if row[_AGENT] not in own]
        self._own += len(rows) - len(others)
        return others

    def _ended(self, rows: list[RawRow]) -> list[RawRow]:
        """Leave out what ended in no known way, and count how the others ended."""
        statuses = Counter([row[_STATUS] for row in rows])
        odd = {one for one in statuses if not _is_status(one)}
        self._unknown += sum(statuses.pop(one) for one in odd)
        for raw, number in statuses.items():
            self._statuses[int(raw)] += number
        return [row for row in rows if row[_STATUS] not in odd] if odd else rows

    def _count_times(self, block: Rows, times: Iterable[bytes]) -> None:
        counted = Counter(times)
        for raw, number in counted.items():
            self._periods.add(block.seconds[raw], number)
        seconds = [block.seconds[raw] for raw in counted]
        self._first = min(seconds) if self._first is None else min(self._first, *seconds)
        self._last = max(seconds) if self._last is None else max(self._last, *seconds)

    def _count_agents(self, agents: Iterable[bytes]) -> None:
        for agent, number in Counter(agents).items():
            self._kinds[self._kind(agent)][0] += number

    def _count_clients(self, clients: Iterable[bytes]) -> None:
        row = self._clients.row
        for client, number in Counter(clients).items():
            row(client[:_LONGEST])[0] += number

    def _count_trials(self, columns: list[tuple[bytes, ...]], bare: Sequence[bytes], block: Rows) -> None:
        times = list(map(block.seconds.__getitem__, columns[_TIME]))
        failed = [status >= b"5" for status in columns[_STATUS]]
        self._trials.take(times, list(zip(columns[_CLIENT], bare, strict=True)), failed)

    def _count_asked(self, bare: Iterable[bytes], buckets: Iterable[int]) -> None:
        row, known, read = self._asked.row, self._known_requests, self._read_request
        for (request, bucket), number in Counter(zip(bare, buckets, strict=False)).items():
            counts = row((known.get(request) or read(request))[0])
            counts[0] += number
            counts[2 + min(bucket, BUCKETS - 1)] += number

    def _look_closer(self, rows: list[RawRow], block: Rows) -> None:
        """Tell attacks among what the client did wrong; keep whole what the server did wrong."""
        for row in rows:
            if row[_STATUS] >= b"5":
                self._fail(row, block)
            elif self._read_request(row[_REQUEST].partition(b"?")[0])[1]:
                self._kinds[self._kind(row[_AGENT])][0] -= 1
                self._kinds[RequestKind.ATTACK][0] += 1

    def _fail(self, row: RawRow, block: Rows) -> None:
        client, time, request, status, size, agent, taken, pid = row
        asked = self._read_request(request.partition(b"?")[0])[0]
        kind, micros, second = self._kind(agent), _micros(taken, block.unit), block.seconds[time]
        self._failed += 1
        self._kinds[kind][1] += 1
        self._clients.row(client[:_LONGEST])[1] += 1
        self._periods.add(second, 0, 1)
        counts = self._asked.row(asked)
        counts[1] += 1
        counts[2 + BUCKETS + _bucket_of(micros)] += 1
        begin = second - (micros or 0) / 1e6 if block.at_end else float(second)
        whole = int(size) if size.isdigit() and len(size) < 19 else None
        self._failures.append(
            Failure(begin, _text(client), asked, kind, int(status), whole, micros, _pid(pid))
        )

    def _read_request(self, raw: bytes) -> tuple[Asked, bool]:
        """Return what is asked for (no query string is in it), and whether only attackers ask for it."""
        found = self._known_requests.get(raw)
        if found is None:
            if len(self._known_requests) > _MOST_REMEMBERED:
                self._known_requests.clear()
            method, _, rest = raw.decode("utf-8", "replace").partition(" ")
            path = rest[:-9] if rest[-9:-3] == " HTTP/" else rest
            found = (Asked(method[:16], _DIGITS.sub("#", path[:_LONGEST])), looks_like_attack(path))
            self._known_requests[raw] = found
        return found

    def _kind(self, agent: bytes) -> RequestKind:
        found = self._known_agents.get(agent)
        if found is None:
            if len(self._known_agents) > _MOST_REMEMBERED:
                self._known_agents.clear()
            found = kind_of_agent(agent) if agent else RequestKind.PERSON  # it is not in the format
            self._known_agents[agent] = found
        return found

    def tally(self) -> Tally:
        """Return what was counted so far."""
        asked = self._asked.rows
        return Tally(
            count=Count(self._total, self._failed),
            unknown=self._unknown,
            own=self._own,
            outside=self._outside,
            first=self._first,
            last=self._last,
            period_seconds=self._periods.seconds,
            periods=self._periods.counted(),
            by_kind={kind: Count(*row) for kind, row in self._kinds.items() if any(row)},
            by_asked={key: _count(row) for key, row in asked.items()},
            by_client={_text(key): _count(row) for key, row in self._clients.rows.items()},
            by_status=dict(self._statuses),
            durations={key: _durations(row) for key, row in asked.items() if row[1]},
            folded_paths=self._asked.folded,
            folded_clients=self._clients.folded,
            failures=tuple(self._failures),
            trials=Count(self._trials.total, self._trials.failed),
            whole_blocks=self._sizes.whole_blocks,
            written=self._sizes.written,
        )


def _weight(row: list[int]) -> int:
    return row[0] + _FAILURE_WEIGHS * row[1]


def _count(row: list[int]) -> Count:
    """Return a count whose key may have been forgotten between its requests and their failures."""
    return Count(max(row[0], row[1]), row[1])


def _durations(row: list[int]) -> Durations:
    failed = row[2 + BUCKETS :]
    return Durations(total=tuple(map(max, row[2 : 2 + BUCKETS], failed)), failed=tuple(failed))


def _is_status(raw: bytes) -> bool:
    return len(raw) == 3 and raw.isdigit() and b"100" <= raw <= b"599" and raw != _CLIENT_LEFT


def _text(raw: bytes) -> str:
    return raw[:_LONGEST].decode("utf-8", "replace")


def _buckets(column: tuple[bytes, ...], unit: int) -> Iterable[int]:
    """Return the power of two of each duration; 0 where the log does not tell it."""
    if not any(column):
        return repeat(0, len(column))
    if unit == 1:
        try:
            return map(int.bit_length, list(map(int, column)))
        except ValueError:  # `-`, or what a person made up
            pass
    return [_bucket_of(_micros(raw, unit)) for raw in column]


def _bucket_of(micros: int | None) -> int:
    return 0 if micros is None else min(micros.bit_length(), BUCKETS - 1)


def _micros(raw: bytes, unit: int) -> int | None:
    try:
        micros = int(raw) if unit == 1 else int(float(raw) * unit)
    except (ValueError, OverflowError):
        return None
    return micros if 0 <= micros < 1 << BUCKETS else None


def _pid(raw: bytes) -> int:
    """Return a worker's number, 0 where the log does not say it (Linux: at most 4,194,304)."""
    return int(raw) if raw.isdigit() and len(raw) < _PID_DIGITS else 0
