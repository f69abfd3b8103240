"""Many more processes begin than when all was well, each at its usual price: more work, made in the guest."""

from tenmatsu.diagnose.against_normal import compare, find_missing
from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

# A busy hour has two or three times the processes of a quiet one; four times is another kind of hour.
LEAST_GROWTH = 4.0
SURE_GROWTH = 20.0
# And at least so many more each second: four times nothing is nothing.
LEAST_MORE_PER_SECOND = 20.0
# A price of up to so many times normal is the usual one: what shares a processor is dearer by its caches.
USUAL_PRICE = 1.3


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Compare forks per second; say what the price of each says, where it is known."""
    found = compare(evidence)
    if found is None:
        return kind.unknown(evidence, find_missing(evidence))
    figures: Figures = {
        "forks_per_second": round(found.forks_per_second, 2),
        "usual_forks_per_second": round(found.usual_forks_per_second, 2),
    }
    words = {"now": f"{found.forks_per_second:.1f}", "usual": f"{found.usual_forks_per_second:.1f}"}
    more = found.forks_per_second - found.usual_forks_per_second
    if found.growth < LEAST_GROWTH or more < LEAST_MORE_PER_SECOND:
        return kind.absent(evidence, QUIET.fill(**words), **figures)
    if found.price is not None:
        figures["price"] = round(found.price, 2)
    return kind.present(
        evidence,
        SEEN.fill(**words, price=_price(found.price)),
        strength=found.growth / SURE_GROWTH,
        **figures,
    )


def _price(price: float | None) -> Words:
    if price is None:
        return Words("", "")
    return (USUAL if price <= USUAL_PRICE else DEARER).fill(price=f"{price:.1f}")


SEEN = Words(
    "{now:process begins|processes begin} each second; {usual} did when all was well{price}",
    "プロセス発生は毎秒 {now} 個。平常時は毎秒 {usual} 個{price}",
)
USUAL = Words(
    ". Each costs what it did ({price} times): more work, not dearer work",
    "。1 個あたりの CPU は平常の {price} 倍で、増えたのは仕事の量",
)
DEARER = Words(", and each costs {price} times as much", "。1 個あたりの CPU も平常の {price} 倍")
QUIET = Words(
    "{now:process begins|processes begin} each second; {usual} did when all was well",
    "プロセス発生は毎秒 {now} 個で、平常時 (毎秒 {usual} 個) と大差ない",
)

KIND = FindingKind(
    id="more-processes-than-normal",
    layer=Layer.GUEST_USERLAND,
    title=Words("More processes than normal, at the usual price", "平常より多いプロセス (1 個あたりは平常)"),
    sights=("programs", "normal"),
    source="forks counted by the kernel, proc(5); thresholds: see more_processes_than_normal.py",
    judge=judge,
    see=("tenmatsu top --once --for 30s --sort started",),
)
