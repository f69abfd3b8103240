"""The machine is nearly out of memory, or its tasks stand still for want of it."""

from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

# Under 3 % available the kernel reclaims all the time; a tenth of the time with a task stalled on
# memory is where oomd acts (systemd-oomd's default is 60 % for 30 s; 10 % is long felt before).
AVAILABLE_SHARE = 0.03
STALLED_SHARE = 0.10


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Look at the least available memory and at the stalls."""
    available = evidence.one_series("system.linux.memory.available")
    limit = evidence.one_series("system.memory.limit")
    if available is None or limit is None or limit.last <= 0:
        return kind.unknown(evidence)
    share = min(value for _, value in available.points) / limit.last
    stalled = evidence.one_series("linux.pressure.stalled_time", resource="memory", degree="some")
    waiting = (stalled.rate if stalled else None) or 0.0
    figures: Figures = {"available_ratio": round(share, 4), "stalled_ratio": round(waiting, 4)}
    words = {"share": f"{share:.0%}", "waiting": f"{waiting:.0%}"}
    if share >= AVAILABLE_SHARE and waiting < STALLED_SHARE:
        return kind.absent(evidence, QUIET.fill(**words), **figures)
    strength = max(1.0 if share < AVAILABLE_SHARE else 0.0, waiting / 0.3)
    return kind.present(evidence, SEEN.fill(**words), strength=strength, **figures)


SEEN = Words(
    "memory is short: {share} available, tasks wait for memory in {waiting} of the time",
    "メモリー不足: 空き {share}、時間の {waiting} でメモリー待ち",
)
QUIET = Words(
    "{share} of memory is available, no task waits for it",
    "メモリーの {share} が利用可能で、待ちもない",
)

KIND = FindingKind(
    id="memory-short",
    layer=Layer.GUEST_KERNEL,
    title=Words("Memory is short", "メモリー不足"),
    sights=("memory",),
    source="MemAvailable, proc(5); PSI, Linux Documentation/accounting/psi.rst",
    judge=judge,
    see=("free -m", "cat /proc/pressure/memory"),
)
