"""How completely short-lived processes are seen, and what seeing them costs: our rungs beside their peers.

Each tool watches the same storms of a small static program: 200 a second, 2,000 a second, as fast as
possible. The truth is the storm's own count, and getrusage(2) of its children. `make bench-capture`, as root;
docs/benchmarks.md says how each figure is taken.

    seen     of the processes that were started, by name; never rounded up
    CPU      attributed, of what they used
    net      the tool's own CPU for 1,000 processes, beyond what it takes when nothing happens (idle)
    kernel   what its BPF programs took in the storm's own time, for 1,000 processes
    all      net, kernel, and what is idle as long as the storm lasted, for 1,000 processes
    ×        behind the line: how many times our best rung's; cost is net and kernel
"""

import argparse
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bench.capture_cost import bpf_statistics
from bench.capture_peers import PEERS
from bench.capture_probe import Probe
from bench.capture_storm import Storm, StormMaker
from bench.capture_table import HEAD, Figures, find_figures, remarks, row, together
from bench.capture_tools import NO_LIMITS, LeftOut, Limits, MakeStorm, Seen, Tool
from bench.capture_top import TopOnce

from tenmatsu.probe.rung import Options

RATES = (200, 2000, 0)
_MOST_SECONDS = 60.0
_LEAST_PROCESSES = 1000
# Not another user: that one might not be able to run this Python.
WITHOUT_RIGHTS = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")

# Where tracefs is not mounted: for the probe alone, so that the machine stays as it is.
WITH_TRACEFS = (
    "unshare",
    "--mount",
    "sh",
    "-c",
    'mount -t tracefs tracefs /sys/kernel/tracing && exec "$@"',
    "sh",
)

# Best first: all others are compared with the first that is there.
TOOLS: tuple[Tool, ...] = (
    Probe(
        "eBPF",
        Options(rungs=("ebpf",)),
        Limits(seen_percent=100, cpu_percent=(97, 103), net_ms=1, peak_mb=30),
        runs=10,
    ),
    Probe(
        "taskstats",
        Options(rungs=("taskstats",)),
        # Without delay accounting, kernels before 5.14 do not reach that share of CPU; the rung says so.
        Limits(seen_percent=100, cpu_percent=(85, 103), net_ms=10, peak_mb=20),
        runs=5,
    ),
    Probe("perf", Options(rungs=("perf",)), Limits(seen_percent=100)),
    Probe("trace", Options(rungs=("trace",)), Limits(seen_percent=100), before=WITH_TRACEFS),
    Probe("accounting", Options(rungs=("accounting",)), Limits(seen_percent=100)),
    Probe("connector", Options(rungs=("connector",)), Limits(seen_percent=100), tells_names=False),
    Probe(
        "/proc, no rights",
        Options(rungs=("proc",)),
        Limits(cpu_percent=(90, 110), ms_a_second=15, peak_mb=20),
        before=WITHOUT_RIGHTS if os.geteuid() == 0 else (),
        runs=4,  # /proc tells child times in units of 10 ms: one small storm is too little to divide by
    ),
)
EVERYTHING: tuple[Tool, ...] = (*TOOLS, TopOnce(), *PEERS)


class Bench:
    """One run: the storms' maker, and the best rung's figures at each rate."""

    def __init__(self, maker: StormMaker, wanted: argparse.Namespace) -> None:
        self._maker, self._runs, self._seconds = maker, wanted.runs, min(wanted.seconds, _MOST_SECONDS)
        self._rates, self._idle_seconds = wanted.rate or RATES, wanted.idle
        self._best: dict[int, Figures] = {}

    def measure(self, tool: Tool) -> bool:
        """Let a tool watch its storms, print its lines, and tell whether all its limits were kept."""
        runs = self._runs or tool.runs
        rates = [rate for rate in tool.rates or self._rates for _ in range(runs)]
        try:
            done = tool.watch([self._storm_of(rate) for rate in rates], self._idle_seconds)
        except LeftOut as why:
            print(f"{tool.name:<17}left out: {why}", flush=True)
            return True
        kept = [
            self._print_row(tool, rate, done[number : number + runs])
            for number, rate in enumerate(rates)
            if number % runs == 0
        ]
        return all(kept)

    def _storm_of(self, rate: int) -> MakeStorm:
        return partial(self._make, rate)

    def _make(self, rate: int, seconds: float | None) -> Storm:
        # What 1,000 cost is not told by a few hundred: the first of a program costs more than the others.
        long_enough = _LEAST_PROCESSES / rate if rate else 0.0
        return self._maker.make(rate, seconds or max(self._seconds, long_enough))

    def _print_row(self, tool: Tool, rate: int, done: list[tuple[Storm, Seen]]) -> bool:
        missed = sum(seen.processes not in (None, storm.started) for storm, seen in done)
        storm, seen = together(done)
        figures = find_figures(storm, seen)
        best = self._best.get(rate)
        if best is None and tool.limits != NO_LIMITS:
            self._best[rate] = figures
        said = remarks(storm, seen, tool.limits, missed, len(done))
        print(f"{row(tool.name, rate, storm, figures, best)}  {said}".rstrip(), flush=True)
        return "OVER" not in said


@contextmanager
def storm_maker() -> Iterator[StormMaker]:
    """Give a storm maker whose folder goes away again; say what is missing where it cannot be made."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        try:
            maker = StormMaker(Path(folder))
        except FileNotFoundError:
            sys.exit("gcc is not installed: without it no storm can be made (Debian packages gcc, libc6-dev)")
        yield maker


def describe_machine() -> str:
    """Return where and when this is measured."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return (
        f"{datetime.now(UTC).date()}, {os.cpu_count()} cores {model or platform.machine()}, "
        f"Linux {platform.release()}, Python {platform.python_version()}"
    )


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--runs",
        type=int,
        help="storms in a row, for each tool and rate (eBPF 10, taskstats 5, /proc 4, others 1)",
    )
    parser.add_argument(
        "--seconds", type=float, default=1.5, help="length of a storm (1.5, and 1,000 processes; at most 60)"
    )
    parser.add_argument("--rate", type=int, action="append", help="a second (200, 2000; 0: all that it can)")
    parser.add_argument("--idle", type=int, default=10, help="seconds of nothing, to compare with (10)")
    parser.add_argument("--tool", action="append", help="only this tool; can be given more than once")
    wanted = parser.parse_args()
    unknown = set(wanted.tool or ()) - {tool.name for tool in EVERYTHING}
    if unknown:
        parser.error(f"no such tool: {', '.join(sorted(unknown))}")
    # In the background, a shell has SIGINT ignored, and then the peers would not end by it either.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    print(describe_machine())
    if os.geteuid() != 0:
        print("not root: what needs that is left out")
    print(HEAD, flush=True)
    with storm_maker() as maker, bpf_statistics():
        bench = Bench(maker, wanted)
        chosen = [tool for tool in EVERYTHING if not wanted.tool or tool.name in wanted.tool]
        kept = [bench.measure(tool) for tool in chosen]
    sys.exit(0 if all(kept) else 1)


if __name__ == "__main__":
    main()
