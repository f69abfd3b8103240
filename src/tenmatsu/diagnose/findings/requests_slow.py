"""Our own requests take longer than people wait."""

from statistics import median

from tenmatsu.model.evidence import Evidence, Outcome
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

# Ten seconds is the limit of a person's attention (Miller 1968; Nielsen 1993); half of it is slow.
SLOW_SECONDS = 4.0
BAD_SECONDS = 8.0
LEAST_REQUESTS = 2


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Look at the median time; a request still running when the window ended counts with its time so far."""
    if evidence.asked_url is None:
        return kind.unknown(evidence, NOT_ASKED)
    timed = [
        one
        for one in evidence.made_by("probe")
        if one.duration_seconds is not None
        and (one.outcome is not Outcome.UNKNOWN or one.duration_seconds >= SLOW_SECONDS)
    ]
    if not timed:
        return kind.unknown(evidence)
    seconds = median(one.duration_seconds or 0.0 for one in timed)
    longest = max(one.duration_seconds or 0.0 for one in timed)
    figures: Figures = {
        "median_seconds": round(seconds, 3),
        "longest_seconds": round(longest, 3),
        "total": len(timed),
    }
    if seconds < SLOW_SECONDS:
        if len(timed) < LEAST_REQUESTS:
            return kind.unknown(evidence)
        sentence = QUIET.fill(seconds=f"{seconds:.2f}", longest=f"{longest:.1f}")
        return kind.absent(evidence, sentence, **figures)
    return kind.present(
        evidence,
        SEEN.fill(seconds=f"{seconds:.1f}", longest=f"{longest:.1f}"),
        strength=seconds / BAD_SECONDS,
        harm=seconds >= BAD_SECONDS,
        since=timed[0].time,
        **figures,
    )


SEEN = Words(
    "own requests take {seconds} s (half of them), up to {longest} s",
    "実リクエストの所要時間は中央値 {seconds} 秒、最長 {longest} 秒",
)
QUIET = Words(
    "own requests take {seconds} s, at most {longest} s",
    "実リクエストは中央値 {seconds} 秒、最長 {longest} 秒",
)
NOT_ASKED = Words("no URL was named to be asked (--url)", "調べる URL の指定なし (--url)")

KIND = FindingKind(
    id="requests-slow",
    layer=Layer.APPLICATION,
    title=Words("Own requests are slow", "実リクエストが遅い"),
    sights=("requests",),
    source="Nielsen 1993, response time limits",
    judge=judge,
    harm=True,
)
