"""A web server's error log: blocks of lines to `ErrorLine`s, those without a time included."""

from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo

from tenmatsu.parse.error_line import ErrorLine, parse_error_line, undated
from tenmatsu.parse.log_time import parse_log_time

# A script that prints without end must not fill our memory before the server says something.
_MOST_WAITING = 200
_MOST_TIMES = 4096


class ErrorReader:
    """Reads blocks of whole lines. `lines` counts them.

    Lines without a time wait for the next one that has one: with mod_cgid a script's last words
    come just before the server's own. If that is about a script they take its time, else the time
    of the line before them.
    """

    def __init__(self, zone: tzinfo = UTC) -> None:
        """Read lines whose times are of a zone."""
        self.lines = 0
        self._zone = zone
        self._last: datetime | None = None
        self._waiting: list[bytes] = []
        self._times: dict[bytes, datetime | None] = {}

    def read(self, block: bytes) -> list[ErrorLine]:
        """Return the lines of a block; those without a time may come with a later block."""
        found: list[ErrorLine] = []
        for line in block.split(b"\n"):
            if not line.strip():
                continue
            self.lines += 1
            dated = parse_error_line(line, self._time_of)
            if dated is not None:
                found.extend(self._release(dated))
                found.append(dated)
                self._last = dated.time
            elif len(self._waiting) < _MOST_WAITING:
                self._waiting.append(line)
        return found

    def flush(self, now: datetime) -> list[ErrorLine]:
        """Return the lines that still wait, with the time at which they were met."""
        return [undated(line, now) for line in self._take()]

    def _release(self, following: ErrorLine) -> Iterator[ErrorLine]:
        about_script = following.module.startswith("cgi")
        time = following.time if about_script or self._last is None else self._last
        return (undated(line, time) for line in self._take())

    def _take(self) -> list[bytes]:
        waiting, self._waiting = self._waiting, []
        return waiting

    def _time_of(self, raw: bytes) -> datetime | None:
        if raw not in self._times:
            if len(self._times) >= _MOST_TIMES:
                self._times.clear()
            self._times[raw] = parse_log_time(raw, self._zone)
        return self._times[raw]
