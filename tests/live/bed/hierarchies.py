"""The mounted trees of control groups, of version 1 and 2 (man 7 cgroups)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .processes import BedError, Unusable

WANTED = frozenset({"cpu", "memory", "pids"})


@dataclass(frozen=True, kw_only=True)
class Hierarchy:
    """A mounted tree of groups and the controllers that can be used in it."""

    device: str  # the same for each mount of the same tree
    root: str  # the group that the mount shows: in a container not always "/"
    mount: Path
    version: int
    controllers: frozenset[str]


def for_each_hierarchy() -> Iterator[Hierarchy]:
    """Every tree that is mounted, once, in the order of /proc/self/mountinfo (man 5 proc)."""
    seen = set()
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.split(" ", 2)
        _, _, device, root, mount, *_ = before.split()
        if kind not in ("cgroup", "cgroup2") or device in seen:
            continue
        seen.add(device)
        yield Hierarchy(
            device=device,
            root=root,
            mount=Path(mount),
            version=1 if kind == "cgroup" else 2,
            controllers=_controllers(kind, Path(mount), options),
        )


def _controllers(kind: str, mount: Path, options: str) -> frozenset[str]:
    # Version 1 names them among the mount's options; the others do no harm here.
    if kind == "cgroup":
        return frozenset(options.split(","))
    return frozenset((mount / "cgroup.controllers").read_text().split())


def find_hierarchy(controller: str) -> Hierarchy:
    """Return the tree with this controller: each controller is in one tree only."""
    for hierarchy in for_each_hierarchy():
        if controller in hierarchy.controllers:
            return hierarchy
    raise Unusable(f"no mounted cgroup hierarchy carries the {controller!r} controller")


def find_home(hierarchy: Hierarchy) -> Path:
    """Return the group of this very process, from which the bed's processes come."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        if _is_named(hierarchy, names):
            return hierarchy.mount / path.removeprefix(hierarchy.root).lstrip("/")
    raise BedError(f"this process is in no group below {hierarchy.mount}")


def _is_named(hierarchy: Hierarchy, names: str) -> bool:
    """Whether a line of /proc/PID/cgroup is about this tree; version 2 has no names there."""
    if hierarchy.version == 2:
        return not names
    return bool(names) and set(names.split(",")) <= hierarchy.controllers


@contextmanager
def delegated(hierarchy: Hierarchy) -> Iterator[None]:
    """Pass the controllers on to the root's children (version 2), and take back what was added."""
    if hierarchy.version == 1:
        yield
        return
    switch = hierarchy.mount / "cgroup.subtree_control"
    missing = (WANTED & hierarchy.controllers) - set(switch.read_text().split())
    try:
        for controller in sorted(missing):
            switch.write_text(f"+{controller}")
        yield
    finally:
        for controller in sorted(missing & set(switch.read_text().split())):
            switch.write_text(f"-{controller}")
