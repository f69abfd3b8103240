"""Log files as people name them: plain, compressed, rotated, or standard input; in blocks of whole lines."""

import gzip
import os
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tenmatsu.errors import WrongUse
from tenmatsu.model.words import Words

STANDARD_INPUT = "-"
# Large enough that a block's own costs vanish, small enough that a block's rows are a few ten MB.
BLOCK_BYTES = 4 << 20
_SAMPLE_BYTES = 1 << 18
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, kw_only=True, slots=True)
class UnreadFile:
    """A file that could not be read to its end, and why."""

    name: str
    why: str


class LogFiles:
    """Files one after the other. `unread` grows by each that breaks off: the others are read all the same."""

    def __init__(self, names: Sequence[str], on_bytes: Callable[[int], None]) -> None:
        """Check that every file can be opened; `on_bytes` is told how far each reading came.

        Raises:
            WrongUse: one of them cannot.
        """
        self.names = list(names)
        self.unread: list[UnreadFile] = []
        self.total_bytes = sum(_size(name) for name in names)
        self._on_bytes = on_bytes
        self._done = 0

    def in_order(self, time_of: Callable[[str, bytes], int | None]) -> None:
        """Put the files into the order of their first times: `access.log.2.gz` before `access.log`."""
        if len(self.names) < 2:
            return
        begins: dict[str, int] = {}
        for name in self.names:
            time = time_of(name, _beginning(name)) if name != STANDARD_INPUT else None
            begins[name] = sys.maxsize if time is None else time
        self.names.sort(key=begins.__getitem__)

    def blocks(self, name: str) -> Iterator[bytes]:
        """Yield blocks of whole lines; a line longer than a block comes in pieces."""
        rest = b""
        try:
            with _open(name) as (raw, file):
                while block := file.read(BLOCK_BYTES):
                    self._on_bytes(self._done + (raw.tell() if name != STANDARD_INPUT else 0))
                    whole = rest + block
                    end = whole.rfind(b"\n") + 1 or len(whole)
                    rest = whole[end:]
                    yield whole[:end]
        except (OSError, EOFError, zlib.error) as broken:
            self.unread.append(UnreadFile(name=name, why=str(broken)))
        self._done += _size(name)
        if rest:
            yield rest


@contextmanager
def _open(name: str) -> Iterator[tuple[IO[bytes], IO[bytes] | gzip.GzipFile]]:
    """Open a file; give what stands in the file system, and what is read."""
    own = name == STANDARD_INPUT
    with os.fdopen(0, "rb", closefd=False) if own else Path(name).open("rb") as raw:
        if raw.peek(2)[:2] == _GZIP:
            with gzip.GzipFile(fileobj=raw) as unpacked:
                yield raw, unpacked
        else:
            yield raw, raw


def _beginning(name: str) -> bytes:
    try:
        with _open(name) as (_, file):
            return file.read(_SAMPLE_BYTES)
    except (OSError, EOFError, zlib.error):
        return b""


def _size(name: str) -> int:
    if name == STANDARD_INPUT:
        return 0
    try:
        with Path(name).open("rb") as file:  # whether it may be read, is told now and not in the middle
            if Path(name).is_dir():
                raise IsADirectoryError(21, os.strerror(21))
            return os.fstat(file.fileno()).st_size
    except OSError as error:
        raise WrongUse(UNREADABLE.fill(name=name, why=error.strerror)) from error


UNREADABLE = Words("{name} cannot be read: {why}", "{name} を読めません: {why}")
