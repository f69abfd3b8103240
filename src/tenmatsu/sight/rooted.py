"""Files as another process sees them: in a container its `/etc` is not ours.

`/proc/PID/root` leads into its file system, but an absolute symbolic link met there leads back into
ours: links are therefore followed here, one by one. Source: proc(5), path_resolution(7).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from tenmatsu.errors import ReachError
from tenmatsu.reach import Reach

_MOST_LINKS = 40  # as in the kernel (MAXSYMLINKS)


@dataclass(frozen=True, slots=True)
class Rooted:
    """A process, and where its root directory is seen from here: empty, or `/proc/PID/root`."""

    reach: Reach
    pid: int
    root: str

    def find(self, path: str) -> str:
        """Return where we find what the process calls `path` (absolute), all links followed.

        What is not there stays as it is: whoever reads it is told so.
        """
        done, left, links = PurePosixPath("/"), list(reversed(PurePosixPath(path).parts[1:])), 0
        while left:
            part = left.pop()
            if part == "..":
                done = done.parent
                continue
            target = self._link(done / part) if links < _MOST_LINKS else None
            if target is None:
                done /= part
                continue
            links += 1
            left.extend(reversed([p for p in PurePosixPath(target).parts if p != "/"]))
            done = PurePosixPath("/") if target.startswith("/") else done
            if stream := _own_stream(self.pid, done, left):
                return stream
        return f"{self.root}{done}"

    def glob(self, pattern: str) -> Iterator[str]:
        """Yield what matches, as the process calls it; of a directory, all files below."""
        for path in self.reach.glob(f"{self.root}{pattern}"):
            yield from self._files(path.removeprefix(self.root))

    def read(self, path: str, limit_bytes: int) -> bytes:
        """Return a file's content.

        Raises:
            ReachError: it cannot be read.
        """
        return self.reach.read(self.find(path), limit_bytes=limit_bytes)

    def _files(self, path: str) -> Iterator[str]:
        stat = self.reach.stat(self.find(path))
        if not stat.is_directory:
            yield path
            return
        for name in self.reach.names(self.find(path)):
            yield from self._files(f"{path.rstrip('/')}/{name}")

    def _link(self, path: PurePosixPath) -> str | None:
        try:
            target = self.reach.link(f"{self.root}{path}")
        except ReachError:
            return None  # not a link, or not there
        return target.replace("/proc/self/", f"/proc/{self.pid}/", 1)


def _own_stream(pid: int, done: PurePosixPath, left: list[str]) -> str | None:
    """Return `/proc/PID/fd/N` with the number that the process has here, not in its container."""
    path = (*done.parts[1:], *reversed(left))
    if len(path) == 4 and path[0] == "proc" and path[2] == "fd":
        return f"/proc/{pid}/fd/{path[3]}"
    return None


def find_root(reach: Reach, pid: int) -> str:
    """Return where a process's root directory is seen from here; empty where it is our own."""
    try:
        if reach.link(f"/proc/{pid}/root") != "/":
            return f"/proc/{pid}/root"
        same = reach.link(f"/proc/{pid}/ns/mnt") == reach.link("/proc/self/ns/mnt")
    except ReachError:
        return ""  # not ours to see: then its files are not either, unless they are the same
    return "" if same else f"/proc/{pid}/root"
