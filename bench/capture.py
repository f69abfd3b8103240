"""How completely short-lived processes are seen, and what seeing them costs, against our own limits.

Each tool watches the same storms of a small static program: 200 a second, 2,000 a second, as fast as
possible. The truth is the storm's own count, and getrusage(2) of its children. `python -m bench.capture`,
as root.

    seen     of the processes that were started; never rounded up
    CPU      attributed, of what they used
    gross    the tool's CPU while the storm lasted, per 1,000 processes
    net      ... less what it takes anyway, when nothing happens (idle, per second)
    kernel   what its BPF programs took in the storm's own time, per 1,000 processes
"""

import argparse
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from math import floor
from pathlib import Path

from bench.capture_storm import Storm, StormMaker, wait_for_others
from bench.capture_tools import Limits, Probe, Seen, Tool, bpf_statistics

from tenmatsu.probe.rung import Options

RATES = (200, 2000, 0)
# Not another user: that one might not be able to run this Python.
WITHOUT_RIGHTS = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")

TOOLS: tuple[Tool, ...] = (
    Probe(
        "eBPF",
        Options(rungs=("ebpf",)),
        Limits(seen_percent=100, cpu_percent=(97, 103), net_ms=1, peak_mb=30),
    ),
    Probe(
        "/proc, no rights",
        Options(),
        Limits(cpu_percent=(90, 110), ms_a_second=15, peak_mb=20),
        before=WITHOUT_RIGHTS if os.geteuid() == 0 else (),
    ),
)

HEAD = (
    f"{'tool':<17}{'rate':>6}{'started':>9}{'seen %':>9}{'CPU %':>8}{'gross ms':>10}{'net ms':>8}"
    f"{'kernel ms':>11}{'idle ms/s':>11}{'MB':>6}"
)


def percent(part: float | None, whole: float) -> float | None:
    """Return a share in percent, cut (never rounded up) to two digits."""
    return None if part is None else floor(part / whole * 10_000) / 100


def figure(value: float | None, width: int, digits: int) -> str:
    """Return a number for the table, a dash where there is none."""
    return f"{'-':>{width}}" if value is None else f"{value:>{width}.{digits}f}"


def over(limits: Limits, storm: Storm, seen: Seen) -> Iterator[str]:
    """Yield which limits are not kept."""
    seen_percent, cpu = percent(seen.processes, storm.started), percent(seen.cpu, storm.cpu)
    if limits.seen_percent is not None and seen_percent != limits.seen_percent:
        yield "seen"
    if limits.cpu_percent and cpu is not None and not limits.cpu_percent[0] <= cpu <= limits.cpu_percent[1]:
        yield "CPU"
    if limits.net_ms is not None and seen.net_ms / storm.started * 1000 > limits.net_ms:
        yield "cost"
    if limits.ms_a_second is not None and seen.gross_ms / seen.seconds > limits.ms_a_second:
        yield "cost"
    if limits.peak_mb is not None and seen.peak_mb > limits.peak_mb:
        yield "memory"


def row(name: str, rate: int, storm: Storm, seen: Seen) -> str:
    """Return one line of the table."""
    per_thousand = 1000 / storm.started
    in_kernel = None if seen.in_kernel_ms is None else seen.in_kernel_ms * per_thousand
    seen_percent, cpu = percent(seen.processes, storm.started), percent(seen.cpu, storm.cpu)
    return (
        f"{name:<17}{rate or 'max':>6}{storm.started:>9}{figure(seen_percent, 9, 2)}{figure(cpu, 8, 1)}"
        f"{seen.gross_ms * per_thousand:>10.2f}"
        f"{seen.net_ms * per_thousand:>8.2f}{figure(in_kernel, 11, 2)}{seen.idle_ms_a_second:>11.1f}"
        f"{seen.peak_mb:>6.1f}"
    )


def together(runs: Sequence[tuple[Storm, Seen]]) -> tuple[Storm, Seen]:
    """Return all runs as one: sums, the median of what is idle, the highest peak."""
    storms, seens = [storm for storm, _ in runs], [seen for _, seen in runs]
    storm = Storm(
        started=sum(one.started for one in storms),
        seconds=sum(one.seconds for one in storms),
        cpu=sum(one.cpu for one in storms),
        pid=0,
    )
    return storm, Seen(
        processes=add(one.processes for one in seens),
        cpu=add(one.cpu for one in seens),
        gross_ms=sum(one.gross_ms for one in seens),
        seconds=sum(one.seconds for one in seens),
        idle_ms_a_second=statistics.median(one.idle_ms_a_second for one in seens),
        peak_mb=max(one.peak_mb for one in seens),
        in_kernel_ms=add(one.in_kernel_ms for one in seens),
    )


def add(values: Iterable[float | None]) -> float | None:
    """Return the sum, or None where nothing is known."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def measure(tool: Tool, rate: int, runs: int, seconds: float, maker: StormMaker) -> bool:
    """Let a tool watch some storms in a row; print its line, and tell whether all its limits were kept."""
    done = []
    missed = 0
    for _ in range(runs):
        wait_for_others()
        storm, seen = tool.watch(lambda: maker.make(rate, seconds))
        done.append((storm, seen))
        missed += seen.processes is not None and seen.processes != storm.started
    storm, seen = together(done)
    broken = sorted(
        set(over(tool.limits, storm, seen)) | ({"seen"} if missed and tool.limits.seen_percent else set())
    )
    remarks = [f"OVER: {', '.join(broken)}"] if broken else []
    remarks += [f"incomplete in {missed} of {runs} runs"] if missed else []
    remarks += sorted({one.remark for _, one in done} - {""})
    print(f"{row(tool.name, rate, storm, seen)}  {'; '.join(remarks)}".rstrip(), flush=True)
    return not broken


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=3, help="storms in a row, for each tool and rate (3)")
    parser.add_argument("--seconds", type=float, default=3, help="length of a storm (3; at most 10)")
    parser.add_argument("--tool", action="append", help="only this tool; can be given more than once")
    wanted = parser.parse_args()
    print(f"{os.cpu_count()} cores, Linux {platform.release()}, Python {platform.python_version()}")
    print(HEAD, flush=True)
    kept = True
    with tempfile.TemporaryDirectory() as folder, bpf_statistics():
        Path(folder).chmod(0o755)
        maker = StormMaker(Path(folder))
        for tool in TOOLS:
            if not wanted.tool or tool.name in wanted.tool:
                for rate in RATES:
                    kept &= measure(tool, rate, wanted.runs, min(wanted.seconds, 10.0), maker)
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
