"""This machine."""

import bz2
import glob
import gzip
import lzma
import os
import shutil
import subprocess
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from io import BufferedIOBase
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Any

from tenmatsu.errors import NoAnswer, NotPermitted, NotThere, ReachError, TookTooLong
from tenmatsu.model.words import Words, plain
from tenmatsu.probe.reader.name_query import ask_name_server
from tenmatsu.reach import Clocks, FileStat, NameAnswer, Output, Records, Space, Walk
from tenmatsu.reach.local_clocks import read_clocks
from tenmatsu.reach.local_walk import walk_below

# Each opens a file for reading bytes, and has a type of its own for it.
_UNPACKERS: dict[str, Callable[[str], Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
_CHUNK_BYTES = 1 << 20
# A record of /dev/kmsg is at most 8 KiB, escapes included (CONSOLE_EXT_LOG_MAX, PRINTK_MESSAGE_MAX).
_RECORD_BYTES = 1 << 14
_MOST_RECORDS = 200_000
# Whoever owns a file may give it any time; Python's years end with 9999.
_LATEST_SECONDS = 253_402_300_799.0
# A command's environment: readable answers in English, and the places where Debian keeps admin tools.
_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}


class LocalReach:
    """Answers from this machine's own files and commands."""

    name = "local"

    def now(self) -> datetime:
        """Return this machine's time, aware, UTC."""
        return datetime.fromtimestamp(time.time(), UTC)

    def read(self, path: str, *, offset: int = 0, limit_bytes: int = 16 << 20) -> bytes:
        """Return a file's bytes from `offset` on."""
        with _saying(path):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            try:
                if offset:
                    os.lseek(descriptor, offset, os.SEEK_SET)
                return b"".join(_chunks(descriptor, limit_bytes))
            finally:
                os.close(descriptor)

    def read_each(self, paths: Sequence[str], *, limit_bytes: int = 1 << 16) -> dict[str, bytes]:
        """Return what stands in those files that can be read."""
        found = {}
        for path in paths:
            with suppress(ReachError):
                found[path] = self.read(path, limit_bytes=limit_bytes)
        return found

    def read_unpacked(self, path: str, *, limit_bytes: int = 64 << 20) -> bytes:
        """Return the last `limit_bytes` of a log, unpacked where its name says it is packed."""
        unpacker = _UNPACKERS.get(Path(path).suffix)
        if unpacker is None:
            size = self.stat(path).size_bytes
            return self.read(path, offset=max(0, size - limit_bytes), limit_bytes=limit_bytes)
        with _saying(path), unpacker(path) as packed:
            try:
                return _last_bytes(packed, limit_bytes)
            except (EOFError, lzma.LZMAError, zlib.error, OSError) as damage:
                if isinstance(damage, OSError) and damage.errno is not None:
                    raise  # the disk's fault; gzip and bz2 give theirs no number
                raise ReachError(
                    path, Words(f"{path} is damaged: {damage}", f"{path} が壊れています: {damage}")
                ) from damage

    def names(self, path: str) -> list[str]:
        """Return the names in a directory, sorted."""
        with _saying(path):
            return sorted(os.listdir(path))  # noqa: PTH208 - names are wanted, at the cost of one call

    def glob(self, pattern: str) -> list[str]:
        """Return the paths that match, sorted."""
        try:
            return sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - patterns come from configurations
        except ValueError:  # no file can have such a name
            return []

    def stat(self, path: str) -> FileStat:
        """Return what `stat` says, following links."""
        with _saying(path):
            found = os.stat(path)  # noqa: PTH116 - called for every process, every second
        return FileStat(
            size_bytes=found.st_size,
            modified=datetime.fromtimestamp(min(max(found.st_mtime, 0.0), _LATEST_SECONDS), UTC),
            is_directory=S_ISDIR(found.st_mode),
            is_file=S_ISREG(found.st_mode),
            uid=found.st_uid,
            mode=found.st_mode,
            device=found.st_dev,
            inode=found.st_ino,
        )

    def link(self, path: str) -> str:
        """Return where a symbolic link points."""
        with _saying(path):
            return os.readlink(path)  # noqa: PTH115 - /proc/PID/exe may end in ' (deleted)': no path to normalise

    def space(self, path: str) -> Space:
        """Return the room on the file system that holds the path."""
        with _saying(path):
            found = os.statvfs(path)
        return Space(
            total_bytes=found.f_blocks * found.f_frsize,
            free_bytes=found.f_bfree * found.f_frsize,
            available_bytes=found.f_bavail * found.f_frsize,
            total_inodes=found.f_files,
            free_inodes=found.f_ffree,
            read_only=bool(found.f_flag & os.ST_RDONLY),
        )

    def run(self, argv: Sequence[str], *, limit_seconds: float = 10.0, limit_bytes: int = 16 << 20) -> Output:
        """Run a command that only reads, without a shell, in the C locale."""
        program = shutil.which(argv[0], path=_ENVIRONMENT["PATH"])
        if program is None:
            raise NotThere(argv[0])
        try:
            with _saying(argv[0]):
                done = subprocess.run(  # noqa: S603 - the argument vectors are ours; no shell reads them
                    [program, *argv[1:]],
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    timeout=limit_seconds,
                    env=_ENVIRONMENT,
                    check=False,
                )
        except subprocess.TimeoutExpired as late:
            raise TookTooLong(" ".join(argv), limit_seconds) from late
        return Output(code=done.returncode, out=done.stdout[-limit_bytes:], err=done.stderr[-limit_bytes:])

    def records(self, path: str) -> Records:
        """Return what a device holds now, one read a record."""
        with _saying(path):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            try:
                return _records(descriptor)
            finally:
                os.close(descriptor)

    def walk(self, path: str, *, limit_entries: int = 20_000, limit_seconds: float = 2.0) -> Walk:
        """Return what lies below a directory on the same file system."""
        with _saying(path):
            return walk_below(path, limit_entries, limit_seconds)

    def clocks(self) -> Clocks:
        """Return the state of this machine's clocks."""
        return read_clocks()

    def ask_name_server(self, server: str, query: bytes, *, limit_seconds: float) -> NameAnswer:
        """Ask a name server, as the reader on another machine does."""
        began = time.monotonic()
        try:
            with _saying(server):
                data = ask_name_server(server, query, limit_seconds)
        except ReachError as failed:
            if isinstance(failed.__cause__, TimeoutError):
                raise TookTooLong(server, limit_seconds) from failed
            raise NoAnswer(server, refused=isinstance(failed.__cause__, ConnectionError)) from failed
        return NameAnswer(data=data, seconds=time.monotonic() - began)


def _records(descriptor: int) -> Records:
    lines: list[bytes] = []
    lost = False
    while len(lines) < _MOST_RECORDS:
        try:
            line = os.read(descriptor, _RECORD_BYTES)
        except BlockingIOError:
            break
        except BrokenPipeError:  # overwritten meanwhile; the next read goes on with the oldest left
            lost = True
            continue
        if not line:  # not a device of records but a file or /dev/null in its place
            break
        lines.append(line)
    return Records(lines=tuple(lines), lost=lost)


def _chunks(descriptor: int, limit_bytes: int) -> Iterator[bytes]:
    left = limit_bytes
    while left > 0 and (chunk := os.read(descriptor, min(left, _CHUNK_BYTES))):
        left -= len(chunk)
        yield chunk


def _last_bytes(packed: BufferedIOBase, limit_bytes: int) -> bytes:
    kept: deque[bytes] = deque()
    held = 0
    while chunk := packed.read(_CHUNK_BYTES):
        kept.append(chunk)
        held += len(chunk)
        while held - len(kept[0]) >= limit_bytes:
            held -= len(kept.popleft())
    return b"".join(kept)[-limit_bytes:]


@contextmanager
def _saying(path: str) -> Iterator[None]:
    """Turn the operating system's errors into ours, which say what to do."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError, ProcessLookupError) as missing:
        raise NotThere(path) from missing
    except PermissionError as denied:
        raise NotPermitted(path) from denied
    except ValueError as never:  # no file can have such a name: a NUL in it, half a character
        raise NotThere(path) from never
    except OSError as other:
        reason = other.strerror or type(other).__name__
        raise ReachError(path, plain(f"{path}: {reason}")) from other
