"""Frames that were recorded, and frames made after them, told to a watch as a probe tells them."""

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tenmatsu.model.evidence import Gap
from tenmatsu.model.words import plain
from tenmatsu.parse.probe_frames import (
    Cost,
    Count,
    Cpu,
    Ended,
    Frame,
    Hello,
    KernelCount,
    Living,
    LivingLook,
    Look,
    Sample,
    parse_frame,
)
from tenmatsu.reach.probe import Lost
from tenmatsu.sight.process_watch import Watch

CASES = Path(__file__).parent.parent / "cases" / "ui"
BEGUN = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
_SOON_SECONDS = 10.0
_SECOND = timedelta(seconds=1)
_NS = 1_000_000_000
COST = Cost(cpu_seconds=0.1, max_rss_bytes=20_000_000)


def recorded(name: str = "storm") -> list[Frame | Lost]:
    lines = (CASES / f"{name}.frames.jsonl").read_bytes().splitlines()
    return [parse_frame(line) for line in lines if json.loads(line)["kind"] != "end"]


class Replay:
    """A source that tells what it was given, and then nothing until it is closed."""

    gaps: tuple[Gap, ...] = ()

    def __init__(self, frames: Sequence[Frame | Lost]) -> None:
        self._frames = frames
        self._closed = threading.Event()
        self.told = threading.Event()

    def frames(self) -> Iterator[Frame | Lost]:
        yield from self._frames
        self.told.set()
        self._closed.wait()

    def close(self) -> None:
        self._closed.set()


def watch(frames: Sequence[Frame | Lost], host: str = "localhost") -> Watch:
    """Return a watch that has taken all of the frames."""
    source = Replay(frames)
    watching = Watch(host, lambda: source)
    assert source.told.wait(_SOON_SECONDS)
    return watching


def count(forks: int, *, tasks: int = 100, used_ns: int = 0, seen: int | None = None) -> Count:
    kernel = KernelCount(forks=forks, tasks=tasks, used_ns=used_ns, steal_ns=0, all_ns=2 * used_ns)
    own = (None, None) if seen is None else (seen, seen)
    return Count(kernel=kernel, forks=own)


def hello(*living: Living, at: int = 0, rung: str = "ebpf", counted: Count | None = None) -> Hello:
    return replace(
        next(one for one in recorded() if isinstance(one, Hello)),
        time=BEGUN + at * _SECOND,
        rung=rung,
        count=counted or count(0),
        cost=COST,
        living=look_at(*living),
    )


def look(
    at: int,
    *ended: Ended,
    living: Sequence[Living] = (),
    samples: Sequence[Sample] = (),
    rung: str = "ebpf",
    counted: Count | None = None,
    lost: dict[str, int] | None = None,
) -> Look:
    """Return the look at the second that ends `at` seconds after the beginning."""
    return Look(
        begun=BEGUN + (at - 1) * _SECOND,
        ended_at=BEGUN + at * _SECOND,
        seconds=1.0,
        rung=rung,
        ended=ended,
        kinds_together=0,
        samples=tuple(samples),
        living=look_at(*living),
        chains={},
        cpu=Cpu(ended_ns=sum(one.cpu_ns or 0 for one in ended), living_ns=0, parents_ns=0),
        lost=lost or {},
        count=counted or count(0),
        cost=COST,
    )


def look_at(*living: Living) -> LivingLook:
    return LivingLook(seconds=1.0, visible_tasks=100, programs=living, starters=())


def ended(name: str, processes: int = 1, *, status: int = 0, cpu_ms: int = 1, parent: str = "sh") -> Ended:
    return Ended(
        name=name,
        parent=parent,
        processes=processes,
        status=status,
        uid=0,
        cpu_ns=cpu_ms * 1_000_000,
        life_ns=processes * 2_000_000,
    )


def lost(at: int) -> Lost:
    time = BEGUN + at * _SECOND
    return Lost(since=time, noticed=time + 10 * _SECOND, why=plain("cut"))
