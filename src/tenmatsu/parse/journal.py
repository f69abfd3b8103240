"""The journal as `journalctl --output=json` prints it: one JSON object a line.

Source: systemd.journal-fields(7), and systemd's docs/JOURNAL_EXPORT_FORMATS.md: a field that is not
valid UTF-8 is an array of bytes, one that was too large is null, one that occurs twice is an array.
"""

import json
from typing import NamedTuple

from tenmatsu.errors import ParseError


class JournalLine(NamedTuple):
    """One entry. `time` in Unix seconds; `stamp` the kernel's own, in seconds since boot, or None.

    What the kernel said before journald ran, or while it was busy, was taken later: of such an entry
    the time is that of its stamp.
    """

    time: float
    stamp: float | None
    severity: int | None
    identifier: str
    text: str


def parse_journal(text: bytes) -> list[JournalLine]:
    """Return the entries. A line that was cut off is left out; that none can be read is an error."""
    # `-- No entries --` and its like stand between dashes in every output mode
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith(b"-- ")]
    found = [entry for line in lines if (entry := _parse_line(line)) is not None]
    if lines and not found:
        raise ParseError("journalctl --output=json", repr(lines[0][:60]))
    return found


def _parse_line(line: bytes) -> JournalLine | None:
    try:
        entry = json.loads(line)
        stamp = entry.get("_SOURCE_MONOTONIC_TIMESTAMP")
        severity = entry.get("PRIORITY")
        taken = int(entry["__REALTIME_TIMESTAMP"])
        late = int(entry.get("__MONOTONIC_TIMESTAMP", 0)) - int(stamp or 0) if stamp else 0
        return JournalLine(
            time=(taken - max(0, late)) / 1e6,
            stamp=None if stamp is None else int(stamp) / 1e6,
            severity=None if severity is None else int(severity) & 7,
            identifier=_read_text(entry.get("SYSLOG_IDENTIFIER")),
            text=_read_text(entry.get("MESSAGE")),
        )
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None


def _read_text(field: object) -> str:
    if isinstance(field, str):
        return field
    if isinstance(field, list) and all(isinstance(byte, int) for byte in field):
        return bytes(byte & 255 for byte in field).decode("utf-8", "replace")
    if isinstance(field, list) and field:
        return _read_text(field[0])
    return ""
