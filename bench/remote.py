"""What it costs to look at another machine, there and here, and how soon the first answer comes (as root).

The other machine is an sshd of this one in a network namespace of its own (`tests/live/far_host.py`). What is
used there is the kernel's account of a control group that holds the server and all that it starts.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.investigate import resident_bytes
from tests.live.far_host import FarHosts, far_hosts, why_impossible

from tenmatsu.reach.remote import RemoteReach

# Where control groups count CPU time: version 1, or version 2.
_GROUPS = Path("/sys/fs/cgroup/cpuacct"), Path("/sys/fs/cgroup")
_EVERY_SECONDS = 0.1
_STARTS = 5
HOSTS = {"web": "Python, root", "bare": "sh and a few commands"}


@dataclass(kw_only=True)
class Peak:
    """The most memory that all processes of the sessions there held at once."""

    held_bytes: int = 0
    ended: threading.Event = field(default_factory=threading.Event)


@contextmanager
def watching(hosts: FarHosts) -> Iterator[Peak]:
    """Watch the memory of the sessions there."""
    peak = Peak()

    def watch() -> None:
        while not peak.ended.wait(_EVERY_SECONDS):
            peak.held_bytes = max(peak.held_bytes, sum(map(resident_bytes, hosts.sessions())))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        peak.ended.set()
        thread.join()


@contextmanager
def group_of(server: int) -> Iterator[Path]:
    """Put a server into a control group of its own while it is measured."""
    root = next(one for one in _GROUPS if (one / "cgroup.procs").exists())
    before = root / "cgroup.procs"
    group = root / f"tenmatsu-bench-{os.getpid()}"
    group.mkdir()
    try:
        (group / "cgroup.procs").write_text(str(server))
        yield group
    finally:
        before.write_text(str(server))
        group.rmdir()


def used_in(group: Path) -> float:
    """Return the CPU seconds of all that ever ran in a group."""
    usage = group / "cpuacct.usage"
    if usage.exists():
        return int(usage.read_text()) / 1e9
    return int((group / "cpu.stat").read_text().split()[1]) / 1e6


def sent(hosts: FarHosts) -> int:
    """Return the bytes that went over the line, both ways."""
    counted = subprocess.run(
        ["ip", "netns", "exec", hosts.far, "cat", "/proc/net/dev"], capture_output=True, text=True, check=True
    ).stdout
    numbers = next(line for line in counted.splitlines() if "far0" in line).partition(":")[2].split()
    return int(numbers[0]) + int(numbers[8])


def measure(hosts: FarHosts, name: str, seconds: int) -> str:
    """Investigate one host, and return the row of the table."""
    words = ["investigate", "--on", name, "--ssh-config", hosts.config, "--for", f"{seconds}s", "--json"]
    line = sent(hosts)
    with (
        group_of(hosts.servers[name].pid) as group,
        watching(hosts) as peak,
        tempfile.TemporaryFile() as output,
    ):
        process = subprocess.Popen([sys.executable, "-m", "tenmatsu", *words], stdout=output)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        while hosts.sessions():
            time.sleep(_EVERY_SECONDS)
        there = used_in(group)
    if process.returncode not in (0, 1, 3):
        sys.exit(f"{' '.join(words)} ended with {process.returncode}")
    here = used.ru_utime + used.ru_stime
    cells = [
        f"{there / seconds:8.2%}",
        f"{here / seconds:8.2%}",
        f"{peak.held_bytes / 1e6:7.1f}",
        f"{(sent(hosts) - line) / seconds / 1e3:9.1f}",
        f"{first_answer(hosts, name):9.2f}",
    ]
    return f"{HOSTS[name]:<24}" + "".join(cells)


def first_answer(hosts: FarHosts, name: str) -> float:
    """Return how long it takes from nothing to the first file read there: the median of a few, in seconds."""
    taken = []
    for _ in range(_STARTS):
        began = time.monotonic()
        reach = RemoteReach(name, hosts.options())
        reach.read("/proc/version")
        taken.append(time.monotonic() - began)
        reach.close()
    return statistics.median(taken)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=int, default=20, help="length of the window (20)")
    wanted = parser.parse_args()
    if reason := why_impossible():
        sys.exit(reason)
    print(f"{'of one core:':<24}{'there':>8}{'here':>8}{'MB there':>9}{'kB/s':>8}{'first, s':>9}", flush=True)
    with tempfile.TemporaryDirectory(prefix="tenmatsu-far-") as folder, far_hosts(Path(folder)) as hosts:
        for name in HOSTS:
            print(measure(hosts, name, wanted.seconds), flush=True)


if __name__ == "__main__":
    main()
