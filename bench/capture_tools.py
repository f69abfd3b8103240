"""What the bench compares: each tool watches one storm and says what it saw and what that cost."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bench.capture_storm import KERNELS_NAME, Storm

from tenmatsu.parse.probe_frames import Hello, Look
from tenmatsu.probe.bpf_call import Bpf
from tenmatsu.probe.bundle import PYTHON_OPTIONS
from tenmatsu.probe.rung import Options
from tenmatsu.reach.probe import ProbeLine

IDLE_SECONDS = 3
_BPF_ENABLE_STATS = 32  # enum bpf_cmd; ends with its descriptor
_NS = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a tool told of a storm (None: it does not tell), and the milliseconds of CPU that it took for it.

    `gross_ms` is all that it took from the storm's beginning until all was told; `idle_ms_a_second` what it
    takes when nothing happens; `in_kernel_ms` what its BPF programs took in the storm's own time.
    """

    processes: float | None
    cpu: float | None
    gross_ms: float
    seconds: float
    idle_ms_a_second: float
    peak_mb: float
    in_kernel_ms: float | None = None
    remark: str = ""

    @property
    def net_ms(self) -> float:
        """Return what it took beyond what it takes anyway."""
        return max(0.0, self.gross_ms - self.idle_ms_a_second * self.seconds)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a tool of ours promised; percent of the truth, milliseconds for 1,000 processes, megabytes."""

    seen_percent: float | None = None
    cpu_percent: tuple[float, float] | None = None
    net_ms: float | None = None
    ms_a_second: float | None = None
    peak_mb: float | None = None


NO_LIMITS = Limits()


class Tool(Protocol):
    """One way to see processes. A peer is one more of these."""

    name: str
    limits: Limits

    def watch(self, make_storm: Callable[[], Storm]) -> tuple[Storm, Seen]:
        """Get ready, let the storm be made, and return it with what was seen of it."""


class Probe:
    """One of our own rungs."""

    def __init__(self, name: str, options: Options, limits: Limits, before: Sequence[str] = ()) -> None:
        self.name = name
        self.limits = limits
        self._options = options
        self._command = [*before, sys.executable, *PYTHON_OPTIONS]

    def watch(self, make_storm: Callable[[], Storm]) -> tuple[Storm, Seen]:
        """Watch one storm with a probe of its own."""
        with _running(self._command, self._options) as watched:
            watched.wait(3)  # the first looks read more than later ones
            idle_from = watched.looks[-1]
            watched.wait(IDLE_SECONDS)
            idle_to = watched.looks[-1]
            kernel_from = watched.kernel_ms()
            storm = make_storm()
            watched.wait(2)
            kernel_to = watched.kernel_ms()
            last = watched.looks[-1]
        rows = [row for look in watched.looks for row in look.ended if row.name == KERNELS_NAME]
        return storm, Seen(
            processes=sum(row.processes for row in rows) if watched.hello.rung != "proc" else None,
            cpu=sum(row.cpu_ns or 0 for row in rows) / _NS
            if watched.hello.cpu != "none"
            else watched.inherited(storm),
            gross_ms=_cost(idle_to, last),
            seconds=(last.ended_at - idle_to.ended_at).total_seconds(),
            idle_ms_a_second=_cost(idle_from, idle_to)
            / (idle_to.ended_at - idle_from.ended_at).total_seconds(),
            peak_mb=last.cost.max_rss_bytes / 1e6,
            in_kernel_ms=kernel_to - kernel_from
            if kernel_from is not None and kernel_to is not None
            else None,
            remark=watched.remark(),
        )


def _cost(first: Look, last: Look) -> float:
    return (last.cost.cpu_seconds - first.cost.cpu_seconds) * 1000


class _Watched:
    """A running probe and what it told."""

    def __init__(self, command: Sequence[str], options: Options) -> None:
        self.hello: Hello
        self.looks: list[Look] = []
        self.line = ProbeLine(command, options)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        for frame in self.line.frames():
            if isinstance(frame, Hello):
                self.hello = frame
            elif isinstance(frame, Look):
                self.looks.append(frame)

    def wait(self, looks: int) -> None:
        """Wait for so many more looks; give up when the probe has ended."""
        wanted = len(self.looks) + looks
        while len(self.looks) < wanted and self._thread.is_alive():
            time.sleep(0.02)

    def kernel_ms(self) -> float | None:
        """Return what the probe's BPF programs have run, while the kernel measures that."""
        infos = []
        with suppress(OSError):
            infos = [one.read_text() for one in Path(f"/proc/{self.hello.pid}/fdinfo").iterdir()]
        lines = (line for info in infos for line in info.splitlines())
        times = [int(line.split()[1]) for line in lines if line.startswith("run_time_ns:")]
        return sum(times) / 1e6 if times else None

    def inherited(self, storm: Storm) -> float:
        """Return what the storm was left by children that nobody saw, and we by the storm when it ended."""
        looks = (look.living for look in self.looks if look.living)
        starters = (one for look in looks for one in look.starters)
        return sum(one.cpu_ns for one in starters if one.pid in (storm.pid, os.getpid())) / _NS

    def remark(self) -> str:
        """Return what was lost, and which forks the kernel counted but we did not."""
        lost = {name: number for look in self.looks for name, number in look.lost.items()}
        return " ".join(f"{name}: {number}" for name, number in lost.items())


@contextmanager
def _running(command: Sequence[str], options: Options) -> Iterator[_Watched]:
    watched = _Watched(command, options)
    try:
        yield watched
    finally:
        watched.line.close()


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
