"""`/proc/stat`: CPU time by mode, forks since boot, running and blocked tasks.

Source: Linux Documentation/filesystems/proc.rst, 1.7; `processes` counts forks and threads (kernel/fork.c,
total_forks).
"""

from dataclasses import dataclass

from tenmatsu.errors import ParseError

# The order of the columns; `guest` and `guest_nice` are left out: the kernel counts them in user and nice.
_MODES = ("user", "nice", "system", "idle", "iowait", "interrupt", "softirq", "steal")


@dataclass(frozen=True, kw_only=True, slots=True)
class CpuStat:
    """CPU ticks by mode over all cores, and counters since boot."""

    ticks: dict[str, int]
    cores: int
    forks: int
    running: int
    blocked: int
    booted: int


def parse_proc_stat(text: bytes) -> CpuStat:
    """Return the machine's CPU ticks and counters. `booted` is in Unix seconds."""
    rows = [line.split() for line in text.splitlines() if line.strip()]
    by_name = {row[0]: row[1:] for row in rows}
    try:
        return CpuStat(
            ticks=dict(zip(_MODES, map(int, by_name[b"cpu"]), strict=False)),
            cores=sum(name.startswith(b"cpu") for name in by_name) - 1,
            forks=int(by_name[b"processes"][0]),
            running=int(by_name[b"procs_running"][0]),
            blocked=int(by_name[b"procs_blocked"][0]),
            booted=int(by_name[b"btime"][0]),
        )
    except (KeyError, ValueError, IndexError) as bad:
        raise ParseError("/proc/stat", repr(text[:60])) from bad
