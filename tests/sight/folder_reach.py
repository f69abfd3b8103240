"""A way to a machine that is no machine: a folder of recorded files. For tests only.

    folder/0/proc/stat   folder/1/proc/stat   …

Each folder below is the machine at one moment, complete. The first look at `pulse` (a path that a sight
reads once in each of its rounds) sees moment 0, the second one moment 1, and so on; the last one stays.
Between two rounds the machine's clock goes on by one second, however long they really took.

`space.json` in a moment holds `{path: [total, free, available bytes, total, free inodes, read-only]}`.
"""

import glob
import json
import threading
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tenmatsu.errors import NotPermitted, NotThere, ReachError, TookTooLong
from tenmatsu.reach import Clocks, FileStat, NameAnswer, Output, Records, Space, Walk
from tenmatsu.reach.local import LocalReach

START = datetime(2010, 3, 11, 7, 24, 25, tzinfo=UTC)


class FolderReach:
    """Answers from recorded files; refuses, is late or hangs where it is told to."""

    name = "folder"

    def __init__(
        self,
        folder: Path,
        *,
        pulse: str = "",
        forbidden: Collection[str] = (),
        late: Collection[str] = (),
        hanging: Mapping[str, threading.Event] | None = None,
    ) -> None:
        self._moments = sorted((path for path in folder.iterdir() if path.name.isdigit()), key=_number)
        self._pulse = pulse
        self._forbidden = forbidden
        self._late = late
        self._hanging = hanging or {}
        self._beats = 0

    @property
    def _moment(self) -> Path:
        return self._moments[min(max(self._beats - 1, 0), len(self._moments) - 1)]

    def _find(self, path: str) -> Path:
        """Return the recorded file; it need not be there."""
        self._beats += path == self._pulse
        if path in self._hanging:
            self._hanging[path].wait()
        if path in self._forbidden:
            raise NotPermitted(path)
        if path in self._late:
            raise TookTooLong(path, 5.0)
        return self._moment / path.lstrip("/")

    def now(self) -> datetime:
        return START + timedelta(seconds=self._beats)

    def read(self, path: str, *, offset: int = 0, limit_bytes: int = 16 << 20) -> bytes:
        found = self._find(path)
        if not found.is_file():
            raise NotThere(path)
        return found.read_bytes()[offset : offset + limit_bytes]

    def read_each(self, paths: Sequence[str], *, limit_bytes: int = 1 << 16) -> dict[str, bytes]:
        found = {}
        for path in paths:
            with suppress(ReachError):
                found[path] = self.read(path, limit_bytes=limit_bytes)
        return found

    def read_unpacked(self, path: str, *, limit_bytes: int = 64 << 20) -> bytes:
        return self.read(path)[-limit_bytes:]

    def names(self, path: str) -> list[str]:
        found = self._find(path)
        if not found.is_dir():
            raise NotThere(path)
        return sorted(one.name for one in found.iterdir())

    def glob(self, pattern: str) -> list[str]:
        root = str(self._moment)
        found = glob.glob(f"{glob.escape(root)}{pattern}", recursive=True)  # noqa: PTH207 - as reach/local.py does
        return sorted(path.removeprefix(root) for path in found)

    def stat(self, path: str) -> FileStat:
        raise NotThere(path)

    def link(self, path: str) -> str:
        raise NotThere(path)

    def space(self, path: str) -> Space:
        self._find(path)
        rooms = json.loads((self._moment / "space.json").read_bytes())
        if path not in rooms:
            raise NotThere(path)
        total, free, available, inodes, free_inodes, read_only = rooms[path]
        return Space(
            total_bytes=total,
            free_bytes=free,
            available_bytes=available,
            total_inodes=inodes,
            free_inodes=free_inodes,
            read_only=read_only,
        )

    def run(self, argv: Sequence[str], *, limit_seconds: float = 10.0, limit_bytes: int = 16 << 20) -> Output:
        raise NotThere(argv[0])

    def records(self, path: str) -> Records:
        raise NotThere(path)

    def walk(self, path: str, *, limit_entries: int = 20_000, limit_seconds: float = 2.0) -> Walk:
        raise NotThere(path)

    def ask_name_server(self, server: str, query: bytes, *, limit_seconds: float) -> NameAnswer:
        return LocalReach().ask_name_server(server, query, limit_seconds=limit_seconds)

    def clocks(self) -> Clocks:
        seconds = self.now().timestamp()
        return Clocks(seconds, seconds, seconds, seconds, 0.0, b"")


def _number(path: Path) -> int:
    return int(path.name)
