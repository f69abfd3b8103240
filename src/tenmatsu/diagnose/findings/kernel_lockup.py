"""The kernel found a CPU that no longer answered, or broke itself."""

import re
from collections import Counter

from tenmatsu.diagnose.kernel_reading import count_messages, find_messages, say_quiet
from tenmatsu.model.evidence import Event, Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words, listing

_STUCK = re.compile(r"stuck for (\d{1,7})s")


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Look for soft and hard lockups, stalls of RCU, stuck work queues, and bugs the kernel met."""
    messages = find_messages(evidence, *TITLES)
    if not messages.recent:
        return say_quiet(kind, evidence, messages.older)
    counts = Counter(event.text("class") for event in messages.recent)
    kinds = listing(tuple(TITLES[name] for name, _ in counts.most_common()))
    longest = _find_longest(messages.recent)
    return kind.present(
        evidence,
        SEEN.fill(count=count_messages(messages.recent), kinds=kinds, longest=_say_longest(longest)),
        since=messages.first,
        last=messages.last,
        messages=count_messages(messages.recent),
        longest_seconds=longest,
    )


def _find_longest(events: tuple[Event, ...]) -> int:
    return max((int(found[1]) for event in events if (found := _STUCK.search(event.body))), default=0)


def _say_longest(seconds: int) -> Words:
    return LONGEST.fill(seconds=seconds) if seconds else Words("", "")


TITLES = {
    "soft-lockup": Words("CPU stuck in the kernel (soft lockup)", "CPU の停止 (ソフトロックアップ)"),
    "hard-lockup": Words("CPU dead to interrupts (hard lockup)", "CPU の停止 (ハードロックアップ)"),
    "rcu-stall": Words("CPU stalled (RCU)", "CPU の停滞 (RCU)"),
    "workqueue-lockup": Words("work queue stuck", "ワークキューの停止"),
    "kernel-bug": Words("bug or crash of the kernel", "カーネルの不具合・クラッシュ"),
}
SEEN = Words("{count:report|reports} of: {kinds}{longest}", "{kinds} の報告 {count} 件{longest}")
LONGEST = Words("; the longest lasted {seconds} s", "。最長 {seconds} 秒")

KIND = FindingKind(
    id="kernel-lockup",
    layer=Layer.GUEST_KERNEL,
    title=Words("The kernel stood still", "カーネルの停止"),
    sights=("kernel_log",),
    source="Linux Documentation/admin-guide/lockup-watchdogs.rst, Documentation/RCU/stallwarn.rst",
    judge=judge,
    harm=True,
    see=("dmesg -T | grep -iE 'lockup|stall|BUG:|Oops'",),
)
