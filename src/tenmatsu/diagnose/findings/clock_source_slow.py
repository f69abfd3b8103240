"""The kernel reads the time from a slow device, so that every question for the time costs more."""

from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words, plain

# It makes the same work a little dearer; alone it seldom makes a page fail.
SLOW_STRENGTH = 0.5


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Look at the clock source in use."""
    clock = evidence.latest("machine.clock")
    if clock is None or not clock.text("source"):
        return kind.unknown(evidence)
    source = plain(clock.text("source"))
    if clock.attributes.get("source_slow"):
        words = SEEN.fill(source=source, available=plain(clock.text("sources_available")))
        return kind.present(evidence, words, strength=SLOW_STRENGTH, source=clock.text("source"))
    return kind.absent(evidence, QUIET.fill(source=source), source=clock.text("source"))


SEEN = Words(
    "the kernel reads the time from {source}, a slow device (available: {available})",
    "カーネルの時刻源が低速な {source} (利用可能: {available})",
)
QUIET = Words("the kernel reads the time from {source}, which is fast", "時刻源は高速な {source}")

KIND = FindingKind(
    id="clock-source-slow",
    layer=Layer.GUEST_KERNEL,
    title=Words("Slow clock source", "低速な時刻源"),
    sights=("clock",),
    source="Linux Documentation/virt/kvm/x86/timekeeping.rst; kernel/time/clocksource.c",
    judge=judge,
    see=("cat /sys/devices/system/clocksource/clocksource0/current_clocksource",),
)
