"""Processes now against normal: how many more, and how much dearer each of the same program is."""

from dataclasses import dataclass
from math import sqrt

from tenmatsu.diagnose.programs_seen import Program, Seen, find_programs
from tenmatsu.model.evidence import Evidence
from tenmatsu.model.words import Words

# So many ends of a program in both windows, or its mean says little.
LEAST_ENDS = 20
# A look once a second charges half of who lives so long while it is alive, and a quarter of their CPU time is
# told then. Of who lives longer, what is told at the end is not the price.
MOST_LIFE_SECONDS = 0.5
# And so much CPU time in both: below it, the mean is that of a few ticks.
LEAST_CPU_SECONDS = 0.05
# Of what ended now, so much must be comparable, or the price is that of a minority.
LEAST_SHARE = 0.2

NO_NORMAL = Words(
    "nothing normal to compare with: when all is well, save a case, and give it with --normal",
    "比べる平常時の記録がない。正常な時に事件簿を保存し、--normal で指定してください",
)
NO_PRICE = Words(
    "this way of looking ({rung}) does not tell the CPU time of one process",
    "この観測方法 ({rung}) では 1 プロセスごとの CPU がわからない",
)
OTHER_WAY = Words(
    "seen by {rung} now and by {usual} when all was well: these do not measure a process' CPU time alike",
    "現在は {rung}、平常時は {usual} で観測しており、CPU の測り方が違うため比べられない",
)
TOO_FEW = Words(
    "too few processes of the same programs ended, then and now, to compare their price",
    "同じプログラムの終了が少なく、1 個あたりの CPU を比べられない",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Forks per second then and now; `price` is CPU per process now, in times of normal (None: not told).

    `uncertainty` is one standard deviation of the logarithm of the price; `no_price`: why there is none.
    """

    usual_forks_per_second: float
    forks_per_second: float
    price: float | None
    no_price: Words | None = None
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
    both = _find_same(usual, now)
    no_price = _find_obstacle(usual, now, both)
    price, uncertainty = (None, 0.0) if no_price else _find_price(both)
    return Comparison(
        usual_forks_per_second=usual.forks / usual.seconds,
        forks_per_second=now.forks / now.seconds,
        price=price,
        no_price=no_price,
        uncertainty=uncertainty,
        compared=sum(one.ended for _, one in both),
    )


def find_missing(evidence: Evidence) -> Words | None:
    """Return why there is no comparison: no normal; None where the programs of now were not seen."""
    return NO_NORMAL if find_programs(evidence) is not None else None


def _find_same(usual: Seen, now: Seen) -> list[tuple[Program, Program]]:
    before = {one.name: one for one in usual.programs if _counts(one)}
    return [(before[one.name], one) for one in now.programs if _counts(one) and one.name in before]


def _counts(program: Program) -> bool:
    enough = program.ended >= LEAST_ENDS and program.ended_cpu_seconds >= LEAST_CPU_SECONDS
    brief = program.mean_life_seconds is not None and program.mean_life_seconds <= MOST_LIFE_SECONDS
    return enough and brief and bool(program.name) and not program.unnamed


def _find_obstacle(usual: Seen, now: Seen, both: list[tuple[Program, Program]]) -> Words | None:
    if now.cpu == "none":
        return NO_PRICE.fill(rung=now.rung)
    if usual.rung != now.rung:
        return OTHER_WAY.fill(rung=now.rung, usual=usual.rung)
    ended = sum(one.ended for one in now.programs)
    return TOO_FEW if not both or sum(one.ended for _, one in both) < LEAST_SHARE * ended else None


def _find_price(both: list[tuple[Program, Program]]) -> tuple[float, float]:
    """Return what now's processes cost at now's price over what they would have cost at normal's."""
    spent = sum(now.ended_cpu_seconds for _, now in both)
    costs = [now.ended * before.ended_cpu_seconds / before.ended for before, now in both]
    usual = sum(costs)
    # Each program's mean scatters by about 1/sqrt(n) of itself: lives of one program differ by their size.
    # It weighs in the price by its part of the cost.
    variances = [1 / now.ended + 1 / before.ended for before, now in both]
    spread = sqrt(sum((cost / usual) ** 2 * one for cost, one in zip(costs, variances, strict=True)))
    return spent / usual, spread
