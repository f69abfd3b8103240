"""Processes now against normal: how many more, and how much dearer each of the same program is."""

from dataclasses import dataclass
from math import sqrt

from tenmatsu.diagnose.programs_seen import Program, find_programs
from tenmatsu.model.evidence import Evidence
from tenmatsu.model.words import Words

# So many ends of a program in both windows, or its mean says little.
LEAST_ENDS = 20
# And so much CPU time in both: below it, the mean is that of a few ticks.
LEAST_CPU_SECONDS = 0.05
# Of what ended now, so much must be comparable, or the price is that of a minority.
LEAST_SHARE = 0.2

NO_NORMAL = Words(
    "nothing normal to compare with: when all is well, save a case, and give it with --normal",
    "比べる平常時の記録がない。正常な時に事件簿を保存し、--normal で指定してください",
)
TOO_FEW = Words(
    "too few processes of the same programs ended, then and now, to compare their price",
    "同じプログラムの終了が少なく、1 個あたりの CPU を比べられない",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Forks per second then and now; `price` is CPU per process now, in times of normal (None: not told).

    `uncertainty` is one standard deviation of the logarithm of the price, from program to program.
    """

    usual_forks_per_second: float
    forks_per_second: float
    price: float | None
    uncertainty: float = 0.0
    compared: int = 0

    @property
    def growth(self) -> float:
        """Return how many times the usual number of processes begins."""
        return self.forks_per_second / max(self.usual_forks_per_second, 1.0)


def compare(evidence: Evidence) -> Comparison | None:
    """Return now against normal; None where one of them was not seen."""
    now, usual = find_programs(evidence), find_programs(evidence, prefix="normal.")
    if now is None or usual is None:
        return None
    before = {one.name: one for one in usual.programs if _counts(one)}
    both = [(before[one.name], one) for one in now.programs if _counts(one) and one.name in before]
    price, uncertainty = _find_price(both, sum(one.ended for one in now.programs))
    return Comparison(
        usual_forks_per_second=usual.forks / usual.seconds,
        forks_per_second=now.forks / now.seconds,
        price=price,
        uncertainty=uncertainty,
        compared=sum(one.ended for _, one in both),
    )


def _counts(program: Program) -> bool:
    enough = program.ended >= LEAST_ENDS and program.ended_cpu_seconds >= LEAST_CPU_SECONDS
    return enough and not program.unnamed


def _find_price(both: list[tuple[Program, Program]], ended: int) -> tuple[float | None, float]:
    """Return what now's processes cost at now's price over what they would have cost at normal's."""
    if not both or sum(now.ended for _, now in both) < LEAST_SHARE * ended:
        return None, 0.0
    spent = sum(now.ended_cpu_seconds for _, now in both)
    usual = sum(now.ended * before.ended_cpu_seconds / before.ended for before, now in both)
    # Each program's mean scatters by about 1/sqrt(n) of itself: lives of one program differ by their size.
    spread = sqrt(sum(1 / now.ended + 1 / before.ended for before, now in both)) / len(both)
    return spent / usual, spread
