"""What a bed has left behind: nothing, if it is well made."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from .cgroup import PREFIX
from .hierarchies import for_each_hierarchy


def find_leftovers(root: Path) -> tuple[str, ...]:
    """Return the processes, mounts and groups of the bed that had its ServerRoot at `root`."""
    return (*_files(root), *_mounts(root), *_groups(), *_processes(root))


def _files(root: Path) -> Iterator[str]:
    if root.exists():
        yield f"folder {root}"


def _mounts(root: Path) -> Iterator[str]:
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        if str(root) in line:
            yield f"mount {line}"


def _groups() -> Iterator[str]:
    for hierarchy in for_each_hierarchy():
        for folder in hierarchy.mount.glob(f"{PREFIX}-*-{os.getpid()}"):
            yield f"cgroup {folder}"


def _processes(root: Path) -> Iterator[str]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid() and _is_below(entry, root):
            yield f"process {entry.name}"


def _is_below(process: Path, root: Path) -> bool:
    """Whether a process works in the bed's folder or was started with it."""
    try:
        words = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        return os.fsencode(root) in words or (process / "cwd").readlink().is_relative_to(root)
    except OSError:
        return False  # it has ended
