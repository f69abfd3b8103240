"""All cores are busy all the time."""

from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

BUSY_SHARE = 0.95
# Some task waits for a core in half of the time: work is queueing, not merely plentiful.
WAITING_SHARE = 0.5


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Compare busy CPU time with all of it, and look whether tasks waited."""
    times = {str(s.attributes["cpu.mode"]): s.increase for s in evidence.find_series("system.cpu.time")}
    total = sum(times.values())
    if total <= 0:
        return kind.unknown(evidence)
    busy = 1 - (times.get("idle", 0.0) + times.get("iowait", 0.0)) / total
    stalled = evidence.one_series("linux.pressure.stalled_time", resource="cpu", degree="some")
    waiting = (stalled.rate if stalled else None) or 0.0
    figures: Figures = {"busy_ratio": round(busy, 3), "waiting_ratio": round(waiting, 3)}
    if busy < BUSY_SHARE:
        return kind.absent(evidence, QUIET.fill(busy=f"{busy:.0%}"), **figures)
    strength = 1.0 if waiting >= WAITING_SHARE else 0.6
    return kind.present(
        evidence,
        SEEN.fill(busy=f"{busy:.0%}", waiting=f"{waiting:.0%}"),
        strength=strength,
        **figures,
    )


SEEN = Words(
    "all cores are {busy} busy; some task waits for a core in {waiting} of the time",
    "全コアの使用率 {busy}。時間の {waiting} でタスクが CPU 待ち",
)
QUIET = Words("the cores are {busy} busy: there is room", "CPU 使用率 {busy} で余裕あり")

KIND = FindingKind(
    id="cpu-saturated",
    layer=Layer.GUEST_KERNEL,
    title=Words("All cores are busy", "全コアが飽和"),
    sights=("cpu",),
    source="/proc/stat, proc(5); PSI, Linux Documentation/accounting/psi.rst",
    judge=judge,
    see=("vmstat 1 10",),
)
