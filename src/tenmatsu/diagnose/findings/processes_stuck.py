"""Processes stand in uninterruptible sleep (state D), look after look."""

from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Find programs that were in state D in at least half of the looks."""
    if not evidence.looked("processes"):
        return kind.unknown(evidence)
    stuck = evidence.find_events("process.stuck")
    if not stuck:
        return kind.absent(evidence, QUIET)
    names = ", ".join(dict.fromkeys(event.text("process.command") for event in stuck))
    count = int(sum(event.number("processes") or 0 for event in stuck))
    return kind.present(
        evidence, SEEN.fill(count=count, names=names), strength=0.5 + count / 10, processes=count
    )


SEEN = Words(
    "{count:process waits|processes wait} for a device all the time (state D): {names}",
    "{count} 個のプロセスがデバイス待ちのまま (状態 D): {names}",
)
QUIET = Words("no process is stuck waiting for a device", "デバイス待ちで止まったプロセスはない")

KIND = FindingKind(
    id="processes-stuck",
    layer=Layer.GUEST_KERNEL,
    title=Words("Processes stuck waiting for a device", "デバイス待ちで止まったプロセス"),
    sights=("processes",),
    source="state D in /proc/PID/stat, proc(5)",
    judge=judge,
    see=("ps -eo pid,stat,wchan:32,comm | awk '$2 ~ /^D/'",),
)
