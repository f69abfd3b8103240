"""A peer of ours on the bench: a program from Debian, run as its users run it, its output read afterwards."""

import math
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import IO

from bench.capture_cost import cpu_ms, find_session, kernel_ms, peak_mb
from bench.capture_patience import measure_idle, measure_undisturbed
from bench.capture_storm import Storm
from bench.capture_tools import NO_LIMITS, Idle, LeftOut, Limits, MakeStorm, Seen, find_idle

# What a normal Debian has mounted; where it is not, then for the peer alone. `exec` keeps the pid.
_WITH_TRACING = """
mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing
mountpoint -q /sys/kernel/debug || mount -t debugfs debugfs /sys/kernel/debug
exec "$@"
"""
# It has settled when it took less than this in half a second.
_SETTLED_MS = 15
_LONGEST_START_SECONDS = 20
# A peer that tells once a second has told by then.
_LEAST_AFTER_SECONDS = 1.3


class Peer:
    """Inherit, name the program, and read what it told of a storm."""

    name = ""
    package = ""
    command: tuple[str, ...] = ()
    needs_root = True
    needs_tracing = False
    ends_by = signal.SIGINT  # as by Ctrl-C
    limits: Limits = NO_LIMITS
    runs = 1
    rates: tuple[int, ...] = ()

    def read(self, told: str, storm: Storm) -> tuple[float | None, float | None]:
        """Return how many processes it named, and their CPU seconds, each None where it does not tell."""
        raise NotImplementedError

    def read_losses(self, told: str) -> str:
        """Return what the peer itself says it lost, from standard error."""
        return "" if "lost" not in told.lower() else told.strip().splitlines()[-1]

    def watch(self, storms: Sequence[MakeStorm], idle_seconds: int) -> list[tuple[Storm, Seen]]:
        """Watch the storms with one run of the program, ended by Ctrl-C as by its users."""
        self._check()
        with _text_file() as output, _text_file() as errors:
            with self._run(output, errors) as peer:
                peer.settle()
                idle = measure_idle(partial(peer.watch_idle, idle_seconds))
                measured = [
                    measure_undisturbed(partial(self._watch_one, peer, make_storm, idle))
                    for make_storm in storms
                ]
            told, losses = _all_of(output), self.read_losses(_all_of(errors))
        return [(storm, self._complete(storm, seen, told, losses)) for storm, seen in measured]

    def _check(self) -> None:
        if shutil.which(self.command[0]) is None:
            raise LeftOut(f"not installed (Debian package {self.package})")
        if self.needs_root and os.geteuid() != 0:
            raise LeftOut("needs root")

    @contextmanager
    def _run(self, output: IO[str], errors: IO[str]) -> Iterator["_Running"]:
        before = (
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", _WITH_TRACING, "sh"]
            if self.needs_tracing
            else []
        )
        process = subprocess.Popen(
            [*before, *self.command], stdout=output, stderr=errors, start_new_session=True
        )
        try:
            yield _Running(process, errors)
        finally:
            _end(process, self.ends_by)

    def _watch_one(self, peer: "_Running", make_storm: MakeStorm, idle: Idle) -> tuple[Storm, Seen]:
        kernel_from, cpu_from, began = kernel_ms(peer.pids()), cpu_ms(peer.pids()), time.monotonic()
        storm = make_storm(None)
        kernel_to = kernel_ms(peer.pids())
        # Whole seconds, so that one that looks once a second looks as often as its idle figure says.
        peer.sleep_until(began + math.ceil(time.monotonic() - began + _LEAST_AFTER_SECONDS))
        return storm, Seen(
            processes=None,
            cpu=None,
            gross_ms=cpu_ms(peer.pids()) - cpu_from,
            seconds=time.monotonic() - began,
            idle=idle,
            peak_mb=peak_mb(peer.pids()),
            in_kernel_ms=None if kernel_from is None or kernel_to is None else kernel_to - kernel_from,
        )

    def _complete(self, storm: Storm, seen: Seen, told: str, losses: str) -> Seen:
        processes, cpu = self.read(told, storm)
        return replace(seen, processes=processes, cpu=cpu, remark=losses)


class _Running:
    """A peer that runs, with all that it started itself."""

    def __init__(self, process: "subprocess.Popen[bytes]", errors: IO[str]) -> None:
        self._process, self._errors = process, errors

    def pids(self) -> list[int]:
        return find_session(self._process.pid)

    def settle(self) -> None:
        """Wait until its start is over. Raises LeftOut where it ends at once."""
        until = time.monotonic() + _LONGEST_START_SECONDS
        self.sleep_until(time.monotonic() + 1)
        while self.cost_of(0.5) > _SETTLED_MS and time.monotonic() < until:
            continue

    def watch_idle(self, seconds: int) -> Idle:
        """Return the milliseconds of CPU that it takes in each of some seconds."""
        return find_idle([self.cost_of(1) for _ in range(seconds)])

    def cost_of(self, seconds: float) -> float:
        """Return the milliseconds of CPU that it takes in so many seconds from now."""
        before = cpu_ms(self.pids())
        self.sleep_until(time.monotonic() + seconds)
        return cpu_ms(self.pids()) - before

    def sleep_until(self, due: float) -> None:
        """Sleep; raise LeftOut where it has ended meanwhile."""
        time.sleep(max(0.0, due - time.monotonic()))
        if self._process.poll() is not None:
            said = [line for line in _all_of(self._errors).splitlines() if line.strip()]
            raise LeftOut(f"it ended at once. {said[-1] if said else ''}".rstrip())


def _end(process: "subprocess.Popen[bytes]", by: signal.Signals) -> None:
    process.send_signal(by)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _text_file() -> IO[str]:
    """Return a file for a peer's output, which repeats others' command lines, in whatever encoding."""
    return tempfile.TemporaryFile("w+", errors="replace")


def _all_of(file: IO[str]) -> str:
    file.seek(0)
    return file.read()
