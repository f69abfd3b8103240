"""The usual processes, each dearer than when all was well: the same work costs more, for a reason below."""

from math import exp

from tenmatsu.diagnose.against_normal import TOO_FEW, compare, find_missing
from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

# Caches, clock speed and a neighbour on the same core move the price by a third; by half is more than that.
LEAST_PRICE = 1.5
SURE_PRICE = 3.0
# The price must be that high even at the low end of what chance allows (two standard deviations).
DEVIATIONS = 2.0
# With many more processes than usual they compete for caches: then the price says little of what is below.
MOST_GROWTH = 4.0


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Compare the CPU time of one process of the same programs, then and now."""
    found = compare(evidence)
    if found is None:
        return kind.unknown(evidence, find_missing(evidence))
    if found.price is None:
        return kind.unknown(evidence, found.no_price or TOO_FEW)
    figures: Figures = {"price": round(found.price, 2), "compared": found.compared}
    words = {"price": f"{found.price:.1f}", "compared": found.compared}
    low = found.price * exp(-DEVIATIONS * found.uncertainty)
    if low < LEAST_PRICE or found.growth > MOST_GROWTH:
        return kind.absent(evidence, QUIET.fill(**words), **figures)
    return kind.present(
        evidence, SEEN.fill(**words), strength=(found.price - 1) / (SURE_PRICE - 1), **figures
    )


SEEN = Words(
    "the usual processes, each at {price} times its usual CPU ({compared} compared): the same work is dearer",
    "同じプロセスの CPU が 1 個あたり平常の {price} 倍 ({compared} 個を比較)。同じ仕事が高くついている",
)
QUIET = Words(
    "one process costs {price} times what it did when all was well ({compared} compared)",
    "1 プロセスあたりの CPU は平常の {price} 倍 ({compared} 個を比較)",
)

KIND = FindingKind(
    id="dearer-processes-than-normal",
    layer=Layer.HYPERVISOR,
    title=Words("The usual processes, each dearer than normal", "1 個あたりの CPU が平常より高い"),
    sights=("programs", "normal"),
    source="CPU time of each process at its end; thresholds: see dearer_processes_than_normal.py",
    judge=judge,
    see=("tenmatsu top --once --for 30s",),
)
