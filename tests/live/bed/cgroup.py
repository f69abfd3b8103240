"""A control group of the bed's own, by version 1 or 2, whichever carries the controller."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from .hierarchies import Hierarchy, delegated, find_hierarchy, find_home, for_each_hierarchy
from .processes import BedError, Unusable, until

PREFIX = "tenmatsu-bed"
PERIOD_MICROSECONDS = 100_000
ENOUGH_ROUNDS = 500


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a group may use at most; None: as much as there is."""

    cpu_cores: float | None = None
    memory_bytes: int | None = None
    processes: int | None = None


@dataclass(frozen=True, kw_only=True)
class Place:
    """A group's folder in one hierarchy, and the folder from which its processes come."""

    folder: Path
    home: Path


@dataclass(frozen=True, kw_only=True)
class Group:
    """A group of processes, with a folder in each hierarchy that its limits need."""

    places: tuple[Place, ...]

    def join(self, pids: Iterable[int]) -> None:
        """Move processes in. One that has ended meanwhile is left out."""
        for pid in pids:
            for place in self.places:
                _move(pid, place.folder)

    def prefix(self) -> tuple[str, ...]:
        """Return a command prefix that starts a command inside the group."""
        script = 'until [ "$1" = -- ]; do echo $$ > "$1" || exit 1; shift; done; shift; exec "$@"'
        files = (str(place.folder / "cgroup.procs") for place in self.places)
        return ("/bin/sh", "-c", script, "sh", *files, "--")

    def pids(self) -> frozenset[int]:
        """Return the processes inside."""
        return frozenset(pid for place in self.places for pid in _pids(place.folder))

    def counter(self, file: str, key: str = "") -> int:
        """Return a number of a file (`cpu.stat`: `nr_throttled`); 0 where it is not kept."""
        for place in self.places:
            path = place.folder / file
            for line in path.read_text().splitlines() if path.exists() else ():
                name, _, number = line.rpartition(" ")
                if name == key:
                    return int(number)
        return 0

    def limit_processes(self, count: int) -> None:
        """Let the group have so many processes and threads."""
        for place in self.places:
            if (place.folder / "pids.max").exists():
                (place.folder / "pids.max").write_text(str(count))

    def empty(self) -> None:
        """Send every process back to where it came from."""
        for _ in range(ENOUGH_ROUNDS):  # they fork meanwhile
            if not self.pids():
                return
            for place in self.places:
                for pid in _pids(place.folder):
                    _move(pid, place.home)
        raise BedError(f"a group does not get empty: {sorted(self.pids())}")


@contextmanager
def grouped(name: str, limits: Limits) -> Iterator[Group]:
    """Make a group; at the end its processes go back to where they came from and it is removed."""
    with ExitStack() as stack:
        group = Group(places=tuple(_make(stack, name, limits, each) for each in _needed(limits)))
        stack.callback(group.empty)
        yield group


def _needed(limits: Limits) -> tuple[Hierarchy, ...]:
    names = [
        *(["cpu"] if limits.cpu_cores is not None else []),
        *(["memory"] if limits.memory_bytes is not None else []),
        *(["pids"] if limits.processes is not None else []),
    ]
    found = [find_hierarchy(name) for name in names]
    if "cpu" in names:
        # What has its CPU time limited has it counted too; version 1 can hold the two apart.
        found += [each for each in for_each_hierarchy() if "cpuacct" in each.controllers]
    return tuple(dict.fromkeys(found))


def _make(stack: ExitStack, name: str, limits: Limits, hierarchy: Hierarchy) -> Place:
    folder = hierarchy.mount / f"{PREFIX}-{name}-{os.getpid()}"
    try:
        stack.enter_context(delegated(hierarchy))
        folder.mkdir()
        stack.callback(_remove, folder)
        for file, value in _settings(limits, hierarchy.version).items():
            if _is_kept(folder / file, hierarchy):
                (folder / file).write_text(value)
    except OSError as error:
        raise Unusable(f"no cgroup can be made below {hierarchy.mount}: {error}") from error
    return Place(folder=folder, home=find_home(hierarchy))


def _settings(limits: Limits, version: int) -> dict[str, str]:
    """Return file → value for all that is limited, in the order in which it is to be set."""
    settings: dict[str, str] = {}
    if limits.cpu_cores is not None:
        quota = round(limits.cpu_cores * PERIOD_MICROSECONDS)
        if version == 2:
            settings["cpu.max"] = f"{quota} {PERIOD_MICROSECONDS}"
        else:
            settings["cpu.cfs_period_us"] = str(PERIOD_MICROSECONDS)
            settings["cpu.cfs_quota_us"] = str(quota)
    if limits.memory_bytes is not None:
        size = str(limits.memory_bytes)
        # Without a way out into the swap space.
        settings |= (
            {"memory.max": size, "memory.swap.max": "0"}
            if version == 2
            else {"memory.limit_in_bytes": size, "memory.memsw.limit_in_bytes": size}
        )
    if limits.processes is not None:
        settings["pids.max"] = str(limits.processes)
    return settings


def _is_kept(path: Path, hierarchy: Hierarchy) -> bool:
    """Whether a limit is this tree's. Only the swap space's may be absent, as in many kernels."""
    controller, _, rest = path.name.partition(".")
    return controller in hierarchy.controllers and ("sw" not in rest or path.exists())


def _move(pid: int, folder: Path) -> None:
    with suppress(ProcessLookupError):  # it has ended
        (folder / "cgroup.procs").write_text(str(pid))


def _pids(folder: Path) -> frozenset[int]:
    return frozenset(map(int, (folder / "cgroup.procs").read_text().split()))


def _remove(folder: Path) -> None:
    until(lambda: _removed(folder), what=f"the removal of {folder}")


def _removed(folder: Path) -> bool:
    try:
        folder.rmdir()
    except OSError:
        return False  # a process inside is still ending
    return True
