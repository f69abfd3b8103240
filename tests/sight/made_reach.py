"""A machine made of a few files and answers, for sights; and what a sight brings from it."""

import fnmatch
import gzip
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tenmatsu.errors import NotPermitted, NotThere, ReachError
from tenmatsu.reach import Clocks, FileStat, FoundFile, NameAnswer, Output, Records, Space, Walk
from tenmatsu.reach.local import LocalReach
from tenmatsu.sight.scene import Notebook, Page, Scene, Sight

NOW = datetime(2026, 3, 11, 2, 14, tzinfo=UTC)
UPTIME = 10_000.0


@dataclass(kw_only=True)
class MadeReach:
    """Answers from what it is given. `refused` are paths and programs that may not be used."""

    files: dict[str, bytes] = field(default_factory=dict)
    modified: dict[str, datetime] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    answers: dict[str, Output] = field(default_factory=dict)
    ring: list[tuple[bytes, ...]] = field(default_factory=list)
    lost: bool = False
    refused: frozenset[str] = frozenset()
    walks: dict[str, Walk] = field(default_factory=dict)
    jumps: list[float] = field(default_factory=list)
    asked: list[Sequence[str]] = field(default_factory=list)
    name: str = "made"

    def now(self) -> datetime:
        return NOW

    def read(self, path: str, *, offset: int = 0, limit_bytes: int = 16 << 20) -> bytes:
        self._check(path)
        if path not in self.files:
            raise NotThere(path)
        return self.files[path][offset:][:limit_bytes]

    def read_each(self, paths: Sequence[str], *, limit_bytes: int = 1 << 16) -> dict[str, bytes]:
        found = {}
        for path in paths:
            with suppress(ReachError):
                found[path] = self.read(path, limit_bytes=limit_bytes)
        return found

    def read_unpacked(self, path: str, *, limit_bytes: int = 64 << 20) -> bytes:
        text = self.read(path)
        text = gzip.decompress(text) if path.endswith(".gz") else text
        return text[-limit_bytes:]

    def names(self, path: str) -> list[str]:
        top = path.rstrip("/") + "/"
        inner = sorted({one.removeprefix(top).partition("/")[0] for one in self.files if one.startswith(top)})
        if not inner:
            raise NotThere(path)
        return inner

    def glob(self, pattern: str) -> list[str]:
        depth = pattern.count("/")
        return sorted(p for p in self.files if p.count("/") == depth and fnmatch.fnmatch(p, pattern))

    def stat(self, path: str) -> FileStat:
        inner = any(one.startswith(f"{path}/") for one in self.files)
        if path not in self.files and not inner:
            raise NotThere(path)
        return FileStat(
            size_bytes=len(self.files.get(path, b"")),
            modified=self.modified.get(path, NOW),
            is_directory=inner,
            is_file=not inner,
            uid=0,
            mode=0o644,
            device=1,
            inode=zlib.crc32(path.encode()),
        )

    def link(self, path: str) -> str:
        if path not in self.links:
            raise NotThere(path)
        return self.links[path]

    def space(self, path: str) -> Space:
        raise NotThere(path)

    def run(self, argv: Sequence[str], *, limit_seconds: float = 10.0, limit_bytes: int = 16 << 20) -> Output:
        self.asked.append(argv)
        self._check(argv[0])
        if argv[0] not in self.answers:
            raise NotThere(argv[0])
        return self.answers[argv[0]]

    def records(self, path: str) -> Records:
        self._check(path)
        if not self.ring:
            raise NotThere(path)
        return Records(lines=self.ring.pop(0) if len(self.ring) > 1 else self.ring[0], lost=self.lost)

    def walk(self, path: str, *, limit_entries: int = 20_000, limit_seconds: float = 2.0) -> Walk:
        if path not in self.walks:
            raise NotThere(path)
        return self.walks[path]

    def ask_name_server(self, server: str, query: bytes, *, limit_seconds: float) -> NameAnswer:
        return LocalReach().ask_name_server(server, query, limit_seconds=limit_seconds)

    def clocks(self) -> Clocks:
        jump = self.jumps.pop(0) if self.jumps else 0.0
        return Clocks(NOW.timestamp() + jump, UPTIME, UPTIME, UPTIME, 1e-6, b"")

    def _check(self, what: str) -> None:
        if what in self.refused:
            raise NotPermitted(what)


def answer(text: str, code: int = 0, err: str = "") -> Output:
    return Output(code=code, out=text.encode(), err=err.encode())


def found_file(
    path: str, when: datetime, *, mode: int = 0o100644, changed: datetime | None = None
) -> FoundFile:
    return FoundFile(path, when.timestamp(), (changed or when).timestamp(), 10, mode)


def look_at(sight: Sight, reach: MadeReach, *, since: timedelta = timedelta(hours=1)) -> Page:
    """Return what a sight brings of a window that is over already; its error becomes a gap."""
    scene = Scene(reach=reach, component="made", start=NOW, seconds=0.0, since=NOW - since)
    notebook = Notebook(sight.name, scene.component)
    complete = True
    try:
        sight.look(scene, notebook)
    except ReachError as error:
        notebook.gap(sight.title, error.words, sight.close_by)
        complete = False
    return notebook.close(NOW, NOW, complete=complete)
