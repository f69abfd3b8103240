"""`/var/log/dpkg.log`: what was installed, upgraded, removed. Source: dpkg(1), --log.

A line is `DATE TIME ACTION PACKAGE OLD-VERSION NEW-VERSION`, in local time without a zone.
"""

import re
from datetime import datetime
from typing import NamedTuple

from tenmatsu.errors import ParseError

_CHANGE = re.compile(
    rb"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (install|upgrade|remove|purge) (\S+) (\S+) (\S+)$", re.MULTILINE
)
_ANY = re.compile(rb"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \w", re.MULTILINE)
_NONE = "<none>"


class PackageChange(NamedTuple):
    """One package. `time` is local, without a zone; a version is empty where there was or is none."""

    time: datetime
    action: str
    package: str
    before: str
    after: str


def parse_dpkg_log(text: bytes, since: datetime) -> list[PackageChange]:
    """Return the changes from `since` (local time without a zone) on, oldest first."""
    if text.strip() and not _ANY.search(text):
        raise ParseError("dpkg.log", repr(text[:60]))
    oldest = since.isoformat(sep=" ", timespec="seconds").encode()
    found = []
    for stamp, action, package, before, after in _CHANGE.findall(text):
        if stamp < oldest:  # ISO dates sort as text does
            continue
        try:
            time = datetime.fromisoformat(stamp.decode())
        except ValueError:
            continue  # digits that are no date
        words = [word.decode("utf-8", "replace") for word in (action, package, before, after)]
        words[2:] = ["" if word == _NONE else word for word in words[2:]]
        found.append(PackageChange(time, *words))
    return found
