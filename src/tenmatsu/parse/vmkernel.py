"""The VMkernel's log (`/var/log/vmkernel.log`): what it says of hardware, disks and links that fail."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from tenmatsu.model.below import Change, Happening
from tenmatsu.parse.plain_text import make_plain

_LINE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z)\s+(.+)", re.DOTALL)
# The sentences of VMware's articles: 2007236 (latency), 1030381 (SCSI codes), 2004684 (paths), 1005184 (MCE).
_ALARMS = re.compile(
    r"performance has deteriorated|failed H:0x[1-9a-f]|\bPermanently inaccessible\b|All Paths Down"
    r"|\bAPD\b.*(?:Start|timeout)|Lost access to volume|\bMCE\b.*(?:error|Error)|Machine Check"
    r"|[Ll]ink (?:is )?down|[Hh]eap .*(?:could not|failed to) (?:be )?grow",
)


def find_alarms(lines: Iterable[str], host: str, clock_offset: timedelta) -> Iterator[Happening]:
    """Yield what went wrong, as happenings of the host in our clock. Any other line is passed over."""
    for line in lines:
        told = _LINE.match(line)
        if told is None or not _ALARMS.search(told[2]):
            continue
        if time := _read_time(told[1], clock_offset):
            yield Happening(key=host, change=Change.ALARM, time=time, message=make_plain(told[2]))


def find_start(lines: Iterable[str], clock_offset: timedelta) -> datetime | None:
    """Return how far the log reaches back, in our clock; None where no line has a time."""
    told = (_LINE.match(line) for line in lines)
    times = (_read_time(one[1], clock_offset) for one in told if one)
    return next((time for time in times if time), None)


def _read_time(text: str, clock_offset: timedelta) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC) - clock_offset
    except (ValueError, OverflowError):
        return None
