"""How much CPU time all that runs here may use, where control groups limit it from within.

A limit that the hypervisor sets is not among them: no guest can see that one.
"""

from typing import Iterator, List, Optional, Tuple

from tenmatsu.probe.proc_files import read_file

_ROOT = "/sys/fs/cgroup"
# Version 1 mounts the controller under one of these names.
_ROOTS_1 = ("/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup/cpu", "/cgroup/cpu")


def read_limit_cores() -> Optional[float]:
    """Return the least limit on the way to our own group, in processors; None where there is none."""
    limits = [limit for folder, version in _for_each_folder() for limit in _read_limit(folder, version)]
    return min(limits) if limits else None


def _for_each_folder() -> Iterator[Tuple[str, int]]:
    """Yield the folders from the root to our own group, and which version's files they have."""
    for path, controllers in _read_groups():
        roots = (_ROOT,) if not controllers else _ROOTS_1 if "cpu" in controllers else ()
        version = 1 if controllers else 2
        parts = [part for part in path.split("/") if part and part != ".."]
        for root in roots:
            for depth in range(len(parts) + 1):
                yield "/".join([root, *parts[:depth]]), version


def _read_groups() -> List[Tuple[str, List[str]]]:
    try:
        lines = read_file("/proc/self/cgroup").decode("utf-8", "surrogateescape").splitlines()
    except OSError:
        return []
    fields = (line.split(":", 2) for line in lines)
    return [(one[2], one[1].split(",") if one[1] else []) for one in fields if len(one) == 3]


def _read_limit(folder: str, version: int) -> List[float]:
    """Return the folder's limit as a list of one; empty where it has none."""
    try:
        if version == 2:
            quota, period = read_file(folder + "/cpu.max").split()
        else:
            quota = read_file(folder + "/cpu.cfs_quota_us").strip()
            period = read_file(folder + "/cpu.cfs_period_us").strip()
        return [int(quota) / int(period)] if quota.isdigit() and int(period) else []
    except (OSError, ValueError):
        return []
