"""The clock jumped during the window."""

from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

# Below this ntpd turns the clock gently, above it jumps (ntpd(8), -x: 128 ms).
STEP_SECONDS = 0.128
# Below a second only logs and caches notice; sessions and time limits count in seconds.
HARM_SECONDS = 1.0


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Look for changes of the wall clock against the clock that cannot jump."""
    series = evidence.one_series("machine.clock.step")
    if series is None:
        return kind.unknown(evidence)
    steps = [(time, value) for time, value in series.points if abs(value) >= STEP_SECONDS]
    if not steps:
        return kind.absent(evidence, QUIET.fill(seconds=f"{series.seconds:.0f}"), looks=len(series.points))
    largest = max((value for _, value in steps), key=abs)
    return kind.present(
        evidence,
        SEEN.fill(count=len(steps), largest=f"{largest:+.2f}"),
        harm=abs(largest) >= HARM_SECONDS,
        strength=abs(largest) / HARM_SECONDS,
        since=steps[0][0],
        last=steps[-1][0],
        steps=len(steps),
        largest_seconds=round(largest, 3),
    )


SEEN = Words(
    "the clock jumped {count:time|times}, at most by {largest} s",
    "時計が {count} 回飛んだ (最大 {largest} 秒)",
)
QUIET = Words("the clock did not jump within {seconds} s", "{seconds} 秒間に時計の飛びなし")

KIND = FindingKind(
    id="clock-step",
    layer=Layer.GUEST_KERNEL,
    title=Words("The clock jumps", "時計の飛び"),
    sights=("clock",),
    source="CLOCK_REALTIME against CLOCK_MONOTONIC, clock_gettime(2); ntpd(8)",
    judge=judge,
    harm=True,
    see=("chronyc tracking", "journalctl -g 'Time has been changed|clock' -n 20"),
)
