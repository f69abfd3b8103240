"""What a full view of a vCenter costs, against its limits and beside asking for one object at a time.

Both ask the same simulated vCenter (tests/live/vcsim) in the same run, in turn, each in a process of its own;
the CPU time is the asking side's, and the median of the rounds counts.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from dataclasses import dataclass

from tests.live.bed.vsphere import PASSWORD, USER, VSphereServer, vsphere, why_no_vsphere

GUESTS_OF_A_HOST, HOSTS_OF_A_CLUSTER = 20, 5
FEW, MANY = 100, 1000
MOST_REQUESTS, MOST_MEGABYTES, MOST_GROWTH = 6.0, 150.0, 1.25


@dataclass(frozen=True, kw_only=True)
class View:
    """What one full view took: medians of the rounds, the memory's peak the worst."""

    guests: int
    requests: int
    cpu_seconds: float
    wall_seconds: float
    peak_bytes: float

    @property
    def cpu_milliseconds_a_guest(self) -> float:
        """Return the CPU time of one guest's part."""
        return self.cpu_seconds * 1000 / self.guests


def look(server: VSphereServer, way: str) -> dict[str, float]:
    """Look once, in a process of its own."""
    command = [sys.executable, "-m", "bench.site_view", way, server.address, USER, server.digest()]
    said = subprocess.run(command, input=PASSWORD + "\n", capture_output=True, text=True, check=False)
    if said.returncode:
        sys.exit(f"{way}: {said.stderr[-2000:]}")
    found: dict[str, float] = json.loads(said.stdout)
    return found


def measure(guests: int, rounds: int, ways: tuple[str, ...]) -> dict[str, View]:
    """Return what each way took of a vCenter with so many guests."""
    hosts = guests // GUESTS_OF_A_HOST
    clusters = hosts // HOSTS_OF_A_CLUSTER
    shape = {"-clusters": clusters, "-hosts": HOSTS_OF_A_CLUSTER, "-guests": guests // clusters}
    found: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    with vsphere(*(str(word) for pair in shape.items() for word in pair)) as server:
        for _ in range(rounds):
            for way in ways:
                found[way].append(look(server, way))
    return {way: summary(looks, guests) for way, looks in found.items()}


def summary(looks: list[dict[str, float]], guests: int) -> View:
    """Return the medians. Whoever saw fewer guests than there are did not do the work."""
    if any(one["guests"] != guests for one in looks):
        sys.exit(f"not every guest was seen: {[one['guests'] for one in looks]} of {guests}")
    return View(
        guests=guests,
        requests=int(statistics.median(one["requests"] for one in looks)),
        cpu_seconds=statistics.median(one["cpu_seconds"] for one in looks),
        wall_seconds=statistics.median(one["wall_seconds"] for one in looks),
        peak_bytes=max(one["peak_bytes"] for one in looks),
    )


def row(name: str, value: float, unit: str, limit: float | None = None) -> str:
    """Return a figure as a line of the table."""
    text = f"{name:<44} {value:>9.2f} {unit:<8}"
    if limit is None:
        return text.rstrip()
    ratio = value / limit
    return f"{text}{limit:>7g}{ratio:>8.2f}{'   OVER' if ratio > 1 else ''}"


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3, help="how often each looks (3)")
    wanted = parser.parse_args()
    if reason := why_no_vsphere():
        sys.exit(reason)
    few = measure(FEW, wanted.rounds, ("ours",))["ours"]
    both = measure(MANY, wanted.rounds, ("ours", "plain"))
    many, plain = both["ours"], both["plain"]
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}; {wanted.rounds} rounds, medians")
    print(f"{'':<44} {'measured':>9} {'':<8}{'limit':>7}{'ratio':>8}")
    growth = many.cpu_milliseconds_a_guest / few.cpu_milliseconds_a_guest
    for line in (
        row(f"full view of {MANY} guests, {MANY // GUESTS_OF_A_HOST} hosts: requests", many.requests, ""),
        row("  requests for 250 guests", many.requests * 250 / MANY, "", MOST_REQUESTS),
        row("  memory, all of the process", many.peak_bytes / 1e6, "MB", MOST_MEGABYTES),
        row("  CPU", many.cpu_seconds, "s"),
        row("  until it was there", many.wall_seconds, "s"),
        row(f"  CPU of a guest, of {FEW}", few.cpu_milliseconds_a_guest, "ms"),
        row(f"  CPU of a guest, of {MANY}", many.cpu_milliseconds_a_guest, "ms"),
        row("  the second to the first", growth, "", MOST_GROWTH),
        row("one object at a time: requests", plain.requests, ""),
        row("  memory, all of the process", plain.peak_bytes / 1e6, "MB"),
        row("  CPU", plain.cpu_seconds, "s"),
        row("  until it was there", plain.wall_seconds, "s"),
        row("times fewer requests", plain.requests / many.requests, ""),
        row("times less CPU", plain.cpu_seconds / many.cpu_seconds, ""),
        row("times sooner", plain.wall_seconds / many.wall_seconds, ""),
    ):
        print(line)


if __name__ == "__main__":
    main()
