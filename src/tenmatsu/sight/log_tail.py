"""A log file: read from a time on, its rotated predecessors included, and then as it grows."""

import glob
from collections.abc import Callable, Iterator
from datetime import datetime

from tenmatsu.errors import NotThere
from tenmatsu.reach import Reach

# Read of one log at most, the newest part; a small site's day is a few megabytes.
MOST_BYTES = 64 << 20
_BLOCK_BYTES = 1 << 19
_PEEK_BYTES = 16 << 10
_NEAR_BYTES = 128 << 10
_PACKED = (".gz", ".bz2", ".xz")
_MOST_PREDECESSORS = 30

TimeIn = Callable[[bytes], datetime | None]


class LogTail:
    """One log. `read_bytes` counts what was read; `cut` tells that more was there than is read.

    `modified` is the time of its last line before it is followed.

    Lines are taken to be about in the order of their times, as a server writes them.
    """

    def __init__(self, reach: Reach, path: str, time_in: TimeIn) -> None:
        """Look at a log without reading it.

        Args:
            reach: the way to it.
            path: where it is.
            time_in: returns the time of the first line in some bytes that has one.

        Raises:
            ReachError: it is not there, or not for us to see.
        """
        stat = reach.stat(path)
        self.path = path
        self.modified = stat.modified
        self.read_bytes = 0
        self.cut = False
        self._reach = reach
        self._time_in = time_in
        self._file = (stat.device, stat.inode)
        self._end = stat.size_bytes  # read up to here
        self._rest = b""  # of a line that is not whole yet

    @property
    def size_bytes(self) -> int:
        """Return how long the file was when it was looked at last."""
        return self._end

    def history(self, since: datetime) -> Iterator[bytes]:
        """Yield what was written from `since` until now, as blocks of whole lines, oldest first."""
        start = self._find_start(self.path, self._end, since)
        first = self._time_in(self._peek(self.path, 0))
        if start == 0 and (first is None or first > since):
            yield from self._predecessors(since)
        yield from self._blocks(self.path, start, self._end, partial=start > 0)

    def grown(self) -> Iterator[bytes]:
        """Yield what was written since the last look, as blocks of whole lines."""
        try:
            stat = self._reach.stat(self.path)
        except NotThere:
            return  # between two steps of a rotation
        if (stat.device, stat.inode) != self._file or stat.size_bytes < self._end:
            yield from self._rest_of_rotated()
            self._file, self._end, self._rest = (stat.device, stat.inode), 0, b""
        yield from self._blocks(self.path, self._end, stat.size_bytes)

    def _rest_of_rotated(self) -> Iterator[bytes]:
        for path in self._siblings():
            stat = self._reach.stat(path)
            if (stat.device, stat.inode) == self._file:
                yield from self._blocks(path, self._end, stat.size_bytes)

    def _siblings(self) -> list[str]:
        return self._reach.glob(f"{glob.escape(self.path)}[.-]*")

    def _predecessors(self, since: datetime) -> Iterator[bytes]:
        """Yield from rotated logs, compressed ones too, that were written to after `since`."""
        dated = [(self._reach.stat(path).modified, path) for path in self._siblings()]
        for _, path in sorted(one for one in dated if one[0] >= since)[-_MOST_PREDECESSORS:]:
            if path.endswith(_PACKED):
                text = self._reach.read_unpacked(path, limit_bytes=MOST_BYTES // 4)
                self.read_bytes += len(text)
                yield text[: text.rfind(b"\n") + 1]
            else:
                size = self._reach.stat(path).size_bytes
                start = self._find_start(path, size, since)
                yield from self._blocks(path, start, size, partial=start > 0)
                self._rest = b""

    def _find_start(self, path: str, size: int, since: datetime) -> int:
        """Return a place shortly before the first line of `since`, found by halving."""
        low, high = max(0, size - MOST_BYTES), size
        if not self._is_older(path, low, since):
            self.cut = self.cut or low > 0
            return low
        while high - low > _NEAR_BYTES:
            middle = (low + high) // 2
            if self._is_older(path, middle, since):
                low = middle
            else:
                high = middle
        return low

    def _is_older(self, path: str, offset: int, since: datetime) -> bool:
        time = self._time_in(self._peek(path, offset))
        return time is not None and time < since

    def _peek(self, path: str, offset: int) -> bytes:
        text = self._reach.read(path, offset=offset, limit_bytes=_PEEK_BYTES)
        return text if offset == 0 else text[text.find(b"\n") + 1 :]

    def _blocks(self, path: str, start: int, end: int, *, partial: bool = False) -> Iterator[bytes]:
        """Yield whole lines. With `partial` the first one is only the end of a line: left out."""
        at = start
        while at < end:
            text = self._reach.read(path, offset=at, limit_bytes=min(_BLOCK_BYTES, end - at))
            if not text:
                break
            at += len(text)
            self.read_bytes += len(text)
            text = self._rest + text
            whole = text.rfind(b"\n") + 1
            self._rest = text[whole:] if len(text) - whole < _BLOCK_BYTES else b""  # not a log's line
            block = text[text.find(b"\n") + 1 : whole] if partial else text[:whole]
            partial = partial and not whole
            if block:
                yield block
        if path == self.path:
            self._end = max(at, self._end)
