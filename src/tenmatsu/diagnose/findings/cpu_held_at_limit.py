"""A group of processes is held at its own CPU limit (quota), while the machine may have room."""

from shlex import quote

from tenmatsu.model.evidence import Evidence, Series
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

# The kernel counts periods (usually of 0.1 s) and those in which the group had to stand still. A
# quarter of them is felt as slowness; at four fifths the group lives at its limit.
HELD_SHARE = 0.25
SURE_SHARE = 0.6
# A group that was only briefly awake has few periods: no limit is felt then.
LEAST_PERIODS_PER_SECOND = 4.0


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Find the group that was throttled in the largest share of its periods."""
    if not evidence.looked("cgroups"):
        return kind.unknown(evidence)
    groups = evidence.find_series("linux.cgroup.cpu.periods")
    shares = [(_held_share(evidence, periods), periods) for periods in groups]
    if not shares:
        return kind.absent(evidence, FREE, groups=0)
    share, periods = max(shares, key=lambda item: item[0])
    group = str(periods.attributes["cgroup"])
    cores = _limit(evidence, group)
    figures: Figures = {"held_ratio": round(share, 3), "cgroup": group, "limit_cores": cores}
    if share < HELD_SHARE:
        return kind.absent(evidence, QUIET.fill(groups=len(shares), share=f"{share:.0%}"), **figures)
    paths = (f"/sys/fs/cgroup{group}/cpu.stat", f"/sys/fs/cgroup/cpu{group}/cpu.stat")
    return kind.present(
        evidence,
        SEEN.fill(group=group, share=f"{share:.0%}", cores=f"{cores:.2g}"),
        strength=share / SURE_SHARE,
        see=(f"grep throttled {' '.join(quote(path) for path in paths)}",),
        **figures,
    )


def _held_share(evidence: Evidence, periods: Series) -> float:
    throttled = evidence.one_series("linux.cgroup.cpu.throttled_periods", cgroup=periods.attributes["cgroup"])
    least = LEAST_PERIODS_PER_SECOND * periods.seconds
    if throttled is None or periods.increase < least or periods.increase <= 0:
        return 0.0
    return throttled.increase / periods.increase


def _limit(evidence: Evidence, group: str) -> float:
    limit = evidence.one_series("linux.cgroup.cpu.limit", cgroup=group)
    return limit.last if limit else 0.0


SEEN = Words(
    "group {group} stands still at its limit of {cores} cores in {share} of the periods",
    "グループ {group} が上限 {cores} コアに達し、期間の {share} で停止",
)
QUIET = Words(
    "{groups:group|groups} with a CPU limit, none held back (most: {share} of periods)",
    "CPU 制限付きグループ {groups} 個はいずれも抑制されていない (最大: 期間の {share})",
)
FREE = Words("no group has a CPU limit", "CPU 制限のあるグループはない")

KIND = FindingKind(
    id="cpu-held-at-limit",
    layer=Layer.ALLOCATION,
    title=Words("Held at its own CPU limit", "CPU 上限による抑制"),
    sights=("cgroups",),
    source="nr_throttled / nr_periods, Linux Documentation/scheduler/sched-bwc.rst",
    judge=judge,
    see=("grep -r throttled /sys/fs/cgroup --include=cpu.stat",),
)
