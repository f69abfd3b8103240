"""Our own requests to the URL fail."""

from collections import Counter

from tenmatsu.chance.rate import estimate_rate
from tenmatsu.model.evidence import Evidence, Outcome
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.reason import read_reason
from tenmatsu.model.words import Words

LEAST_REQUESTS = 3
# As sure as 20 s can make it: 20 requests without a failure leave a true rate under 17 %.
SURE_SUCCESS = 0.83


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Return the failure rate of our own requests, with its interval."""
    if evidence.asked_url is None:
        return kind.unknown(evidence, NOT_ASKED)
    ended = [one for one in evidence.made_by("probe") if one.outcome is not Outcome.UNKNOWN]
    failed = [one for one in ended if one.outcome is Outcome.FAILED]
    rate = estimate_rate(len(failed), len(ended))
    figures: Figures = {
        "failures": rate.failures,
        "total": rate.total,
        "low": round(rate.low, 3),
        "high": round(rate.high, 3),
    }
    if failed:
        reason = Counter(one.reason for one in failed).most_common(1)[0][0]
        words = SEEN.fill(
            failures=rate.failures,
            total=rate.total,
            low=f"{rate.low:.0%}",
            high=f"{rate.high:.0%}",
            reason=read_reason(reason),
        )
        strength = min(1.0, 0.5 + rate.failures / 4)
        return kind.present(
            evidence,
            words,
            strength=strength,
            since=failed[0].time,
            last=failed[-1].time,
            see=_see(evidence),
            **figures,
        )
    if len(ended) < LEAST_REQUESTS:
        return kind.unknown(evidence, FEW.fill(total=len(ended)))
    # Three successes exclude little, thirty exclude a lot: what stays possible says how much.
    strength = (1 - rate.high) / SURE_SUCCESS
    return kind.absent(
        evidence, QUIET.fill(total=rate.total, high=f"{rate.high:.0%}"), strength=strength, **figures
    )


def _see(evidence: Evidence) -> tuple[str, ...]:
    url = (evidence.asked_url or "").replace("'", "%27")
    return (
        f"for i in $(seq 20); do curl -s -o /dev/null -w '%{{http_code}} %{{time_total}}\\n' '{url}'; done",
    )


SEEN = Words(
    "{failures} of {total} own requests failed (true rate {low} to {high}): {reason}",
    "実リクエスト {total} 回中 {failures} 回失敗 (真の率は {low}〜{high}): {reason}",
)
QUIET = Words(
    "all {total} own requests succeeded (true failure rate under {high})",
    "実リクエスト {total} 回すべて成功 (真の失敗率は {high} 未満)",
)
FEW = Words(
    "only {total:request|requests} ended within the window", "観察中に完了したリクエストが {total} 回だけ"
)
NOT_ASKED = Words("no URL was named to be asked (--url)", "調べる URL の指定なし (--url)")

KIND = FindingKind(
    id="requests-fail",
    layer=Layer.APPLICATION,
    title=Words("Own requests fail", "実リクエストの失敗"),
    sights=("requests",),
    source="Clopper and Pearson's interval (1934)",
    judge=judge,
    harm=True,
)
