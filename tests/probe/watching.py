"""Runs the probe beside real storms and adds up what it told."""

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tenmatsu.parse.probe_frames import End, Ended, Hello, Living, Look, Sample, Trouble
from tenmatsu.probe.bundle import PYTHON_OPTIONS
from tenmatsu.probe.rung import Options
from tenmatsu.reach.probe import Lost, ProbeLine

SOON_SECONDS = 10.0
NS = 1_000_000_000
# Not another user: that one might not be able to run this Python.
WITHOUT_RIGHTS = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")


@dataclass(frozen=True, kw_only=True)
class Storm:
    """What a storm really did: processes waited for, and their CPU seconds by getrusage(2)."""

    started: int
    seconds: float
    cpu: float
    own_cpu: float
    pid: int


def make_storm(command: Sequence[str | Path]) -> Storm:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True)
    return Storm(**json.loads(done.stdout))


def make_storm_everywhere(command: Sequence[str | Path]) -> None:
    """Make the same storm on each processor: what one of them missed shows at its next message."""
    for processor in sorted(os.sched_getaffinity(0)):
        make_storm(["taskset", "--cpu-list", str(processor), *command])


@dataclass
class Told:
    """All that the probe told so far."""

    hello: Hello | None = None
    looks: list[Look] = field(default_factory=list)
    others: list[End | Lost | Trouble] = field(default_factory=list)

    def rows(self, **wanted: object) -> list[Ended]:
        every = (row for look in self.looks for row in look.ended)
        return [row for row in every if all(getattr(row, name) == value for name, value in wanted.items())]

    def ended(self, **wanted: object) -> int:
        return sum(row.processes for row in self.rows(**wanted))

    def cpu(self, name: str) -> float:
        """What all of that name used, those that ended and those that lived, in seconds."""
        ended = sum(row.cpu_ns or 0 for row in self.rows(name=name))
        return (ended + sum(one.cpu_ns for one in self.living(name))) / NS

    def living(self, name: str) -> list[Living]:
        looks = (look.living for look in self.looks if look.living)
        return [one for look in looks for one in look.programs if one.name == name]

    def statuses(self, **wanted: object) -> Counter[int | None]:
        counts: Counter[int | None] = Counter()
        for row in self.rows(**wanted):
            if row.processes:
                counts[row.status] += row.processes
        return counts

    def parents(self, name: str) -> set[str]:
        return {row.parent for row in self.rows(name=name) if row.processes}

    def samples(self, name: str) -> list[Sample]:
        return [one for look in self.looks for one in look.samples if one.name == name]

    def lost(self) -> Counter[str]:
        counts: Counter[str] = Counter()
        for look in self.looks:
            counts.update(look.lost)
        return counts

    def started_by_kernel(self) -> int:
        """Forks that the kernel counted between the first frame and the last."""
        assert self.hello
        return self.looks[-1].count.kernel.forks - self.hello.count.kernel.forks

    def forks_seen(self) -> tuple[int, int]:
        """The least and the most that the rung can have seen in the same time."""
        assert self.hello
        first, last = self.hello.count.forks, self.looks[-1].count.forks
        assert first[0] is not None
        assert first[1] is not None
        assert last[0] is not None
        assert last[1] is not None
        return last[0] - first[1], last[1] - first[0]


class Watched:
    """A running probe, as a context."""

    def __init__(self, options: Options, before: Sequence[str] = (), python: str = sys.executable) -> None:
        self.told = Told()
        self.line = ProbeLine([*before, python, *PYTHON_OPTIONS], options)
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> "Watched":
        self._thread.start()
        try:
            self.wait_for(lambda told: told.hello is not None)
        except BaseException:
            self.line.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.line.close()
        self._thread.join(SOON_SECONDS)

    def _listen(self) -> None:
        for frame in self.line.frames():
            if isinstance(frame, Hello):
                self.told.hello = frame
            elif isinstance(frame, Look):
                self.told.looks.append(frame)
            else:
                self.told.others.append(frame)

    def wait_for(self, condition: Callable[[Told], bool], seconds: float = SOON_SECONDS) -> Told:
        """Wait until what was told fulfils it, or it is too late: then the test's own words fail."""
        late = time.monotonic() + seconds
        while not condition(self.told) and not self.told.others and time.monotonic() < late:
            time.sleep(0.02)
        return self.told

    def wait_for_looks(self, more: int) -> Told:
        count = len(self.told.looks) + more
        return self.wait_for(lambda told: len(told.looks) >= count)

    @property
    def pid(self) -> int:
        assert self.told.hello
        return self.told.hello.pid


def not_here(rung: str, before: Sequence[str] = ()) -> str:
    """Return why a rung cannot be used on this machine; nothing where it can."""
    with Watched(Options(limit_seconds=0.1, rungs=(rung,)), before) as watched:
        hello = watched.told.hello
    if hello is None:
        return f"the probe does not start: {watched.told.others}"
    return next((f"{one.rung}: {one.reason}" for one in hello.refused if one.rung == rung), "")
