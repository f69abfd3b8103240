"""One web server's log at work: its file, what reads it, and what was read of it."""

from collections.abc import Iterable
from datetime import datetime, tzinfo

from tenmatsu.errors import ParseError
from tenmatsu.parse.access_format import AccessFormat, compile_access_format
from tenmatsu.parse.access_log import USUAL_FORMAT, Access, AccessReader
from tenmatsu.parse.error_log import ErrorReader
from tenmatsu.parse.request_kind import RequestKind
from tenmatsu.reach import Reach
from tenmatsu.sight.access_fold import AccessFold
from tenmatsu.sight.error_fold import ErrorFold
from tenmatsu.sight.log_tail import LogTail
from tenmatsu.sight.web_log_places import LogPlace

_LOOPBACK = ("127.", "::1", "localhost")


class AccessLog:
    """An access log. `first` and `last` are the times of its requests read, ours included."""

    def __init__(
        self, reach: Reach, place: LogPlace, zone: tzinfo, fold: AccessFold, own_path: str | None
    ) -> None:
        """Look at the log without reading it.

        Args:
            reach: the way to it.
            place: where it is.
            zone: of times without one.
            fold: what takes its requests.
            own_path: the path that Tenmatsu itself asks for during the window, if any.

        Raises:
            ReachError: it cannot be read.
        """
        self.place = place
        self.first: datetime | None = None
        self.last: datetime | None = None
        self.own = 0
        self._format = format_of(place.format)
        self._own_path = None if "agent" in self._format.fields else own_path
        self._zone = zone
        self._reader = AccessReader(self._format, zone)
        self._fold = fold
        self.tail = LogTail(reach, place.path, self._time_in)

    @property
    def lines(self) -> int:
        """Return how many lines were read."""
        return self._reader.lines

    @property
    def bad(self) -> int:
        """Return how many of them were of no known form."""
        return self._reader.bad

    def take(self, blocks: Iterable[bytes]) -> None:
        """Read blocks of whole lines."""
        for block in blocks:
            found = [self._told_apart(one) for one in self._reader.read(block)]
            self._fold.take(found)
            self.own += sum(one.kind is RequestKind.OWN for one in found)
            if found:
                self.first = min(self.first or found[0].time, found[0].time)
                self.last = max(self.last or found[-1].time, *(one.time for one in found[-50:]))

    def flush(self, time: datetime) -> None:
        """Nothing waits: every line has a time."""

    def _told_apart(self, access: Access) -> Access:
        """Take a request for ours that may be: without the agent in the log nothing else tells it."""
        ours = access.path == self._own_path and access.client.startswith(_LOOPBACK)
        return access._replace(kind=RequestKind.OWN) if ours else access

    def _time_in(self, text: bytes) -> datetime | None:
        found = AccessReader(self._format, self._zone).read(text)
        return found[0].time if found else None


class ErrorLog:
    """An error log. `first` and `last` are the times of its lines read."""

    own = 0
    bad = 0

    def __init__(self, reach: Reach, place: LogPlace, zone: tzinfo, fold: ErrorFold) -> None:
        """Look at the log without reading it.

        Raises:
            ReachError: it cannot be read.
        """
        self.place = place
        self.first: datetime | None = None
        self.last: datetime | None = None
        self._zone = zone
        self._reader = ErrorReader(zone)
        self._fold = fold
        self.tail = LogTail(reach, place.path, self._time_in)

    @property
    def lines(self) -> int:
        """Return how many lines were read."""
        return self._reader.lines

    def take(self, blocks: Iterable[bytes]) -> None:
        """Read blocks of whole lines."""
        for block in blocks:
            found = self._reader.read(block)
            self._fold.take(found, self.place.path)
            if found:
                self.first = min(self.first or found[0].time, found[0].time)
                self.last = max(self.last or found[-1].time, found[-1].time)

    def flush(self, time: datetime) -> None:
        """Give the lines that bear no time, and are followed by none that does, this one."""
        self._fold.take(self._reader.flush(time), self.place.path)

    def _time_in(self, text: bytes) -> datetime | None:
        found = [one for one in ErrorReader(self._zone).read(text) if one.dated]
        return found[0].time if found else None


Log = AccessLog | ErrorLog


def format_of(format: str) -> AccessFormat:
    """Return the format compiled; the usual ones' common part where it is unknown or says too little."""
    try:
        return compile_access_format(format) if format else USUAL_FORMAT
    except ParseError:
        return USUAL_FORMAT
