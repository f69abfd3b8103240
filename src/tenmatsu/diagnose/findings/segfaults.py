"""Programs crashed: the kernel ended them for touching memory that is not theirs."""

from tenmatsu.diagnose.kernel_reading import (
    count_messages,
    find_messages,
    list_attribute,
    say_quiet,
)
from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

# One crash long before the window may be anybody's; a few, or one within it, mean that something fails.
REPEATED = 3


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Count the crashes that the kernel reports."""
    messages = find_messages(evidence, "segfault")
    if not messages.recent:
        return say_quiet(kind, evidence, messages.older)
    count = count_messages(messages.recent)
    in_window = any(evidence.window.holds(event.time) for event in messages.recent)
    return kind.present(
        evidence,
        SEEN.fill(count=count, names=list_attribute(messages.recent, "victim")),
        strength=0.4 + 0.2 * count,
        harm=in_window or count >= REPEATED,
        since=messages.first,
        last=messages.last,
        crashes=count,
    )


SEEN = Words("{count:crash|crashes} of programs: {names}", "プログラムの異常終了 {count} 件: {names}")

KIND = FindingKind(
    id="segfaults",
    layer=Layer.APPLICATION,
    title=Words("Programs crash", "プログラムの異常終了"),
    sights=("kernel_log",),
    source="Linux arch/x86/mm/fault.c (show_unhandled_signals)",
    judge=judge,
    harm=True,
    see=("dmesg -T | grep -E 'segfault|traps:'", "coredumpctl list"),
)
