"""What a living process is, beyond its name: user, group, path, command line. Read once, never twice."""

import os
from typing import Dict, Iterable, List, NamedTuple, Optional, Set, Tuple

from tenmatsu.probe.proc_files import Stat, read_file
from tenmatsu.probe.rung import Sample

# Four files a process at about 10 µs each: a start beside 5,000 processes must not cost a third of a second.
_MOST_READS_A_LOOK = 64
_MOST_COMMAND_BYTES = 4096
# Kinds (program and parent) of which an example was told; beyond that, no more examples.
_MOST_KINDS = 4096


class Detail(NamedTuple):
    """Real user id and cgroup of a process; None and "" where that could not be read."""

    uid: Optional[int]
    cgroup: str


_UNKNOWN = Detail(None, "")


class Details:
    """Remembers the details of living processes, and collects one example of each kind."""

    def __init__(self) -> None:
        self._known: Dict[Tuple[int, int], Detail] = {}
        self._told: Set[Tuple[bytes, bytes]] = set()
        self._samples: List[Sample] = []

    def update(self, stats: Iterable[Stat], living: Dict[int, Stat]) -> None:
        """Read what is not known yet, for a bounded number of processes a look."""
        left = _MOST_READS_A_LOOK
        for stat in stats:
            identity = (stat.pid, stat.started)
            if identity not in self._known:
                self._known[identity] = read_detail(stat.pid)
                self._take_sample(stat, living.get(stat.parent))
                left -= 1
                if not left:
                    break
        if len(self._known) > 2 * len(living) + _MOST_READS_A_LOOK:
            self._known = {one: found for one, found in self._known.items() if one[0] in living}

    def of(self, stat: Stat) -> Detail:
        """Return what is known of a process."""
        return self._known.get((stat.pid, stat.started), _UNKNOWN)

    def take_samples(self, most: int) -> List[Sample]:
        """Return examples of kinds not told of before."""
        taken, self._samples = self._samples[:most], self._samples[most:]
        return taken

    def _take_sample(self, stat: Stat, parent: Optional[Stat]) -> None:
        kind = (stat.name, parent.name if parent else b"")
        if kind in self._told or len(self._told) >= _MOST_KINDS:
            return
        self._told.add(kind)
        command = _read_command(stat.pid)
        if command:  # a thread of the kernel has none
            self._samples.append(_make_sample(kind, stat.pid, self.of(stat).uid, command))


def read_detail(pid: int) -> Detail:
    """Return a living process' real user id and cgroup."""
    try:
        status = read_file(f"/proc/{pid}/status")
        at = status.index(b"\nUid:\t") + 6
        return Detail(int(status[at : status.index(b"\t", at)]), _read_cgroup(pid))
    except (OSError, ValueError):
        return _UNKNOWN


def _read_cgroup(pid: int) -> str:
    try:
        return pick_cgroup(read_file(f"/proc/{pid}/cgroup"))
    except OSError:
        return ""


def pick_cgroup(text: bytes) -> str:
    """Return the path that names the service from /proc/PID/cgroup: version 2's, else systemd's own tree."""
    paths = {}
    for line in text.splitlines():
        _, controllers, path = [*line.split(b":", 2), b"", b""][:3]
        paths[controllers] = path.decode("utf-8", "surrogateescape")
    unified = paths.get(b"", "")
    return unified if len(unified) > 1 else paths.get(b"name=systemd", unified)


def _read_command(pid: int) -> bytes:
    try:
        return read_file(f"/proc/{pid}/cmdline", _MOST_COMMAND_BYTES)
    except OSError:
        return b""


def _make_sample(kind: Tuple[bytes, bytes], pid: int, uid: Optional[int], command: bytes) -> Sample:
    try:
        path = os.fsencode(os.readlink(f"/proc/{pid}/exe"))
    except OSError:  # only its owner and root may know
        path = b""
    cut = len(command) >= _MOST_COMMAND_BYTES
    return Sample(kind[0], kind[1], pid, uid, path, tuple(command.rstrip(b"\0").split(b"\0")), cut)
