"""The kernel reports tasks that did not move for two minutes."""

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


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Look for the kernel's reports of hung tasks. It stops reporting after ten (hung_task_warnings)."""
    messages = find_messages(evidence, "hung-task")
    if not messages.recent:
        return say_quiet(kind, evidence, messages.older)
    count = count_messages(messages.recent)
    return kind.present(
        evidence,
        SEEN.fill(count=count, names=list_attribute(messages.recent, "victim")),
        since=messages.first,
        last=messages.last,
        reports=count,
    )


SEEN = Words(
    "{count:report|reports} of tasks that did not move for two minutes: {names}",
    "2 分以上動かないタスクの報告 {count} 件: {names}",
)

KIND = FindingKind(
    id="hung-task",
    layer=Layer.GUEST_KERNEL,
    title=Words("Tasks hang in the kernel", "カーネル内で止まったタスク"),
    sights=("kernel_log",),
    source="Linux kernel/hung_task.c; 120 s is its default (hung_task_timeout_secs)",
    judge=judge,
    harm=True,
    see=("dmesg -T | grep 'blocked for more than'", "ps -eo pid,stat,wchan:32,comm | grep ' D'"),
)
