"""Memory is moved to and from swap all the time."""

from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

# Pages in each second; both directions at once means that what is thrown out is needed again. 100
# pages are 0.4 MB: each one read is a disk access that somebody waits for.
PAGES_PER_SECOND = 100.0


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Look at both directions: swap that is merely full harms nobody."""
    moved = {
        direction: evidence.one_series("system.paging.operations", system__paging__direction=direction)
        for direction in ("in", "out")
    }
    rates = [series.rate for series in moved.values() if series is not None and series.rate is not None]
    if len(rates) < 2:
        return kind.unknown(evidence)
    slower = min(rates)
    figures: Figures = {
        "pages_in_per_second": round(rates[0], 1),
        "pages_out_per_second": round(rates[1], 1),
    }
    if slower < PAGES_PER_SECOND:
        return kind.absent(evidence, QUIET.fill(come=f"{rates[0]:.0f}", go=f"{rates[1]:.0f}"), **figures)
    return kind.present(
        evidence,
        SEEN.fill(come=f"{rates[0]:.0f}", go=f"{rates[1]:.0f}"),
        strength=slower / (5 * PAGES_PER_SECOND) + 0.4,
        **figures,
    )


SEEN = Words(
    "it swaps all the time: {come} pages in and {go} out each second",
    "スワップし続けている: 毎秒 {come} ページ読込・{go} ページ退避",
)
QUIET = Words(
    "no swapping ({come} pages in, {go} out each second)",
    "スワップなし (毎秒 {come} 読込・{go} 退避)",
)

KIND = FindingKind(
    id="swapping",
    layer=Layer.GUEST_KERNEL,
    title=Words("Swapping all the time", "スワップの多発"),
    sights=("memory",),
    source="pswpin and pswpout of /proc/vmstat",
    judge=judge,
    see=("vmstat 1 10",),
)
