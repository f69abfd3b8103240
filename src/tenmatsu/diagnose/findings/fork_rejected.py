"""New processes were refused because a group had reached its limit of processes."""

from tenmatsu.diagnose.kernel_reading import find_messages, say_quiet
from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words, listing, plain


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Take the groups' counters, and the kernel's message, which it writes only once for each group."""
    counters = evidence.find_series("linux.cgroup.pids.max_events")
    refused = {str(one.attributes["cgroup"]): one.increase for one in counters if one.increase > 0}
    messages = find_messages(evidence, "fork-rejected")
    named = list(dict.fromkeys([*refused, *(event.text("cgroup") for event in messages.recent)]))
    if not named:
        if counters and not messages.older and not messages.gone:
            return kind.absent(evidence, QUIET.fill(count=len(counters)), groups=len(counters))
        return say_quiet(kind, evidence, messages.older, messages.gone)
    count = int(sum(refused.values()))
    groups = listing(tuple(plain(name) for name in named[:3]))
    return kind.present(
        evidence,
        COUNTED.fill(count=count, groups=groups) if count else TOLD.fill(groups=groups),
        # the message alone says that it happened once since the group was made
        strength=1.0 if count else 0.7,
        since=messages.first,
        last=messages.last,
        refused=count,
        cgroup=named[0],
    )


COUNTED = Words(
    "{count} new processes were refused during the window: limit of group {groups}",
    "観察中に新しいプロセスを {count} 回拒否 (グループ {groups} の上限)",
)
TOLD = Words(
    "a new process was refused at the limit of group {groups}",
    "グループ {groups} の上限で新しいプロセスを拒否",
)
QUIET = Words(
    "none of {count:group|groups} refused a new process during the window",
    "{count} グループのいずれも観察中にプロセスを拒否していない",
)

KIND = FindingKind(
    id="fork-rejected",
    layer=Layer.GUEST_KERNEL,
    title=Words("New processes refused", "プロセス生成の拒否"),
    sights=("kernel_log", "cgroups"),
    source="Linux kernel/cgroup/pids.c: pids.events, and one message a group",
    judge=judge,
    harm=True,
    see=("dmesg -T | grep 'fork rejected'", "grep -r . /sys/fs/cgroup/*/*/pids.events"),
)
