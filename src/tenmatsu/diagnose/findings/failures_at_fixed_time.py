"""Requests fail at a fixed time after their start, as a time-out or a watchdog makes them."""

from statistics import median

from tenmatsu.model.evidence import Evidence, Outcome
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

LEAST_FAILURES = 3
# Time-outs end within a few hundredths of their limit; a queue before it adds some.
SPREAD = 0.12
# Below a second the spread of scheduling is as large as the time itself.
LEAST_SECONDS = 1.0


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Compare the failures' durations with each other."""
    if evidence.asked_url is None:
        return kind.unknown(evidence, NOT_ASKED)
    times = sorted(
        one.duration_seconds
        for one in evidence.made_by("probe")
        if one.outcome is Outcome.FAILED and one.duration_seconds is not None
    )
    if len(times) < LEAST_FAILURES:
        return kind.unknown(evidence, FEW.fill(count=len(times)))
    middle = median(times)
    spread = (times[-1] - times[0]) / middle if middle > 0 else 0.0
    figures: Figures = {
        "median_seconds": round(middle, 3),
        "spread_ratio": round(spread, 3),
        "failures": len(times),
    }
    words = {"seconds": f"{middle:.1f}", "least": f"{times[0]:.1f}", "most": f"{times[-1]:.1f}"}
    if middle < LEAST_SECONDS or spread > SPREAD:
        return kind.absent(evidence, QUIET.fill(**words), **figures)
    return kind.present(evidence, SEEN.fill(**words), strength=1.0, **figures)


SEEN = Words("every failure comes {seconds} s after its start", "失敗は毎回、開始の {seconds} 秒後")
QUIET = Words(
    "failures come at no fixed time ({least} to {most} s)",
    "失敗までの時間は一定でない ({least}〜{most} 秒)",
)
FEW = Words("{count:failure is|failures are} too few to compare", "失敗 {count} 回では比較できません")
NOT_ASKED = Words("no URL was named to be asked (--url)", "調べる URL の指定なし (--url)")

KIND = FindingKind(
    id="failures-at-fixed-time",
    layer=Layer.APPLICATION,
    title=Words("Failures come at a fixed time", "一定時間での失敗"),
    sights=("requests",),
    source="measured: a time-out's failures lie within 12 % of each other",
    judge=judge,
)
