"""A group of processes is at its own memory limit."""

from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

# Page cache counts as well, so a group may live at its limit in peace: this only supports, never proves.
NEAR_SHARE = 0.95


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Find the group whose highest use came nearest to its limit."""
    if not evidence.looked("cgroups"):
        return kind.unknown(evidence)
    limits = evidence.find_series("linux.cgroup.memory.limit")
    used = {str(s.attributes["cgroup"]): s.highest for s in evidence.find_series("container.memory.usage")}
    shares = [
        (
            used.get(str(limit.attributes["cgroup"]), 0.0) / limit.last,
            str(limit.attributes["cgroup"]),
            limit.last,
        )
        for limit in limits
        if limit.last > 0
    ]
    if not shares:
        return kind.absent(evidence, FREE, groups=0)
    share, group, bytes_allowed = max(shares)
    figures: Figures = {"used_ratio": round(share, 3), "cgroup": group, "limit_bytes": int(bytes_allowed)}
    if share < NEAR_SHARE:
        return kind.absent(evidence, QUIET.fill(share=f"{share:.0%}"), **figures)
    sentence = SEEN.fill(group=group, share=f"{share:.0%}", megabytes=f"{bytes_allowed / 1e6:.0f}")
    return kind.present(evidence, sentence, strength=0.7, **figures)


SEEN = Words(
    "group {group} came to {share} of its {megabytes} MB of memory",
    "グループ {group} がメモリー上限 {megabytes} MB の {share} に到達",
)
QUIET = Words(
    "groups stay under their memory limits (most: {share})", "メモリー上限に余裕あり (最大 {share})"
)
FREE = Words("no group has a memory limit", "メモリー制限のあるグループはない")

KIND = FindingKind(
    id="memory-limit-near",
    layer=Layer.GUEST_KERNEL,
    title=Words("A group is at its memory limit", "グループのメモリー上限"),
    sights=("cgroups",),
    source="Linux Documentation/admin-guide/cgroup-v2.rst, memory.current and memory.max",
    judge=judge,
    see=("systemd-cgtop -b -n 1 -m",),
)
