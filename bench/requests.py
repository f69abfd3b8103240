"""What it costs to read a large access log, beside GoAccess on the same file: `make bench-requests`.

Both run on one core (`taskset -c 0`). CPU and memory are the kernel's own account of the whole
process (wait4). The file is read once before, so that neither waits for the disk.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.requests_log import BEGIN, ONSET_SECONDS, Made, make_logs

ROOT = Path(__file__).parent.parent
LINES = 5_000_000
MOST_WALL_SECONDS = 60.0
MOST_MB = 500.0
_BYTES_A_LINE = 260
# A peer that takes ten times what ours may is slow enough.
PATIENCE_SECONDS = 10 * MOST_WALL_SECONDS
_GAVE_UP = 124  # timeout(1)
_GOACCESS_FORMAT = '%h %^[%d:%t %^] "%r" %s %b "%R" "%u" %D'


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one process took. The memory is its highest."""

    wall_seconds: float
    cpu_seconds: float
    peak_mb: float
    exit_code: int


def measure(command: Sequence[str], output: Path) -> Cost:
    """Run a command on the first core, its output into a file."""
    with output.open("wb") as out, Path(os.devnull).open("rb") as nothing:
        began = time.monotonic()
        pid = os.posix_spawnp(
            "timeout",
            ["timeout", f"{PATIENCE_SECONDS:.0f}", "taskset", "-c", "0", *command],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, nothing.fileno(), 0),
                (os.POSIX_SPAWN_DUP2, out.fileno(), 1),
            ],
        )
        _, status, used = os.wait4(pid, 0)
    return Cost(
        wall_seconds=time.monotonic() - began,
        cpu_seconds=used.ru_utime + used.ru_stime,
        peak_mb=used.ru_maxrss * 1024 / 1e6,
        exit_code=os.waitstatus_to_exitcode(status),
    )


def run_ours(made: Made, folder: Path) -> tuple[Cost, list[str]]:
    """Return what ours took, and what it told wrongly of the log."""
    out = folder / "ours.json"
    command = [sys.executable, "-m", "tenmatsu", "requests", str(made.access), "--errors", str(made.errors)]
    cost = measure([*command, "--json"], out)
    if cost.exit_code != 1:
        return cost, [f"exit code {cost.exit_code}"]
    found = json.loads(out.read_text("utf-8"))
    wrong = []
    if (found["rate"]["failures"], found["rate"]["total"]) != (made.failed, made.lines):
        wrong.append(f"rate {found['rate']}")
    if not (found["rise"] and _within(found["rise"], BEGIN + ONSET_SECONDS)):
        wrong.append(f"rise {found['rise']}")
    if found["errors"]["explained"] < 0.99 * min(made.failed, found["errors"]["failures"]):
        wrong.append(f"errors {found['errors']}")
    return cost, wrong


def _within(change: dict[str, str], second: int) -> bool:
    from datetime import datetime

    low, high = (datetime.fromisoformat(change[key]).timestamp() for key in ("low", "high"))
    return low - 60 <= second <= high + 60


def run_goaccess(made: Made, folder: Path) -> Cost | None:
    """Return what GoAccess took for its report of the access log, or None where it is not installed."""
    if not shutil.which("goaccess"):
        return None
    formats = ["--log-format", _GOACCESS_FORMAT, "--date-format", "%d/%b/%Y", "--time-format", "%H:%M:%S"]
    page = folder / "goaccess.json"
    options = [*formats, "--no-global-config", "--no-progress", "-o", str(page)]
    cost = measure(["goaccess", str(made.access), *options], folder / "goaccess.out")
    if cost.exit_code == _GAVE_UP:
        print(f"GoAccess had not finished after {PATIENCE_SECONDS:.0f} s:")
        return cost
    counted = (
        json.loads(page.read_text("utf-8", "replace"))["general"]["valid_requests"] if page.exists() else 0
    )
    if counted != made.lines:
        print(f"GoAccess counted {counted:,} requests of {made.lines:,}")
    return cost


def row(name: str, cost: Cost, lines: int) -> str:
    """Return a line of the table."""
    return (
        f"{name:<22}{cost.wall_seconds:>8.1f}{cost.cpu_seconds:>8.1f}{cost.peak_mb:>9.0f}"
        f"{lines / cost.wall_seconds:>12,.0f}"
    )


def main() -> int:
    """Print the table; 1 where ours is over its limits or tells something wrong."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--lines", type=int, default=LINES)
    lines = wanted.parse_args().lines
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if free < 2 * lines * _BYTES_A_LINE:
        needed = f"{2 * lines * _BYTES_A_LINE / 1e9:.1f} GB"
        print(f"{needed} are needed in {tempfile.gettempdir()}, {free / 1e9:.1f} are free")
        return 2
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory(prefix="tenmatsu-requests-") as name:
        return _compare(Path(name), lines)


def _compare(folder: Path, lines: int) -> int:
    made = make_logs(folder, lines)
    size = made.access.stat().st_size
    with made.access.open("rb") as file:
        while file.read(1 << 24):
            pass
    print(
        f"{lines:,} lines, {size / 1e6:,.0f} MB; {made.failed:,} fail; {made.error_lines:,} error lines",
        flush=True,
    )
    print(f"{'':<22}{'wall s':>8}{'CPU s':>8}{'peak MB':>9}{'lines/s':>12}")
    ours, wrong = run_ours(made, folder)
    print(row("tenmatsu requests", ours, lines), flush=True)
    theirs = run_goaccess(made, folder)
    if theirs:
        print(row("goaccess", theirs, lines))
        ratios = (ours.wall_seconds / theirs.wall_seconds, ours.cpu_seconds / theirs.cpu_seconds)
        print(f"{'ours / theirs':<22}{ratios[0]:>8.2f}{ratios[1]:>8.2f}{ours.peak_mb / theirs.peak_mb:>9.2f}")
    else:
        print("goaccess is not installed")
    print(f"{'limits of ours':<22}{MOST_WALL_SECONDS:>8.0f}{'':>8}{MOST_MB:>9.0f}")
    for one in wrong:
        print(f"told wrongly: {one}")
    return int(bool(wrong) or ours.wall_seconds > MOST_WALL_SECONDS or ours.peak_mb > MOST_MB)


if __name__ == "__main__":
    sys.exit(main())
