"""A group of processes may start no more: its process limit is reached."""

from tenmatsu.model.evidence import Evidence, total_increase
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

NEAR_SHARE = 0.95


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Look at the refusals that the kernel counted, and at how near each group came to its limit."""
    if not evidence.looked("cgroups"):
        return kind.unknown(evidence)
    events = evidence.find_series("linux.cgroup.pids.max_events")
    refusals = {str(one.attributes["cgroup"]): one.increase for one in events}
    refused = total_increase(events)
    limits = {str(s.attributes["cgroup"]): s.last for s in evidence.find_series("linux.cgroup.pids.limit")}
    counts = evidence.find_series("linux.cgroup.pids.count")
    shares = {
        str(one.attributes["cgroup"]): one.highest / limits[str(one.attributes["cgroup"])]
        for one in counts
        if limits.get(str(one.attributes["cgroup"]), 0) > 0
    }
    group = max(shares, key=lambda name: (refusals.get(name, 0), shares[name]), default="-")
    share = shares.get(group, 0.0)
    figures: Figures = {"used_ratio": round(share, 3), "refused": int(refused), "cgroup": group}
    if refused <= 0 and share < NEAR_SHARE:
        return kind.absent(evidence, QUIET.fill(share=f"{share:.0%}"), **figures)
    sentence = SEEN.fill(group=group, limit=f"{limits.get(group, 0):.0f}", refused=int(refused))
    return kind.present(evidence, sentence, strength=1.0 if refused else 0.5, **figures)


SEEN = Words(
    "group {group} is at its limit of {limit} processes; {refused} were refused in the window",
    "グループ {group} がプロセス数上限 {limit} に到達。観察中に {refused} 回拒否",
)
QUIET = Words(
    "no process was refused (nearest group: {share} of its limit)",
    "プロセス生成の拒否なし (最大で上限の {share})",
)

KIND = FindingKind(
    id="process-limit-near",
    layer=Layer.GUEST_USERLAND,
    title=Words("The process limit is reached", "プロセス数の上限到達"),
    sights=("cgroups",),
    source="pids.events, Linux Documentation/admin-guide/cgroup-v2.rst",
    judge=judge,
    see=("grep -r . /sys/fs/cgroup --include=pids.events",),
)
