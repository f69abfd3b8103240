"""What an investigation costs, against the limits that the project set itself.

Each figure is the kernel's own account of a whole process with the children it waited for (wait4).
Beside it stand two tools that everybody knows, over the same window: what does just looking cost?
"""

import argparse
import contextlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parent.parent
TENMATSU = (sys.executable, "-m", "tenmatsu")
ROUNDS = 5
_MEMORY_EVERY_SECONDS = 0.1
ANSWERS = (0, 1, 3)  # healthy, a cause was found, not enough seen


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one process took, its children included; the memory is that of all at once, at its highest."""

    exit_code: int
    cpu_seconds: float
    wall_seconds: float
    peak_bytes: int
    ended_at: float


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One line of the table; without a limit it is there to compare with."""

    name: str
    value: float
    unit: str
    limit: float | None = None


class Running:
    """A process whose cost is known once it has ended."""

    def __init__(self, command: Sequence[str], output: IO[bytes] | int = subprocess.DEVNULL) -> None:
        self._started = time.monotonic()
        self._process = subprocess.Popen(command, stdout=output, cwd=ROOT)
        self._ended = threading.Event()
        self._peak_bytes = 0
        self._watcher = threading.Thread(target=self._watch_memory, daemon=True)
        self._watcher.start()

    def _watch_memory(self) -> None:
        while not self._ended.wait(_MEMORY_EVERY_SECONDS):
            resident = sum(map(resident_bytes, family(self._process.pid)))
            self._peak_bytes = max(self._peak_bytes, resident)

    def wait(self) -> Cost:
        """Wait for the end and return the cost."""
        _, status, used = os.wait4(self._process.pid, 0)
        self._ended.set()
        self._watcher.join()
        self._process.returncode = os.waitstatus_to_exitcode(status)
        return Cost(
            exit_code=self._process.returncode,
            cpu_seconds=used.ru_utime + used.ru_stime,
            wall_seconds=time.monotonic() - self._started,
            # The kernel's own is that of the largest process alone, in KiB: getrusage(2).
            peak_bytes=max(self._peak_bytes, used.ru_maxrss * 1024),
            ended_at=time.time(),
        )


def family(pid: int) -> Iterator[int]:
    """Yield a process and its descendants, those that are there now."""
    yield pid
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield from family(int(child))


def resident_bytes(pid: int) -> int:
    """Return what a process has in memory, shared pages included; 0 if it is gone."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def peers(seconds: int) -> dict[str, Running]:
    """Start the well-known tools that are installed, once a second for `seconds`."""
    commands = (
        ("vmstat", "1", str(seconds + 1)),  # its first line is at once
        ("top", "-b", "-d", "1", "-n", str(seconds + 1)),
    )
    return {" ".join(c): Running(c) for c in commands if shutil.which(c[0])}


def window_end(answer: str) -> float:
    """Return when the window closed, in seconds since 1970, from the program's JSON."""
    return datetime.fromisoformat(json.loads(answer)["window"]["end"]).timestamp()


def investigation(seconds: int, more: Sequence[str]) -> list[Figure]:
    """Measure one investigation of `seconds`, and the peers beside it."""
    beside = peers(seconds)
    with tempfile.TemporaryFile() as output:
        command = (*TENMATSU, "investigate", "--for", f"{seconds}s", "--json", *more)
        cost = Running(command, output).wait()
        output.seek(0)
        answer = output.read().decode()
    if cost.exit_code not in ANSWERS:
        sys.exit(f"{' '.join(command)} ended with {cost.exit_code}")
    name = f"investigate --for {seconds}s"
    return [
        Figure(name=f"{name}: CPU", value=cost.cpu_seconds / seconds * 100, unit="% of a core", limit=5),
        Figure(name=f"{name}: memory", value=cost.peak_bytes / 1e6, unit="MB", limit=120),
        Figure(
            name=f"{name}: after the window",
            value=cost.ended_at - window_end(answer),
            unit="s",
            limit=3,
        ),
        *(
            Figure(name=f"{peer}: CPU", value=c.cpu_seconds / seconds * 100, unit="% of a core")
            for peer, c in ((peer, running.wait()) for peer, running in beside.items())
        ),
    ]


def start_up() -> Figure:
    """Measure `tenmatsu --help`; the first start, which may have to compile, does not count."""
    costs = [Running((*TENMATSU, "--help")).wait() for _ in range(ROUNDS + 1)]
    median = statistics.median(c.cpu_seconds for c in costs[1:])
    return Figure(name="--help: CPU", value=median, unit="s", limit=0.3)


def make_overhead() -> Figure:
    """Measure what a second `make run` does before the program begins."""
    costs = [Running(("make", "--silent", "environment")).wait() for _ in range(ROUNDS)]
    median = statistics.median(c.wall_seconds for c in costs)
    return Figure(name="second make run, before it", value=median, unit="s", limit=2)


def row(figure: Figure) -> str:
    """Return the figure as a line of the table."""
    text = f"{figure.name:<38} {figure.value:>8.2f} {figure.unit:<12}"
    if figure.limit is None:
        return text
    ratio = figure.value / figure.limit
    return f"{text}{figure.limit:>6g}{ratio:>9.2f}{'   OVER' if ratio > 1 else ''}"


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=int, default=20, help="length of the window (20)")
    parser.add_argument("more", nargs="*", help="more words for investigate, after --")
    wanted = parser.parse_args()
    processes = sum(1 for p in Path("/proc").iterdir() if p.name.isdigit())
    print(
        f"{os.cpu_count()} cores, {processes} processes, Linux {platform.release()}, "
        f"Python {platform.python_version()}"
    )
    print(f"{'':<38} {'measured':>8} {'':<12}{'limit':>6}{'ratio':>9}", flush=True)
    for figure in (start_up(), make_overhead(), *investigation(wanted.seconds, wanted.more)):
        print(row(figure).rstrip())


if __name__ == "__main__":
    main()
