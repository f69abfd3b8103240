"""What yum and dnf write of packages, and what rpm knows of the installed ones.

Mar 10 03:14:15 Updated: httpd-2.2.3-31.el5.centos.x86_64          yum.log: local time without a year
2026-03-10T03:14:15+0900 SUBDEBUG Upgraded: curl-7.76.1-29.el9.x86_64          dnf.rpm.log
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

from tenmatsu.errors import ParseError

_YUM = re.compile(
    rb"^([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (Installed|Updated|Erased|Obsoleted): (\S+)$",
    re.MULTILINE,
)
# Of a change dnf writes two lines, one for what comes (Upgrade) and one for what it replaces (Upgraded).
_DNF = re.compile(
    rb"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:?\d\d)) \w+ "
    rb"(Installed|Upgrade|Downgrade|Reinstall|Erase|Erased|Removed|Obsoleted): (\S+)",
    re.MULTILINE,
)
_ACTIONS = {
    b"Installed": "install",
    b"Updated": "upgrade",
    b"Upgrade": "upgrade",
    b"Downgrade": "downgrade",
    b"Reinstall": "reinstall",
    b"Erase": "remove",
    b"Erased": "remove",
    b"Removed": "remove",
    b"Obsoleted": "remove",
}
_MONTHS = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_INSTALLED = re.compile(rb"^(\d{1,11}) (\S+)$", re.MULTILINE)


class RpmChange(NamedTuple):
    """One package, as name-version-release.architecture; `time` aware, UTC."""

    time: datetime
    action: str
    package: str


def parse_yum_log(text: bytes, *, modified: datetime, zone: tzinfo) -> list[RpmChange]:
    """Return the changes, oldest first; the year is inferred from when the file was last written."""
    rows = _YUM.findall(text)
    if text.strip() and not rows:
        raise ParseError("yum.log", repr(text[:60]))
    found: list[RpmChange] = []
    latest = modified + timedelta(days=1)
    year = modified.astimezone(zone).year
    for month, day, hour, minute, second, action, package in reversed(rows):
        # each line is not younger than the one after it
        for candidate in (year, year - 1):
            time = _date(candidate, month, day, (hour, minute, second), zone)
            if time is not None and time <= latest:
                found.append(RpmChange(time, _ACTIONS[action], package.decode("utf-8", "replace")))
                latest, year = time + timedelta(days=1), candidate
                break
    return found[::-1]


def _date(
    year: int, month: bytes, day: bytes, clock: tuple[bytes, bytes, bytes], zone: tzinfo
) -> datetime | None:
    hour, minute, second = map(int, clock)
    try:
        local = datetime(year, _MONTHS.index(month) + 1, int(day), hour, minute, min(second, 59), tzinfo=zone)
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def parse_dnf_log(text: bytes) -> list[RpmChange]:
    """Return the changes that dnf.rpm.log tells of, in its order."""
    found = []
    for stamp, action, package in _DNF.findall(text):
        try:
            time = datetime.fromisoformat(stamp.decode()).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
        found.append(RpmChange(time, _ACTIONS[action], package.decode("utf-8", "replace")))
    return found


def parse_rpm_installed(text: bytes) -> list[RpmChange]:
    """Return what `rpm -qa` prints with INSTALLTIME and NVRA on each line, oldest first."""
    rows = _INSTALLED.findall(text)
    if text.strip() and not rows:
        raise ParseError("rpm -qa", repr(text[:60]))
    return [
        RpmChange(datetime.fromtimestamp(int(seconds), UTC), "install", package.decode("utf-8", "replace"))
        for seconds, package in sorted(rows, key=lambda row: int(row[0]))
    ]
