"""What the bench compares: each tool watches storms and says what it saw and what that cost."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bench.capture_storm import Storm

IDLE_SECONDS = 5


class LeftOut(Exception):
    """This tool cannot be measured here; the text says why."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a tool told of a storm (None: it does not tell), and the milliseconds of CPU that it took for it.

    `gross_ms` is all that it took from the storm's beginning until all was told, `seconds` how long that was;
    `idle_ms_a_second` what it takes when nothing happens (None: nobody can tell), and `idle_spread_ms` how
    much that differs from second to second (standard deviation); `in_kernel_ms` what its BPF programs took in
    the storm's own time; `forks` the kernel's own count meanwhile, where it tells that.
    """

    processes: float | None
    cpu: float | None
    gross_ms: float
    seconds: float
    idle_ms_a_second: float | None
    peak_mb: float
    idle_spread_ms: float = 0.0
    in_kernel_ms: float | None = None
    forks: float | None = None
    remark: str = ""

    @property
    def net_ms(self) -> float | None:
        """Return what it took beyond what it takes anyway."""
        if self.idle_ms_a_second is None:
            return None
        return max(0.0, self.gross_ms - self.idle_ms_a_second * self.seconds)

    @property
    def net_error_ms(self) -> float:
        """Return the standard error of `net_ms`: of what was idle, and of what is taken off for it."""
        return self.idle_spread_ms * math.sqrt(self.seconds + self.seconds**2 / IDLE_SECONDS)


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

    def watch(self, storms: Sequence[MakeStorm]) -> list[tuple[Storm, Seen]]:
        """Get ready, make these storms one after the other, and return what was seen. Raises LeftOut."""
