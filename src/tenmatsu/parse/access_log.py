"""Lines of a web server's access log: who asked for what, when, and how it ended.

Source: Apache 2.4 mod_log_config; nginx.org, ngx_http_log_module. Apache's time is the start of the
request, nginx's its end: both become the start here. Nothing of a query string is kept.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, NamedTuple

from tenmatsu.parse.access_format import AccessFormat
from tenmatsu.parse.access_json import parse_json_access
from tenmatsu.parse.log_time import parse_log_time, parse_time_as
from tenmatsu.parse.request_kind import RequestKind, kind_of_agent, looks_like_attack

# Times, requests, addresses and agents repeat: each is read once. Forgotten when so many are known,
# so that a hostile log with ever new ones costs no memory.
_MOST_REMEMBERED = 8192
# Linux numbers processes to 4,194,304 (PID_MAX_LIMIT).
_PID_DIGITS = 8
_LONGEST = 300
# Three years: with more, the time at which a request began would leave the calendar.
_LONGEST_SECONDS = 1e8
_UNITS = {"microseconds": 1e-6, "milliseconds": 1e-3, "seconds": 1.0}
_EPOCHS = {"epoch_seconds": 1.0, "epoch_milliseconds": 1e-3, "epoch_microseconds": 1e-6}

# Apache's usual forms and nginx's, whatever stands before and after: for lines from before the
# format was changed.
USUAL_FORMAT = AccessFormat(
    pattern=re.compile(
        rb"^(?:\S+:\d+ )?(\S+) \S+ (?>[^\n]*?\[)([^]\n]*)\] "
        rb'"([^"\\\n]*(?:\\.[^"\\\n]*)*)" (\d{3}) (\d+|-)'
        rb'(?: "[^"\\\n]*(?:\\.[^"\\\n]*)*" "([^"\\\n]*(?:\\.[^"\\\n]*)*)")?[^\n]*()$',
        re.MULTILINE,
    ),
    fields=("client", "time", "request", "status", "size", "agent"),
)


class Access(NamedTuple):
    """One request. `time` is its start, aware, UTC. `path` is without the query string.

    `duration_seconds` is None where the format does not give it, `size_bytes` and the worker's `pid`
    likewise. A status that is none is 0.
    """

    time: datetime
    client: str
    method: str
    path: str
    status: int
    size_bytes: int | None
    duration_seconds: float | None
    kind: RequestKind
    pid: int | None = None


@dataclass(frozen=True, slots=True)
class _Places:
    """Where in a row each thing stands; -1, nowhere, is the item that is always empty."""

    time: int
    status: int
    client: int
    request: int
    method: int
    path: int
    size: int
    agent: int
    duration: int
    pid: int
    unit_seconds: float
    epoch: float


class AccessReader:
    """Reads blocks of whole lines. `lines` counts them, `bad` those of no known form."""

    def __init__(self, format: AccessFormat, zone: tzinfo = UTC) -> None:
        """Read lines of a format; `zone` is that of times without one."""
        self.lines = 0
        self.bad = 0
        self._format = format
        self._zone = zone
        self._places = _find_places(format)
        self._times: dict[bytes, datetime | None] = {}

        self._hours: dict[bytes, datetime | None] = {}
        self._requests: dict[bytes, tuple[str, str, bool]] = {}
        self._clients: dict[bytes, str] = {}
        self._kinds: dict[bytes, RequestKind] = {}

    def read(self, block: bytes) -> list[Access]:
        """Return the requests of a block; a line of no known form is only counted."""
        rows = self._format.pattern.findall(block)
        count = block.count(b"\n") + (block[-1:] not in {b"", b"\n"})
        if len(rows) == count:
            found = [self._access(self._format, self._places, row) for row in rows]
        else:
            found = [self._one(line) for line in block.split(b"\n")]
        good = [one for one in found if one is not None]
        self.lines += count
        self.bad += count - len(good)
        return good

    def _one(self, line: bytes) -> Access | None:
        """Read a line that may be of another form: the block holds some."""
        for format, places in ((self._format, self._places), (USUAL_FORMAT, _USUAL_PLACES)):
            if match := format.pattern.match(line):
                return self._access(format, places, match.groups(b""))
        return self._one_of_json(line) if line[:1] == b"{" else None

    def _one_of_json(self, line: bytes) -> Access | None:
        row = parse_json_access(line, self._zone)
        return self._access(_JSON_FORMAT, _JSON_PLACES, (*row, b"")) if row else None

    def _access(self, format: AccessFormat, places: _Places, row: Sequence[bytes]) -> Access | None:
        raw_time = row[places.time]
        time = self._times.get(raw_time) or self._time(raw_time, format, places)
        if time is None:
            return None
        asked = row[places.request] or b"%b %b" % (row[places.method], row[places.path])
        asked = asked.partition(b"?")[0]  # what follows differs each time, and is not kept
        method, path, hostile = self._requests.get(asked) or self._request(asked)
        duration = _duration(row[places.duration], places.unit_seconds)
        if format.at_end and duration:
            time -= timedelta(seconds=duration)
        raw_status, size = row[places.status], row[places.size]
        status = int(raw_status) if raw_status.isdigit() and len(raw_status) == 3 else 0
        agent = row[places.agent]
        kind = self._kinds.get(agent) or self._kind(agent)
        if hostile and 400 <= status < 500:
            kind = RequestKind.ATTACK
        return Access(
            time,
            self._clients.get(row[places.client]) or self._client(row[places.client]),
            method,
            path,
            status,
            int(size) if size.isdigit() and len(size) < 19 else None,
            duration,
            kind,
            _pid(row[places.pid]),
        )

    def _time(self, raw: bytes, format: AccessFormat, places: _Places) -> datetime | None:
        _forget_if_full(self._times)
        if len(raw) == 26 and raw[2:3] == b"/" and raw[15:17].isdigit() and raw[18:20].isdigit():
            time = self._within_hour(raw)
            self._times[raw] = time
            return time
        if format.time_format:
            time = parse_time_as(raw, format.time_format, self._zone)
        elif places.epoch:
            time = _since_1970(raw, places.epoch)
        else:
            time = parse_log_time(raw, self._zone)
        self._times[raw] = time
        return time

    def _within_hour(self, raw: bytes) -> datetime | None:
        """Read the usual `22/Nov/2025:23:05:12 +0900`, the hour once: quiet logs have ever new seconds."""
        hour = raw[:15] + b"00:00" + raw[20:]
        if hour not in self._hours:
            _forget_if_full(self._hours)
            self._hours[hour] = parse_log_time(hour, self._zone)
        begin, minute, second = self._hours[hour], int(raw[15:17]), int(raw[18:20])
        if begin is None or minute > 59 or second > 60:
            return None
        return begin + timedelta(seconds=60 * minute + min(second, 59))

    def _request(self, raw: bytes) -> tuple[str, str, bool]:
        """Return method, path, and whether only attackers ask for it."""
        _forget_if_full(self._requests)
        method, _, rest = raw.decode("utf-8", "replace").partition(" ")
        path = rest[:-9] if rest[-9:-3] == " HTTP/" else rest
        found = (method[:16], path[:_LONGEST], looks_like_attack(path))
        self._requests[raw] = found
        return found

    def _client(self, raw: bytes) -> str:
        _forget_if_full(self._clients)
        return self._clients.setdefault(raw, raw.decode("utf-8", "replace")[:_LONGEST])

    def _kind(self, agent: bytes) -> RequestKind:
        _forget_if_full(self._kinds)
        found = kind_of_agent(agent) if agent else RequestKind.PERSON  # it is not in the format
        self._kinds[agent] = found
        return found


def _find_places(format: AccessFormat) -> _Places:
    def place(*names: str) -> int:
        return next((format.fields.index(name) for name in names if name in format.fields), -1)

    duration = place(*_UNITS)
    time = place("time", *_EPOCHS)
    return _Places(
        time=time,
        status=place("status"),
        client=place("client"),
        request=place("request"),
        method=place("method"),
        path=place("path"),
        size=place("size", "sent"),
        agent=place("agent"),
        duration=duration,
        pid=place("pid"),
        unit_seconds=_UNITS[format.fields[duration]] if duration >= 0 else 1.0,
        epoch=_EPOCHS.get(format.fields[time], 0.0),
    )


_USUAL_PLACES = _find_places(USUAL_FORMAT)
_JSON_FORMAT = replace(
    USUAL_FORMAT,
    fields=("epoch_seconds", "request", "status", "client", "size", "seconds", "agent"),
)
_JSON_PLACES = _find_places(_JSON_FORMAT)


def _forget_if_full(remembered: dict[bytes, Any]) -> None:
    if len(remembered) >= _MOST_REMEMBERED:
        remembered.clear()


def _pid(raw: bytes) -> int | None:
    return int(raw) if raw.isdigit() and len(raw) < _PID_DIGITS else None


def _duration(raw: bytes, unit_seconds: float) -> float | None:
    try:
        seconds = float(raw) * unit_seconds if raw else -1.0
    except ValueError:
        return None  # `-`
    return seconds if 0.0 <= seconds < _LONGEST_SECONDS else None  # nor `nan`, nor what a person made up


def _since_1970(raw: bytes, unit_seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(raw) * unit_seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
