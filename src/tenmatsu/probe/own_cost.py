"""What the probe itself costs: said with everything that it says."""

import resource
from typing import NamedTuple

from tenmatsu.probe.proc_files import read_file


class Cost(NamedTuple):
    """The probe's own CPU time since its start, and the most memory that it ever held."""

    cpu_seconds: float
    max_rss_bytes: int


def measure_cost() -> Cost:
    """Return what this process has used so far; what its BPF programs use, in others' time, is not in it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return Cost(used.ru_utime + used.ru_stime, _read_highest_rss() or used.ru_maxrss * 1024)


def _read_highest_rss() -> int:
    """Return this program's own peak; getrusage(2) also has that of who started it (`exec_mmap`)."""
    try:
        status = read_file("/proc/self/status")
        at = status.index(b"\nVmHWM:") + len(b"\nVmHWM:")
        return int(status[at : status.index(b"kB", at)]) * 1024
    except (OSError, ValueError):
        return 0
