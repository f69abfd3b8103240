"""The kernel killed processes because memory ran out: on the machine, or in a group with a limit."""

from collections import Counter

from tenmatsu.diagnose.kernel_reading import (
    count_messages,
    find_messages,
    find_reading,
    list_attribute,
    say_quiet,
)
from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words, plain

# The counters see the window only: without the log they say little of the time before it.
COUNTERS_ONLY = 0.6


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Take the kernel's messages and its counters together: either may have missed some."""
    messages = find_messages(evidence, "oom-kill")
    everywhere = evidence.one_series("linux.memory.oom_kill")
    groups = _count_groups(evidence)
    counted = int(max(everywhere.increase if everywhere else 0, sum(groups.values())))
    if not messages.recent and not counted:
        if find_reading(evidence) is None and everywhere is not None:
            return kind.absent(evidence, NOT_COUNTED, strength=COUNTERS_ONLY)
        return say_quiet(kind, evidence, messages.older, messages.gone)
    kills = max(count_messages(messages.recent), counted)
    group = _find_group(evidence, groups)
    elsewhere = not messages.recent and not groups and _is_contained(evidence)
    return kind.present(
        evidence,
        SEEN.fill(count=kills, victims=_name(evidence), where=_where(group)),
        # within a container the machine's counter counts the neighbours' kills too
        harm=not elsewhere,
        strength=0.4 if elsewhere else 1.0,
        since=messages.first,
        last=messages.last,
        kills=kills,
        kills_in_window=counted,
        cgroup=group,
    )


def _count_groups(evidence: Evidence) -> dict[str, float]:
    """Return the kills of the window by control group, those without left out."""
    series = evidence.find_series("linux.cgroup.memory.oom_kill")
    return {str(one.attributes["cgroup"]): one.increase for one in series if one.increase > 0}


def _find_group(evidence: Evidence, groups: dict[str, float]) -> str:
    """Return the group in which most were killed; empty where the machine's own memory ran out."""
    named = Counter(event.text("cgroup") for event in find_messages(evidence, "oom-kill").recent)
    if named:
        return named.most_common(1)[0][0]
    return max(groups, key=groups.__getitem__) if groups else ""


def _is_contained(evidence: Evidence) -> bool:
    machine = evidence.latest("machine.identity")
    return machine is not None and machine.text("container") not in {"none", ""}


def _name(evidence: Evidence) -> Words:
    names = list_attribute(find_messages(evidence, "oom-kill").recent, "victim")
    return names if names.en else NAMELESS


def _where(group: str) -> Words:
    return WITHIN.fill(group=plain(group)) if group else MACHINE


SEEN = Words(
    "the kernel killed {count:process|processes} for want of memory ({victims}) {where}",
    "メモリー不足でカーネルが {count} プロセスを強制終了 ({victims}) {where}",
)
WITHIN = Words("at the limit of group {group}", "グループ {group} の上限に到達")
MACHINE = Words("on the whole machine", "機械全体で不足")
NAMELESS = Words("not named", "名前は不明")
NOT_COUNTED = Words(
    "none during the window, by the kernel's counter (its messages could not be read)",
    "観察中のカーネルの計数は 0 (メッセージは読めず)",
)

KIND = FindingKind(
    id="oom-kill",
    layer=Layer.GUEST_KERNEL,
    title=Words("Processes killed for want of memory", "メモリー不足による強制終了 (OOM)"),
    sights=("kernel_log", "memory", "cgroups"),
    source="Linux mm/oom_kill.c; oom_kill in /proc/vmstat (since 4.13) and memory.events",
    judge=judge,
    harm=True,
    see=("dmesg -T | grep -i 'killed process'", "grep oom_kill /proc/vmstat"),
)
