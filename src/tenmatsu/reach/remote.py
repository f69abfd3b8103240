"""Another machine, over one SSH connection: the same questions as here, and the same answers."""

import json
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from math import isfinite
from stat import S_ISDIR, S_ISREG
from typing import Any

from tenmatsu.errors import NoAnswer, NotPermitted, NotThere, ReachError, TookTooLong
from tenmatsu.model.words import Words, plain
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.reach import Clocks, FileStat, FoundFile, NameAnswer, Output, Records, Space, Walk
from tenmatsu.reach.clock_offset import ClockOffset, OffsetBounds
from tenmatsu.reach.host_line import ALLOW, INSTALL, NO_PYTHON, SUDO_SAYS_NO, make_sudoers_line
from tenmatsu.reach.reader_line import ReaderLine, find_complaints
from tenmatsu.reach.reader_speech import Answer
from tenmatsu.reach.ssh import SshOptions

# How long a look at files may take: a dead disk must not keep who asks.
_LOOK_SECONDS = 30.0
# What an answer may take beyond the limit that the other side keeps: the way there and back, on a bad line.
_WAY_SECONDS = 5.0
_LIST_BYTES = 16 << 20
_VALUE_BYTES = 1 << 16
_WALK_BYTES = 1 << 10  # an entry, on average less than that
_RECORDS_BYTES = 64 << 20
_UNREAD = 0xFFFFFFFF
# Of so many questions for the time the best counts.
_ROUNDS = 4
_HOUR_SECONDS = 3600.0
_LATEST_SECONDS = 253_402_300_799.0
_MOST_NUMBER = 1 << 64


class RemoteReach:
    """Answers from another machine's files and commands. Used from any thread.

    A lost line is never mended: from then on every question raises NoConnection at once.
    """

    def __init__(self, host: str, ssh: SshOptions | None = None) -> None:
        """Connect.

        Raises WrongUse where the name cannot be a host's, NotThere where this machine has no ssh,
        NoConnection with what to do where the host cannot be reached or used.
        """
        self.name = host
        self._line = ReaderLine(host, ssh or SshOptions())
        self._bounds = OffsetBounds()
        try:
            for _ in range(_ROUNDS):
                self._compare_clocks()
        except BaseException:  # a Ctrl-C too
            self._line.close()
            raise
        self.ahead_seconds = self.clock_offset.seconds
        self._ahead = timedelta(seconds=self.ahead_seconds)

    def close(self) -> None:
        """End the connection. From any thread, also twice. Never raises."""
        self._line.close()

    def when_lost(self, call: Callable[[], object]) -> None:
        """Call this, from another thread, when the line is lost; at once where it is."""
        self._line.when_lost(call)

    @property
    def lost_at(self) -> datetime | None:
        """Return since when the line is lost (our clock); None: it is not."""
        return self._line.lost_at

    @property
    def lost(self) -> Words | None:
        """Return why the line is lost; None: it is not."""
        return self._line.lost.words if self._line.lost else None

    @property
    def clock_offset(self) -> ClockOffset:
        """Return how far the other clock is ahead of ours."""
        offset = self._bounds.offset
        assert offset is not None  # noqa: S101 - it was measured before anybody could ask
        return offset

    @property
    def is_root(self) -> bool:
        """Tell whether we are root there."""
        start = self._line.start
        return bool(self._line.hello.get("uid", start.uid if start else None) == 0)

    @property
    def close_by(self) -> Words | None:
        """Return what would let us see more there; None where we are root and have a Python."""
        start = self._line.start
        if start is not None and start.what != "python":
            return INSTALL
        if self.is_root or start is None:
            return None
        return ALLOW.fill(user=start.user, line=make_sudoers_line(start))

    @property
    def why_not_all(self) -> Words | None:
        """Return why not all can be seen there; None where we are root and have a Python."""
        start = self._line.start
        if start is not None and start.what != "python":
            return NO_PYTHON
        if self.is_root or start is None:
            return None
        said = find_complaints(self._line.said)
        return SUDO_SAYS_NO.fill(user=start.user, said=said[-1] if said else "sudo?")

    def now(self) -> datetime:
        """Return the machine's time, aware, UTC: ours, and how far it is ahead; nothing is asked for it."""
        return datetime.now(UTC) + self._ahead

    def _compare_clocks(self) -> None:
        sent = datetime.now(UTC)
        answer = self._ask("time", "the time", most_bytes=_VALUE_BYTES)
        received = datetime.now(UTC)
        with _understanding("the time"):
            time = datetime.fromtimestamp(_number(json.loads(answer.data), _LATEST_SECONDS), UTC)
            late = _number(answer.said.get("late", 0.0), _HOUR_SECONDS)
        self._bounds.take_asked(sent, time, received, late)

    def read(self, path: str, *, offset: int = 0, limit_bytes: int = 16 << 20) -> bytes:
        """Return a file's bytes from `offset` on."""
        answer = self._ask(
            "read", path, most_bytes=limit_bytes, path=path, offset=offset, limit_bytes=limit_bytes
        )
        return answer.data[:limit_bytes]

    def read_each(self, paths: Sequence[str], *, limit_bytes: int = 1 << 16) -> dict[str, bytes]:
        """Return what stands in those files that can be read, by one question."""
        answer = self._ask(
            "read_each",
            paths[0] if paths else "",
            most_bytes=len(paths) * (limit_bytes + 4),
            paths=list(paths),
            limit_bytes=limit_bytes,
        )
        with _understanding("the files"):
            found = _split_lengths(answer.data)
            pairs = zip(paths, found, strict=True)
            return {path: data for path, data in pairs if data is not None}

    def read_unpacked(self, path: str, *, limit_bytes: int = 64 << 20) -> bytes:
        """Return the last `limit_bytes` of a log, unpacked there where its name says it is packed."""
        answer = self._ask("read_unpacked", path, most_bytes=limit_bytes, path=path, limit_bytes=limit_bytes)
        return answer.data[:limit_bytes]

    def names(self, path: str) -> list[str]:
        """Return the names in a directory, sorted."""
        return sorted(_split(self._ask("names", path, most_bytes=_LIST_BYTES, path=path).data))

    def glob(self, pattern: str) -> list[str]:
        """Return the paths that match, sorted."""
        try:
            return sorted(_split(self._ask("glob", pattern, most_bytes=_LIST_BYTES, path=pattern).data))
        except NotThere:  # no file can have such a name
            return []

    def stat(self, path: str) -> FileStat:
        """Return what `stat` says, following links."""
        found = self._ask("stat", path, most_bytes=_VALUE_BYTES, path=path)
        with _understanding(path):
            size, modified, uid, mode, device, inode = (_number(one) for one in json.loads(found.data))
            return FileStat(
                size_bytes=int(size),
                modified=datetime.fromtimestamp(min(max(modified, 0.0), _LATEST_SECONDS), UTC),
                is_directory=S_ISDIR(int(mode) & 0xFFFFFFFF),
                is_file=S_ISREG(int(mode) & 0xFFFFFFFF),
                uid=int(uid),
                mode=int(mode),
                device=int(device),
                inode=int(inode),
            )

    def link(self, path: str) -> str:
        """Return where a symbolic link points."""
        return _text(self._ask("link", path, most_bytes=_VALUE_BYTES, path=path).data)

    def space(self, path: str) -> Space:
        """Return the room on the file system that holds the path."""
        found = self._ask("space", path, most_bytes=_VALUE_BYTES, path=path)
        with _understanding(path):
            *sizes, read_only = json.loads(found.data)
            total, free, available, inodes, free_inodes = (int(_number(one)) for one in sizes)
        return Space(
            total_bytes=total,
            free_bytes=free,
            available_bytes=available,
            total_inodes=inodes,
            free_inodes=free_inodes,
            read_only=bool(read_only),
        )

    def run(self, argv: Sequence[str], *, limit_seconds: float = 10.0, limit_bytes: int = 16 << 20) -> Output:
        """Run a command that only reads, without a shell, in the C locale; its limits are kept there."""
        try:
            answer = self._ask(
                "run",
                argv[0],
                limit_seconds + _WAY_SECONDS,
                most_bytes=2 * limit_bytes,
                argv=list(argv),
                limit_seconds=limit_seconds,
                limit_bytes=limit_bytes,
            )
        except TookTooLong as late:
            raise TookTooLong(" ".join(argv), limit_seconds) from late
        with _understanding(argv[0]):
            out = int(_number(answer.said["out"]))
            code = int(_number(answer.said["code"]))
        return Output(code=code, out=answer.data[:out], err=answer.data[out:])

    def records(self, path: str) -> Records:
        """Return what a device holds now, one read a record."""
        answer = self._ask("records", path, most_bytes=_RECORDS_BYTES, path=path)
        with _understanding(path):
            lines = tuple(line for line in _split_lengths(answer.data) if line is not None)
        return Records(lines=lines, lost=bool(answer.said.get("lost")))

    def walk(self, path: str, *, limit_entries: int = 20_000, limit_seconds: float = 2.0) -> Walk:
        """Return what lies below a directory on the same file system."""
        answer = self._ask(
            "walk",
            path,
            limit_seconds + _LOOK_SECONDS,
            most_bytes=limit_entries * _WALK_BYTES,
            path=path,
            limit_entries=limit_entries,
            limit_seconds=limit_seconds,
        )
        with _understanding(path):
            files = tuple(_make_found(line) for line in answer.data.splitlines())
        return Walk(files=files[:limit_entries], complete=bool(answer.said.get("complete")))

    def clocks(self) -> Clocks:
        """Return the state of the machine's clocks, by one question."""
        answer = self._ask("clocks", "the clocks", most_bytes=_VALUE_BYTES)
        with _understanding("the clocks"):
            *times, timex = json.loads(answer.data)
            real, monotonic, raw, boot, width = (_number(one) for one in times)
            return Clocks(real, monotonic, raw, boot, width, bytes.fromhex(timex))

    def ask_name_server(self, server: str, query: bytes, *, limit_seconds: float) -> NameAnswer:
        """Let that machine ask a name server."""
        answer = self._ask(
            "ask_name_server",
            server,
            limit_seconds + _WAY_SECONDS,
            most_bytes=_VALUE_BYTES,
            server=server,
            query=query.hex(),
            limit_seconds=limit_seconds,
        )
        with _understanding(server):
            return NameAnswer(data=answer.data, seconds=_number(answer.said["seconds"]))

    def _ask(
        self,
        question: str,
        what: str,
        wait_seconds: float = _LOOK_SECONDS,
        *,
        most_bytes: int,
        **words: object,
    ) -> Answer:
        with _understanding(what):
            answer = self._line.ask(question, what, wait_seconds, most_bytes=most_bytes, words=words)
        if "error" in answer.said:
            raise _make_error(what, answer.said, wait_seconds)
        return answer


def _make_error(what: str, said: Mapping[str, Any], wait_seconds: float) -> ReachError:
    kind, why = said["error"], make_plain(str(said.get("why", "")), 400)
    if kind == "not_there":
        return NotThere(what)
    if kind == "not_permitted":
        return NotPermitted(what)
    if kind == "too_long":
        return TookTooLong(what, wait_seconds)
    if kind in ("refused", "no_way"):
        return NoAnswer(what, refused=kind == "refused")
    if kind == "damaged":
        return ReachError(what, Words(f"{what} is damaged: {why}", f"{what} が壊れています: {why}"))
    return ReachError(what, plain(f"{what}: {why}"))


@contextmanager
def _understanding(what: str) -> Iterator[None]:
    """Whatever the other side says in place of an answer: a ReachError."""
    try:
        yield
    except (
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        OverflowError,
        RecursionError,
        struct.error,
    ) as damage:
        raise ReachError(what, NOT_UNDERSTOOD.fill(what=what)) from damage


def _number(value: object, most: float = _MOST_NUMBER) -> float:
    """Return a number, whole ones exactly. Raises ValueError where it is none, or none that can be."""
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not isfinite(value)
        or abs(value) > most
    ):
        raise ValueError("no number")
    return value


def _make_found(line: bytes) -> FoundFile:
    path, modified, changed, size, mode = json.loads(line)
    if not isinstance(path, str):
        raise TypeError("no path")
    return FoundFile(path, _number(modified), _number(changed), int(_number(size)), int(_number(mode)))


def _split_lengths(data: bytes) -> list[bytes | None]:
    """Return the parts of an answer, each after its length. Raises ValueError where one is cut off."""
    found: list[bytes | None] = []
    place = 0
    while place < len(data):
        (length,) = struct.unpack_from(">I", data, place)
        place += 4
        if length == _UNREAD:
            found.append(None)
            continue
        if place + length > len(data):
            raise ValueError("cut off")
        found.append(data[place : place + length])
        place += length
    return found


def _split(data: bytes) -> list[str]:
    return [_text(one) for one in data.split(b"\0")] if data else []


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


NOT_UNDERSTOOD = Words(
    "what was answered for {what} is no answer", "{what} への応答が正しい形式ではありません"
)
