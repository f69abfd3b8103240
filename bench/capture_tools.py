"""What the bench compares: each tool watches storms and says what it saw and what that cost."""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bench.capture_storm import Storm


class LeftOut(Exception):
    """This tool cannot be measured here; the text says why."""


# From so many on, how much they differ tells how sure their median is.
_FEW_NETS = 5
# Of a normal distribution: its standard deviation in median absolute deviations, and how much less sure than
# the mean the median is.
_OF_DEVIATION, _OF_MEDIAN = 1.4826, 1.2533


@dataclass(frozen=True, kw_only=True)
class Idle:
    """What a tool takes when nothing happens.

    `ms_a_second` of CPU, measured for so many `seconds`; `spread_ms` is the standard deviation of what it
    takes in one second, as far as seconds are independent of one another.
    """

    ms_a_second: float
    spread_ms: float
    seconds: float


def find_idle(costs: Sequence[float], block_seconds: float = 1) -> Idle:
    """Return what was idle, from the milliseconds a second of blocks of equal length, two or more.

    The mean, as of the storms: now and then a look takes twice as long, with a storm and without.
    """
    return Idle(
        ms_a_second=statistics.mean(costs),
        spread_ms=statistics.stdev(costs) * math.sqrt(block_seconds),
        seconds=len(costs) * block_seconds,
    )


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a tool told of a storm (None: it does not tell), and the milliseconds of CPU that it took for it.

    `gross_ms` is all that it took from the storm's beginning until all was told, `seconds` how long that was;
    `idle` what it takes when nothing happens (None: nobody can tell); `in_kernel_ms` what its BPF programs
    took in the storm's own time; `forks` the kernel's own count meanwhile, where it tells that. Several
    storms as one have their `nets`: what each took beyond its own idle time, below 0 too.
    """

    processes: float | None
    cpu: float | None
    gross_ms: float
    seconds: float
    idle: Idle | None
    peak_mb: float
    in_kernel_ms: float | None = None
    forks: float | None = None
    remark: str = ""
    nets: tuple[float, ...] = ()

    @property
    def net_ms(self) -> float | None:
        """Return what it took beyond what it takes anyway."""
        if self.idle is None:
            return None
        return max(0.0, statistics.median(self.nets) * len(self.nets) if self.nets else self.beyond_idle_ms)

    @property
    def beyond_idle_ms(self) -> float:
        """Return what it took beyond what was idle before it; below 0 where it took less."""
        return self.gross_ms - (self.idle.ms_a_second if self.idle else 0.0) * self.seconds

    @property
    def net_error_ms(self) -> float:
        """Return the standard error of `net_ms`: of what was idle, and of what is taken off for it."""
        if self.idle is None:
            return 0.0
        if len(self.nets) >= _FEW_NETS:
            middle = statistics.median(self.nets)
            spread = statistics.median(abs(one - middle) for one in self.nets)
            return _OF_MEDIAN * _OF_DEVIATION * spread * math.sqrt(len(self.nets))
        return self.idle.spread_ms * math.sqrt(self.seconds + self.seconds**2 / self.idle.seconds)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a tool of ours promised; percent of the truth, milliseconds for 1,000 processes, megabytes."""

    seen_percent: float | None = None
    cpu_percent: tuple[float, float] | None = None
    net_ms: float | None = None
    ms_a_second: float | None = None
    peak_mb: float | None = None


NO_LIMITS = Limits()
# Makes one storm. A tool that looks for a fixed time says how long it must last, in seconds.
MakeStorm = Callable[[float | None], Storm]


class Tool(Protocol):
    """One way to see processes. A peer is one more of these."""

    name: str
    limits: Limits
    runs: int  # storms in a row at each rate, where nobody asks for another number
    rates: tuple[int, ...]  # only these; none: all

    def watch(self, storms: Sequence[MakeStorm], idle_seconds: int) -> list[tuple[Storm, Seen]]:
        """Get ready, measure what is idle, make these storms one after the other, and return what was seen.

        Raises LeftOut.
        """
