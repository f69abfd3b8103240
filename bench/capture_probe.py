"""Our own rungs on the bench."""

import itertools
import math
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from bench.capture_cost import kernel_ms
from bench.capture_patience import measure_idle, measure_undisturbed
from bench.capture_storm import Storm
from bench.capture_tools import Idle, LeftOut, Limits, MakeStorm, Seen, find_idle

from tenmatsu.parse.probe_frames import Ended, Hello, Look
from tenmatsu.probe.bundle import PYTHON_OPTIONS
from tenmatsu.probe.rung import Options
from tenmatsu.reach.probe import ProbeLine

_NS = 1_000_000_000
# Every fifth look of the probe reads the kernel's threads too: fewer looks are not alike.
_BLOCK_LOOKS = 5


class Probe:
    """One of our own rungs."""

    rates: tuple[int, ...] = ()

    def __init__(
        self,
        name: str,
        options: Options,
        limits: Limits,
        before: Sequence[str] = (),
        tells_names: bool = True,
        runs: int = 1,
    ) -> None:
        self.name = name
        self.limits = limits
        self.runs = runs
        self._options = options
        self._command = [*before, sys.executable, *PYTHON_OPTIONS]
        self._tells_names = tells_names

    def watch(self, storms: Sequence[MakeStorm], idle_seconds: int) -> list[tuple[Storm, Seen]]:
        """Watch the storms with one probe."""
        with _running(self._command, self._options) as watched:
            watched.wait(3)  # the first looks read more than later ones
            self._check(watched)
            # Before each storm anew: over minutes a machine changes by more than a storm costs.
            blocks = max(2, math.ceil(idle_seconds / _BLOCK_LOOKS))
            idle = partial(measure_idle, partial(watched.watch_idle, blocks))
            return [
                measure_undisturbed(partial(self._watch_one, watched, make_storm, idle()))
                for make_storm in storms
            ]

    def _check(self, watched: "_Watched") -> None:
        """Say why if the probe, or the rung that was asked for, is not there."""
        if not watched.looks:
            raise LeftOut("the probe did not start")
        wanted = self._options.rungs
        if wanted and watched.hello.rung not in wanted:
            reasons = [one.reason for one in watched.hello.refused if one.rung in wanted]
            raise LeftOut("; ".join(reasons) or "this rung is not there")

    def _watch_one(self, watched: "_Watched", make_storm: MakeStorm, idle: Idle) -> tuple[Storm, Seen]:
        number, kernel_from, hello = len(watched.looks), watched.kernel_ms(), watched.hello
        storm = make_storm(None)
        kernel_to = watched.kernel_ms()
        watched.wait(2)
        first, looks = watched.looks[number - 1], watched.looks[number:]
        if not watched.is_alive():
            raise LeftOut("the probe ended too early")
        rows = [row for look in looks for row in look.ended if self._is_of_storm(row, storm)]
        told_cpu = sum(row.cpu_ns or 0 for row in rows) / _NS
        return storm, Seen(
            processes=sum(row.processes for row in rows) if hello.rung != "proc" else None,
            cpu=told_cpu if hello.cpu != "none" else inherited(looks, storm),
            gross_ms=_cost(first, looks[-1]),
            seconds=_seconds(first, looks[-1]),
            idle=idle,
            peak_mb=looks[-1].cost.max_rss_bytes / 1e6,
            in_kernel_ms=None if kernel_from is None or kernel_to is None else kernel_to - kernel_from,
            forks=looks[-1].count.kernel.forks - first.count.kernel.forks,
            remark=lost(looks),
        )

    def _is_of_storm(self, row: Ended, storm: Storm) -> bool:
        """Tell a row of the storm by its name, or else by who started it."""
        if self._tells_names:
            return row.name == storm.kernels_name
        return row.parent_pids == (storm.pid, storm.pid)


def _cost(first: Look, last: Look) -> float:
    return (last.cost.cpu_seconds - first.cost.cpu_seconds) * 1000


def _seconds(first: Look, last: Look) -> float:
    return (last.ended_at - first.ended_at).total_seconds()


def inherited(looks: Sequence[Look], storm: Storm) -> float:
    """Return what the storm was left by children that nobody saw, and we by the storm when it ended.

    We also inherit what the storm itself used since the last look at it; that is taken off.
    """
    living = [look.living for look in looks if look.living]
    left = sum(one.cpu_ns for look in living for one in look.starters if one.pid in (storm.pid, os.getpid()))
    charged = sum(one.cpu_ns for look in living for one in look.programs if one.pid == storm.pid)
    return left / _NS - max(0.0, storm.own_cpu - charged / _NS)


def lost(looks: Sequence[Look]) -> str:
    """Return what was lost, by what it was lost to."""
    numbers = {name: number for look in looks for name, number in look.lost.items()}
    return " ".join(f"{name}: {number}" for name, number in numbers.items())


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

    def is_alive(self) -> bool:
        """Tell whether the probe still tells something."""
        return self._thread.is_alive()

    def wait(self, looks: int) -> None:
        """Wait for so many more looks; give up when the probe has ended."""
        wanted = len(self.looks) + looks
        while len(self.looks) < wanted and self.is_alive():
            time.sleep(0.02)

    def watch_idle(self, blocks: int) -> Idle:
        """Return what the probe takes while it makes so many blocks of looks."""
        number = len(self.looks)
        self.wait(blocks * _BLOCK_LOOKS)
        looks = self.looks[number - 1 :: _BLOCK_LOOKS]
        costs = [_cost(one, after) / _seconds(one, after) for one, after in itertools.pairwise(looks)]
        return find_idle(costs, _BLOCK_LOOKS)

    def kernel_ms(self) -> float | None:
        """Return what the probe's BPF programs have run, while the kernel measures that."""
        return kernel_ms([self.hello.pid])


@contextmanager
def _running(command: Sequence[str], options: Options) -> Iterator[_Watched]:
    watched = _Watched(command, options)
    try:
        yield watched
    finally:
        watched.line.close()
