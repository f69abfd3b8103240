"""Times as web servers write them into their logs.

Apache's error log and Perl's CGI::Carp write local time without a zone: the zone is an argument.
"""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

_MONTHS = {
    name: number for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)
}
_FRACTION = r"(?:[.,](\d{1,6})\d*)?"
# 22/Nov/2025:23:05:12 +0900; nginx's $time_local; with - for php-fpm's and PHP's 22-Nov-2025
# 23:05:12.
_COMMON = re.compile(
    rb"(\d{2})[/-]([A-Z][a-z]{2})[/-](\d{4})[: ](\d{2}):(\d{2}):(\d{2})" + _FRACTION.encode()
    + rb"(?: ([+-])(\d{2})(\d{2})| (UTC|GMT))?"
)  # fmt: skip
# Sat Nov 22 23:05:12.123456 2025
_CTIME = re.compile(
    rb"(?:[A-Z][a-z]{2} )?([A-Z][a-z]{2}) +(\d{1,2}) (\d{2}):(\d{2}):(\d{2})" + _FRACTION.encode()
    + rb" (\d{4})"
)  # fmt: skip
# 2025/11/22 23:05:12 (nginx), 2025-11-22T23:05:12.123+09:00 (ISO 8601)
_ISO = re.compile(
    rb"(\d{4})[/-](\d{2})[/-](\d{2})[T ](\d{2}):(\d{2}):(\d{2})" + _FRACTION.encode()
    + rb"(?:\s?(Z|[+-]\d{2}:?\d{2}))?"
)  # fmt: skip
_NUMBER = re.compile(rb"\d{9,19}(?:\.\d{1,9})?")


def parse_log_time(text: bytes, zone: tzinfo) -> datetime | None:
    """Return the time that a text is, aware, UTC; None where it is none of the known forms.

    A plain number is in seconds, milliseconds or microseconds since 1970, by its size.
    """
    text = text.strip()
    try:
        if match := _COMMON.fullmatch(text):
            return _common(match, zone)
        if match := _CTIME.fullmatch(text):
            month, day, hour, minute, second, fraction, year = match.groups()
            return _time((year, _MONTHS[month], day), (hour, minute, second), fraction, zone)
        if match := _ISO.fullmatch(text):
            *date, hour, minute, second, fraction, offset = match.groups()
            return _time(tuple(date), (hour, minute, second), fraction, _zone(offset, zone))
        if _NUMBER.fullmatch(text):
            return _since_1970(float(text))
    except (ValueError, KeyError, OverflowError):
        return None  # the 31st of June, the year 0
    return None


def _common(match: re.Match[bytes], zone: tzinfo) -> datetime:
    day, month, year, hour, minute, second, fraction, sign, hours, minutes, utc = match.groups()
    if sign:
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        zone = timezone(-offset if sign == b"-" else offset)
    elif utc:
        zone = UTC
    return _time((year, _MONTHS[month], day), (hour, minute, second), fraction, zone)


def _time(
    date: tuple[bytes | int, ...],
    clock: tuple[bytes, bytes, bytes],
    fraction: bytes | None,
    zone: tzinfo,
) -> datetime:
    year, month, day = map(int, date)
    hour, minute, second = map(int, clock)
    microsecond = int((fraction or b"0").ljust(6, b"0"))
    # Second 60 is a leap second, which datetime does not have.
    local = datetime(year, month, day, hour, minute, min(second, 59), microsecond, tzinfo=zone)
    return local.astimezone(UTC)


def _zone(offset: bytes | None, zone: tzinfo) -> tzinfo:
    if not offset:
        return zone
    if offset == b"Z":
        return UTC
    span = timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:]))
    return timezone(-span if offset.startswith(b"-") else span)


def _since_1970(number: float) -> datetime:
    while number > 1e11:  # the year 5138 in seconds: it must be a smaller unit
        number /= 1e3
    return datetime.fromtimestamp(number, UTC)


def parse_time_as(text: bytes, format: str, zone: tzinfo) -> datetime | None:
    """Return the time that a text is by a strptime format, or None."""
    try:
        found = datetime.strptime(text.decode("ascii", "replace"), format)  # noqa: DTZ007 - see below
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
