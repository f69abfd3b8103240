"""Files of syslog lines, in the forms that daemons write.

    Mar 11 02:14:07 web1 kernel: ...                        traditional, local time without a year (RFC 3164)
    2026-03-11T02:14:07.123456+09:00 web1 kernel: ...       rsyslog's default since Debian 12
    <6>1 2026-03-11T02:14:07Z web1 kernel - - - ...         RFC 5424
    Mar 11 02:14:07 web1 kern.info kernel: ...              BusyBox

Often followed by printk's own stamp, `[   12.345678]`. The year of a traditional stamp is inferred:
the last line is not younger than the file, and a month that falls far back was a New Year's Eve.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

from tenmatsu.errors import ParseError

_NAMES = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_MONTHS = {name: number for number, name in enumerate(_NAMES, start=1)}
_SEVERITIES = {
    name: number for number, name in enumerate(b"emerg alert crit err warn notice info debug".split())
} | {b"panic": 0, b"error": 3, b"warning": 4}
_STAMP = (
    rb"(?:(?P<month>[A-Z][a-z][a-z]) (?P<day>[ 0-3]?\d) (?P<clock>\d\d:\d\d:\d\d)(?:\.\d+)?"
    rb"|(?P<iso>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)))"
)
_DATED = re.compile(rb"(?:<(?P<priority>\d{1,3})>(?:1 )?)?" + _STAMP + rb" ")
_KERNEL = re.compile(
    rb"[^\s]{1,255} (?:\w+\.(?P<level>\w+) )?kernel"
    rb"(?:(?:\[\d+\])?: ?|(?: \S+){2} (?:-|\[.*?\]) ?(?:\xef\xbb\xbf)?)"
    rb"(?:\[ *(?P<printk>\d+\.\d{6})\] ?)?(?P<text>.*)"
)
_MARK = b" kernel"
# A file is written at most a moment after its last line's stamp; a day allows for other zones.
_SLACK = timedelta(days=1)
# From December back to January is 11 months; clocks that are set back rarely go that far.
_NEW_YEAR_MONTHS = 6
# Lines without a stamp, such as one that was cut off, before nobody can say what the file is.
_MOST_UNDATED = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class SyslogLine:
    """A kernel message. `stamp` is printk's, in seconds since boot; `severity` where the line gives it."""

    time: datetime
    severity: int | None
    stamp: float | None
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SyslogPart:
    """What a file, or the end of one, holds. `lines` are the kernel's that were asked for.

    `first` and `last` are the times of any line, `first_kernel` and `last_kernel` of the kernel's;
    None where there is no such line.
    """

    lines: tuple[SyslogLine, ...]
    total_lines: int
    kernel_lines: int
    first: datetime | None
    last: datetime | None
    first_kernel: datetime | None
    last_kernel: datetime | None


def parse_syslog(text: bytes, *, modified: datetime, zone: tzinfo, keep: Callable[[str], bool]) -> SyslogPart:
    """Return the kernel's lines for which `keep` holds, and what the whole part spans.

    Args:
        text: the file, or its end; a first line that was cut is left out.
        modified: when the file was last written, aware.
        zone: the zone of the machine's local time, in which traditional stamps are.
        keep: tells by a message's text whether it is wanted; the others are only counted.
    """
    edges = [edge for edge in (_first_stamp(text), _last_stamp(text)) if edge is not None]
    if not edges and text.strip():
        raise ParseError("syslog", repr(text[:60]))
    calendar = _Calendar(zone=zone, modified=modified)
    first = calendar.note(edges[0]) if edges else None
    kept: list[tuple[_Stamp, re.Match[bytes], str]] = []
    kernel: list[_Stamp] = []
    for dated, body in _kernel_lines(text):
        stamp = calendar.note(dated)
        kernel = [kernel[0], stamp] if kernel else [stamp]
        message = body["text"].decode("utf-8", "replace")
        if keep(message):
            kept.append((stamp, body, message))
    last = calendar.note(edges[-1]) if edges else None
    return SyslogPart(
        lines=tuple(line for one in kept if (line := _make_line(calendar, *one)) is not None),
        total_lines=text.count(b"\n"),
        kernel_lines=calendar.noted - len(edges),
        first=calendar.date(first),
        last=calendar.date(last),
        first_kernel=calendar.date(kernel[0]) if kernel else None,
        last_kernel=calendar.date(kernel[-1]) if kernel else None,
    )


class _Stamp(NamedTuple):
    """A line's stamp, and the New Years that came before it in the file."""

    dated: re.Match[bytes]
    turns: int


@dataclass(kw_only=True, slots=True)
class _Calendar:
    """Turns stamps into times: first all are noted in the order of the file, then they can be dated."""

    zone: tzinfo
    modified: datetime
    noted: int = 0
    turns: int = 0
    newest: re.Match[bytes] | None = None

    def note(self, dated: re.Match[bytes]) -> _Stamp:
        """Take the next line's stamp."""
        month = _MONTHS.get(dated["month"], 0)
        before = _MONTHS.get(self.newest["month"], 0) if self.newest else 0
        if month and before - month >= _NEW_YEAR_MONTHS:
            self.turns += 1
        self.noted += 1
        if month:
            self.newest = dated
        return _Stamp(dated, self.turns)

    def date(self, stamp: _Stamp | None) -> datetime | None:
        """Return the time in UTC; None where the numbers are no date."""
        if stamp is None:
            return None
        try:
            if stamp.dated["iso"]:
                return datetime.fromisoformat(stamp.dated["iso"].decode()).astimezone(UTC)
            return self._local(stamp.dated, self._last_year() - (self.turns - stamp.turns))
        except (ValueError, OverflowError, KeyError):
            return None

    def _last_year(self) -> int:
        """Return the year of the newest stamp: the last in which it is not younger than the file."""
        year = self.modified.astimezone(self.zone).year
        try:
            young = self.newest and self._local(self.newest, year) > self.modified + _SLACK
        except ValueError:  # 29 February in a year that has none
            young = True
        return year - 1 if young else year

    def _local(self, dated: re.Match[bytes], year: int) -> datetime:
        hour, minute, second = map(int, dated["clock"].split(b":"))
        month, day = _MONTHS[dated["month"]], int(dated["day"])
        leap = min(second, 59)  # a leap second is 60
        return datetime(year, month, day, hour, minute, leap, tzinfo=self.zone).astimezone(UTC)


def _first_stamp(text: bytes) -> re.Match[bytes] | None:
    start = 0
    for _ in range(_MOST_UNDATED):
        if found := _DATED.match(text, start):
            return found
        start = text.find(b"\n", start) + 1
        if not start:
            break
    return None


def _last_stamp(text: bytes) -> re.Match[bytes] | None:
    end = len(text)
    for _ in range(_MOST_UNDATED):
        start = text.rfind(b"\n", 0, max(0, end)) + 1
        if found := _DATED.match(text, start):
            return found
        end = start - 1
        if end < 0:
            break
    return None


def _kernel_lines(text: bytes) -> Iterator[tuple[re.Match[bytes], re.Match[bytes]]]:
    """Yield the stamp and the rest of each line that the kernel wrote.

    Most lines of a mixed log are others': only those with the mark are looked at more closely.
    """
    at = text.find(_MARK)
    while at >= 0:
        start = text.rfind(b"\n", 0, at) + 1
        end = text.find(b"\n", at)
        end = len(text) if end < 0 else end
        dated = _DATED.match(text, start, end)
        if dated and (body := _KERNEL.match(text, dated.end(), end)):
            yield dated, body
        at = text.find(_MARK, end)


def _make_line(calendar: _Calendar, stamp: _Stamp, body: re.Match[bytes], message: str) -> SyslogLine | None:
    time = calendar.date(stamp)
    if time is None:
        return None
    priority = stamp.dated["priority"]
    return SyslogLine(
        time=time,
        severity=int(priority) & 7 if priority else _SEVERITIES.get(body["level"] or b""),
        stamp=float(body["printk"]) if body["printk"] else None,
        text=message,
    )
