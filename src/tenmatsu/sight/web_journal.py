"""Error lines of a web server that go to the journal: by syslog, or by its standard error."""

import re
from datetime import UTC, datetime, tzinfo

from tenmatsu.errors import NotPermitted, NotThere
from tenmatsu.parse.error_line import ErrorLine, parse_error_line, undated
from tenmatsu.parse.journal import JournalLine, parse_journal
from tenmatsu.parse.log_time import parse_log_time
from tenmatsu.reach import Reach

_UNIT = re.compile(r"/([^/]+\.service)\b")
_LIMIT_SECONDS = 5.0


def read_web_journal(reach: Reach, cgroup: str, since: datetime, zone: tzinfo) -> list[ErrorLine]:
    """Return what a service's journal holds from `since` on.

    Args:
        reach: the way to the machine.
        cgroup: the server's `/proc/PID/cgroup`, which names its unit.
        since: how far back.
        zone: of times in the messages themselves.

    Raises:
        ReachError: there is no journal, no unit, or no right to read it.
        ParseError: the answer is not journalctl's.
    """
    unit = _UNIT.search(cgroup)
    if unit is None:
        raise NotThere("journalctl --unit")
    answer = reach.run(
        (
            *("journalctl", "--quiet", "--no-pager", "--output=json"),
            *(f"--unit={unit.group(1)}", f"--since=@{int(since.timestamp())}"),
        ),
        limit_seconds=_LIMIT_SECONDS,
    )
    if not answer.out.strip() and (b"permission" in answer.err or b"not seeing" in answer.err):
        raise NotPermitted("journalctl")
    return [_error_line(entry, zone) for entry in parse_journal(answer.out)]


def _error_line(entry: JournalLine, zone: tzinfo) -> ErrorLine:
    """Read a message, which may begin with a time of its own (nginx) or not (Apache by syslog)."""
    text = entry.text.encode("utf-8", "replace")
    stamped = b"[%.6f] " % entry.time + text
    time = datetime.fromtimestamp(entry.time, UTC)
    own = parse_error_line(text, lambda raw: parse_log_time(raw, zone))
    return own or parse_error_line(stamped, lambda raw: parse_log_time(raw, UTC)) or undated(text, time)
