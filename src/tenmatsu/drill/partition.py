"""The control groups of one box, apart from all others: what libvirt calls a partition.

libvirt.org/cgroups.html: the partition `/NAME` stands in the folder `NAME.partition` of each tree, and must
be there before a guest is started in it.
"""

import time
from collections.abc import Iterator
from pathlib import Path

_CONTROLLERS = ("cpu", "cpuacct", "memory")
# Version 1 begins these empty, and then nothing may run in the group (cpuset(7)).
_INHERITED = ("cpuset.cpus", "cpuset.mems")
_SOON_SECONDS = 10.0


def make_partition(name: str) -> None:
    """Make the groups."""
    for mount, version in _trees():
        folder = mount / f"{name}.partition"
        folder.mkdir(exist_ok=True)
        for setting in _INHERITED:
            if (mount / setting).exists():
                (folder / setting).write_text((mount / setting).read_text())
        if version == 2:
            for controller in _wanted(mount):
                (folder / "cgroup.subtree_control").write_text(f"+{controller}")


def remove_partition(name: str) -> None:
    """Remove the groups, the inner ones first; what ran in them has been ended before."""
    end = time.monotonic() + _SOON_SECONDS
    for mount, _ in _trees():
        folder = mount / f"{name}.partition"
        while folder.exists() and not _remove(folder) and time.monotonic() < end:
            time.sleep(0.05)


def _remove(folder: Path) -> bool:
    """Return whether it is gone: a group whose last process is still ending cannot be removed yet."""
    inner = sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True)
    try:
        for path in (*inner, folder):
            path.rmdir()
    except FileNotFoundError:
        return not folder.exists()
    except OSError:
        return False
    return True


def _trees() -> Iterator[tuple[Path, int]]:
    """Yield the mounted trees that carry controllers, and their version; containers need all of them."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.split(" ", 2)
        mount = Path(before.split()[4])
        if kind == "cgroup" and "name=" not in options:
            yield mount, 1
        elif kind == "cgroup2" and _wanted(mount):
            yield mount, 2


def _wanted(mount: Path) -> list[str]:
    there = (mount / "cgroup.controllers").read_text().split()
    return [controller for controller in _CONTROLLERS if controller in there]
