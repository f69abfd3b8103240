"""Whole access logs, fast: blocks of bytes to raw rows, several hundred thousand lines a second.

`AccessReader` makes a value of each line; for millions of lines that takes too long. Here one call
of the format's pattern reads a whole block, only the *distinct* times of a block are looked at, and
all else stays bytes until it is counted. The formats are those of `access_format`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from operator import itemgetter
from typing import NamedTuple

from tenmatsu.parse.access_format import AccessFormat, compile_access_format
from tenmatsu.parse.access_json import parse_json_access
from tenmatsu.parse.access_log import USUAL_FORMAT
from tenmatsu.parse.log_time import parse_log_time, parse_time_as

# Richest first: of two that read as many lines of a sample, the earlier one is taken. The number at
# a line's end is Apache's %D or %T, or nginx's $request_time: told apart by its size (`_unit_of`).
_COMBINED = '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"'
_USUAL = (
    f"{_COMBINED} %D",
    f"%v:%p {_COMBINED} %D",
    _COMBINED,
    f"%v:%p {_COMBINED}",
    '%h %l %u %t "%r" %>s %b %D',
    '%h %l %u %t "%r" %>s %b',
)
_SAMPLE_LINES = 2000
_LONGEST_EXAMPLE = 200
_MOST_REMEMBERED = 100_000
# A whole number from here on is microseconds: nobody waits a quarter of an hour (as in access_json).
_MICROSECONDS = 1000
# Of the year 9998: all that is made of it stays in the calendar.
_LAST_SECOND = 253_300_000_000
_UNITS = {"microseconds": 1, "milliseconds": 1000, "seconds": 1_000_000}
_EPOCHS = {"epoch_seconds": 1.0, "epoch_milliseconds": 1e-3, "epoch_microseconds": 1e-6}


class Row(NamedTuple):
    """A line's parts as they stand there; empty where the format has none.

    What a reader returns are plain tuples in this order: making these would take longer than
    reading the line.
    """

    client: bytes
    time: bytes
    request: bytes
    status: bytes
    size: bytes
    agent: bytes
    taken: bytes
    pid: bytes = b""


RawRow = tuple[bytes, ...]


class Rows(NamedTuple):
    """The rows of a block. `seconds` has each of their times, in seconds since 1970.

    `unit` is what `taken` counts, in microseconds. With `at_end` a time is that of the request's end,
    `with_headers` a size that of all that was sent.
    """

    rows: list[RawRow]
    seconds: dict[bytes, int]
    unit: int
    at_end: bool
    with_headers: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamFormat:
    """A format of access logs, and how its rows are told. `lines_are_json` where it has none.

    `text` is the format as it is written in a configuration; empty where it is only known as a pattern.
    """

    format: AccessFormat
    unit: int = 1
    lines_are_json: bool = False
    text: str = ""

    @property
    def has_duration(self) -> bool:
        """Tell whether its lines say how long a request took."""
        return self.lines_are_json or any(name in _UNITS for name in self.format.fields)


def read_format(format: str) -> StreamFormat:
    """Return a `LogFormat` or `log_format` that somebody gave.

    Raises:
        ParseError: it is none, or has no time or no status.
    """
    compiled = compile_access_format(format)
    unit = next((_UNITS[name] for name in compiled.fields if name in _UNITS), 1)
    return StreamFormat(format=compiled, unit=unit, text=format)


def find_format(sample: bytes) -> StreamFormat:
    """Return the known format that reads most lines of the beginning of a log."""
    lines = _lines_of(sample)
    best, most = StreamFormat(format=USUAL_FORMAT), 0
    for format in map(read_format, _USUAL):
        read = _count(format, lines)
        if read > most:
            best, most = format, read
    usual, json = StreamFormat(format=USUAL_FORMAT), StreamFormat(format=USUAL_FORMAT, lines_are_json=True)
    of_usual = _count(usual, lines)
    if _count(json, lines) > max(most, of_usual):
        return json
    return _with_unit(best, lines) if most >= of_usual else usual


def count_read(format: StreamFormat, sample: bytes) -> int:
    """Return how many lines of the beginning of a log are of a format."""
    return _count(format, _lines_of(sample))


def _lines_of(sample: bytes) -> list[bytes]:
    return [line for line in sample.split(b"\n")[:_SAMPLE_LINES] if line]


def _count(format: StreamFormat, lines: Iterable[bytes]) -> int:
    if format.lines_are_json:
        return sum(line[:1] == b"{" and parse_json_access(line, UTC) is not None for line in lines)
    return sum(format.format.pattern.match(line) is not None for line in lines)


def _with_unit(found: StreamFormat, lines: Iterable[bytes]) -> StreamFormat:
    """Return the format with the unit of its durations, as their values tell it.

    A fraction is nginx's or a proxy's, in seconds, and stands in lines stamped at the end.
    """
    if not found.has_duration:
        return found
    matches = (found.format.pattern.match(line) for line in lines)
    at = found.format.fields.index("microseconds") + 1
    values = [match[at] for match in matches if match]
    if any(b"." in value for value in values):
        return replace(found, unit=1_000_000, format=replace(found.format, at_end=True))
    whole = [int(value) for value in values if value.isdigit() and len(value) < 16]
    return found if not whole or max(whole) >= _MICROSECONDS else replace(found, unit=1_000_000)


class StreamReader:
    """Reads blocks of whole lines. `lines` counts them, `unread` those of no known form.

    `example` is one of those, cut; empty as long as there was none.
    """

    def __init__(self, format: StreamFormat, zone: tzinfo = UTC) -> None:
        """Read lines of a format; `zone` is that of times without one."""
        self.lines = 0
        self.unread = 0
        self.example = b""
        self.format = format
        self._zone = zone
        self._order = _order_of(format.format)
        self._usual = _order_of(USUAL_FORMAT)
        self._seconds: dict[bytes, int | None] = {}
        self._minutes: dict[bytes, int | None] = {}

    def read(self, block: bytes) -> Rows:
        """Return the rows of a block; what is not read is counted."""
        count = block.count(b"\n") + (block[-1:] not in {b"", b"\n"})
        found = [] if self.format.lines_are_json else self.format.format.pattern.findall(block)
        rows = self._order(found) if len(found) == count else self._line_by_line(block)
        seconds, all_known = self._seconds_of(rows)
        good = rows if all_known else [row for row in rows if row[1] in seconds]
        if not all_known:
            self._note(next(row[1] for row in rows if row[1] not in seconds))
        self.lines += count
        self.unread += count - len(good)
        with_headers = "sent" in self.format.format.fields and "size" not in self.format.format.fields
        return Rows(good, seconds, self.format.unit, self.format.format.at_end, with_headers)

    def _seconds_of(self, rows: list[RawRow]) -> tuple[dict[bytes, int], bool]:
        """Return the rows' times that are times, and whether all are."""
        if len(self._seconds) > _MOST_REMEMBERED:
            self._seconds.clear()
        raw_times = set(map(itemgetter(1), rows))
        for raw in raw_times.difference(self._seconds):
            self._seconds[raw] = self._second(raw)
        known = {raw: self._seconds[raw] for raw in raw_times}
        times = {raw: second for raw, second in known.items() if second is not None}
        return times, len(times) == len(known)

    def _second(self, raw: bytes) -> int | None:
        """Return a time in seconds since 1970; of the usual `22/Nov/2025:23:05:12 +0900` the minute once."""
        if len(raw) == 26 and raw[17:18] == b":" and raw[18:20].isdigit() and raw[18:20] <= b"60":
            minute = raw[:18] + b"00" + raw[20:]
            if minute not in self._minutes:
                if len(self._minutes) > _MOST_REMEMBERED:
                    self._minutes.clear()
                self._minutes[minute] = self._any_second(minute)
            begun = self._minutes[minute]
            return None if begun is None else begun + int(raw[18:20])
        return self._any_second(raw)

    def _any_second(self, raw: bytes) -> int | None:
        format = self.format.format
        epoch = next((unit for name, unit in _EPOCHS.items() if name in format.fields), 0.0)
        try:
            if epoch:
                second = int(float(raw) * epoch)
                return second if 0 <= second <= _LAST_SECOND else None
            time = parse_time_as(raw, format.time_format, self._zone) if format.time_format else None
            time = time or parse_log_time(raw, self._zone)
        except (ValueError, OverflowError):
            return None
        return max(0, int(time.timestamp())) if time else None

    def _line_by_line(self, block: bytes) -> list[RawRow]:
        """Read a block in which a line is of another form, or all are JSON."""
        found = []
        for line in block.removesuffix(b"\n").split(b"\n") if block else []:
            row = self._row(line)
            if row is None:
                self._note(line)
            else:
                found.append(row)
        return found

    def _row(self, line: bytes) -> RawRow | None:
        if not self.format.lines_are_json and (match := self.format.format.pattern.match(line)):
            return self._order([match.groups(b"")])[0]
        if match := USUAL_FORMAT.pattern.match(line):
            return self._usual([match.groups(b"")])[0]
        json = parse_json_access(line, self._zone) if line[:1] == b"{" else None
        if json is None:
            return None
        time, request, status, client, size, taken, agent = json
        return Row(client, time, request, status, size, agent, self._in_own_unit(taken))

    def _in_own_unit(self, taken: bytes) -> bytes:
        try:
            return b"%d" % int(float(taken) * 1e6 / self.format.unit) if taken else b""
        except (ValueError, OverflowError):
            return b""

    def _note(self, line: bytes) -> None:
        self.example = self.example or line[:_LONGEST_EXAMPLE]


def _order_of(format: AccessFormat) -> Callable[[list[RawRow]], list[RawRow]]:
    """Return what puts a pattern's groups into the order of `Row`."""
    fields = format.fields

    def place(*names: str) -> int:
        return next((fields.index(name) for name in names if name in fields), len(fields))

    places = (
        place("client"),
        place("time", *_EPOCHS),
        place("request"),
        place("status"),
        place("size", "sent"),
        place("agent"),
        place(*_UNITS),
        place("pid"),
    )
    pick, method, path = itemgetter(*places), place("method"), place("path")
    if "request" in fields or not {"method", "path"} & set(fields):
        return lambda rows: list(map(pick, rows))

    def put_together(rows: list[RawRow]) -> list[RawRow]:
        return [_asking(pick(row), row[method], row[path]) for row in rows]

    return put_together


def _asking(row: RawRow, method: bytes, path: bytes) -> RawRow:
    return (*row[:2], b"%b %b" % (method, path), *row[3:])
