"""What a running tool costs: CPU, memory, and what its BPF programs took in others' time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tenmatsu.probe.bpf_call import Bpf

_BPF_ENABLE_STATS = 32  # enum bpf_cmd; ends with its descriptor


@contextmanager
def bpf_statistics() -> Iterator[None]:
    """Let the kernel measure BPF programs as long as this lasts; the measuring itself costs a little."""
    bpf = Bpf()
    try:
        with suppress(OSError):
            bpf._keep(bpf._call(_BPF_ENABLE_STATS, bytes(4)))  # noqa: SLF001 - the probe itself never does this
        yield
    finally:
        bpf.close()


def find_session(leader: int) -> list[int]:
    """Return the processes of a session, by the pid of the process that began it."""
    pids = (int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit())
    return [pid for pid in pids if _session_of(pid) == leader]


def _session_of(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:  # it has ended
        return -1


def cpu_ms(pids: list[int]) -> float:
    """Return the CPU time of these processes, in milliseconds: to the nanosecond, not in clock ticks.

    Source: `/proc/PID/task/TID/schedstat` (sched-stats.rst). What ended threads used is not in it.
    """
    files = (file for pid in pids for file in Path(f"/proc/{pid}/task").glob("*/schedstat"))
    return sum(int(_read(file).split()[0]) for file in files if _read(file)) / 1e6


def peak_mb(pids: list[int]) -> float:
    """Return the sum of the most memory that each of these processes ever held."""
    lines = (line for pid in pids for line in _read(Path(f"/proc/{pid}/status")).splitlines())
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024 / 1e6


def kernel_ms(pids: list[int]) -> float | None:
    """Return how long the BPF programs of these processes have run, while the kernel measures that."""
    times = {}
    for pid in pids:
        for file in Path(f"/proc/{pid}/fdinfo").glob("*"):
            words = dict(line.split(None, 1) for line in _read(file).splitlines() if len(line.split()) > 1)
            if "run_time_ns:" in words:
                times[words["prog_id:"]] = int(words["run_time_ns:"])
    return sum(times.values()) / 1e6 if times else None


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:  # it has ended, or is not ours to read
        return ""
