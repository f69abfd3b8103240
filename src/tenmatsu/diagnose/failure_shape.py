"""How the durations of failures lie beside those of successes: at once, at a fixed time, at the slow end."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from math import comb
from statistics import median

from tenmatsu.diagnose.exact_tests import rank_chance
from tenmatsu.diagnose.request_join import JoinedRequest

# An interpreter that cannot begin, or a fork that is refused, is over in some hundredths of a second.
AT_ONCE_SECONDS = 0.1
AT_ONCE_RATIO = 0.2
# As in failures-at-fixed-time: a time-out ends within a few hundredths of its limit, a queue adds some.
TIME_SPREAD = 0.12
LEAST_SECONDS = 1.0
# A script is seen last up to a look (0.1 s) before it dies at its CPU limit.
CPU_SPREAD = 0.15
LEAST_CPU_SECONDS = 0.3
# What is ended by its CPU time was at work nearly all the time, or its times are spread while CPU is not.
CPU_BOUND = 0.8
LEAST_PROCESSES = 3
SURE_PROCESS = 0.5


class Shape(Enum):
    """How failures' durations lie."""

    AT_ONCE = "at once"
    FIXED_CPU = "fixed CPU time"
    FIXED_TIME = "fixed time"
    SLOW = "slow end"
    ANY = "any"


@dataclass(frozen=True, kw_only=True, slots=True)
class Times:
    """Durations in seconds of failures and of successes of the same pages, CPU of the failures' processes."""

    failures: tuple[float, ...]
    successes: tuple[float, ...]
    cpus: tuple[float, ...]

    @property
    def chance(self) -> float:
        """Return the chance that the failures are slower by chance."""
        return rank_chance(self.failures, self.successes)

    @property
    def least_chance(self) -> float:
        """Return the smallest that so many could show: had every failure been slower than all else."""
        return 1 / comb(len(self.failures) + len(self.successes), len(self.failures))

    @property
    def shape(self) -> Shape:
        """Return the plainest description that fits."""
        usual, well = median(self.failures), median(self.successes) if self.successes else None
        if usual <= AT_ONCE_SECONDS or (well is not None and usual <= AT_ONCE_RATIO * well):
            return Shape.AT_ONCE
        at_time = usual >= LEAST_SECONDS and _spread(self.failures) <= TIME_SPREAD
        if self._at_fixed_cpu(usual, at_time=at_time):
            return Shape.FIXED_CPU
        if at_time:
            return Shape.FIXED_TIME
        return Shape.SLOW if well is not None and usual > well else Shape.ANY

    def _at_fixed_cpu(self, usual: float, *, at_time: bool) -> bool:
        if len(self.cpus) < LEAST_PROCESSES or median(self.cpus) < LEAST_CPU_SECONDS:
            return False
        bound = median(self.cpus) >= CPU_BOUND * usual
        return _spread(self.cpus) <= CPU_SPREAD and (bound or not at_time)


def cpus_of(failures: Sequence[JoinedRequest]) -> tuple[float, ...]:
    """Return the CPU of the processes that are surely those of failures."""
    sure = (one.process for one in failures if one.process and one.probability >= SURE_PROCESS)
    return tuple(process.cpu_seconds for process in sure)


def _spread(values: Sequence[float]) -> float:
    middle = median(values)
    return (max(values) - min(values)) / middle if middle > 0 else 0.0
