"""The peers: what each is called with, and what its output says of a storm."""

import re
import signal

from bench.capture_peer import Peer
from bench.capture_storm import Storm
from bench.capture_tools import Tool

_CLOCK_TICKS = 100  # USER_HZ, in which atop gives CPU time
_AT_EXIT = "@ended[comm] = count(); @cpu_ns[comm] = sum(curtask->se.sum_exec_runtime);"


class Top(Peer):
    """procps' top, once a second; wide, or it would cut the names."""

    name = "top"
    package = "procps"
    command: tuple[str, ...] = ("top", "-b", "-d", "1", "-w", "200")
    needs_root = False

    def read(self, told: str, storm: Storm) -> tuple[float | None, float | None]:
        """Count pids that were shown at least once; their CPU is the last that was shown of each."""
        lines = (line.split() for line in told.splitlines())
        rows = {words[0]: words[10] for words in lines if words[11:] == [storm.kernels_name]}
        return len(rows), sum(_seconds(shown) for shown in rows.values())


def _seconds(shown: str) -> float:
    """Return top's TIME+, minutes:seconds.hundredths, in seconds."""
    minutes, _, seconds = shown.rpartition(":")
    return float(minutes or 0) * 60 + float(seconds)


class Atop(Peer):
    """Reads the accounting records of what ended, once a second; switches accounting on and off by itself."""

    name = "atop"
    package = "atop"
    command: tuple[str, ...] = ("atop", "-P", "PRG,PRC", "1")
    ends_by = signal.SIGTERM  # with -P it leaves accounting on when it is interrupted

    def read(self, told: str, storm: Storm) -> tuple[float | None, float | None]:
        """Count rows of ended processes (state E), and add up their user and system time."""
        marked = f"({storm.kernels_name}) E "
        rows = [line for line in told.splitlines() if marked in line]
        times = [line.split(marked)[1].split() for line in rows if line.startswith("PRC")]
        ticks = sum(int(words[1]) + int(words[2]) for words in times)
        return sum(line.startswith("PRG") for line in rows), ticks / _CLOCK_TICKS


class Forkstat(Peer):
    """The kernel's process connector, and /proc for the names."""

    name = "forkstat"
    package = "forkstat"
    command: tuple[str, ...] = ("forkstat",)

    def read(self, told: str, storm: Storm) -> tuple[float | None, float | None]:
        """Count the program's starts or ends, whichever it named more often. It tells no CPU time."""
        rows = [line.split() for line in told.splitlines() if storm.name in line]
        return max(sum(words[1] == event for words in rows) for event in ("exec", "exit")), None


class Execsnoop(Peer):
    """libbpf-tools' execsnoop: an event for each exec."""

    name = "execsnoop"
    package = "libbpf-tools"
    command: tuple[str, ...] = ("execsnoop",)
    needs_tracing = True

    def read(self, told: str, storm: Storm) -> tuple[float | None, float | None]:
        """Count lines. It tells no CPU time."""
        return sum(line.startswith(f"{storm.kernels_name} ") for line in told.splitlines()), None


class Bpftrace(Peer):
    """The usual one-liner: count and sum inside the kernel, told at the end."""

    name = "bpftrace"
    package = "bpftrace"
    command: tuple[str, ...] = (
        "bpftrace",
        "-e",
        f"tracepoint:sched:sched_process_exit {{ {_AT_EXIT} }}",
    )
    needs_tracing = True

    def read(self, told: str, storm: Storm) -> tuple[float | None, float | None]:
        """Read both maps."""
        row = re.compile(rf"^@(ended|cpu_ns)\[{re.escape(storm.kernels_name)}\]: (\d+)$", re.MULTILINE)
        maps = {name: int(value) for name, value in row.findall(told)}
        return maps.get("ended", 0), maps.get("cpu_ns", 0) / 1e9


PEERS: tuple[Tool, ...] = (Top(), Atop(), Forkstat(), Execsnoop(), Bpftrace())
