"""Tasks stand still because the disks are slow."""

from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

# A fifth of the time with some task stalled on I/O is far above the few percent of a healthy busy
# server (Linux Documentation/accounting/psi.rst; Facebook's fbtax2 acts near 10-20 %).
STALLED_SHARE = 0.20


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Compare the time in which some task waited for I/O with the window."""
    stalled = evidence.one_series("linux.pressure.stalled_time", resource="io", degree="some")
    if stalled is None or stalled.rate is None:
        return kind.unknown(evidence)
    share = stalled.rate
    if share < STALLED_SHARE:
        return kind.absent(evidence, QUIET.fill(percent=f"{share:.0%}"), stalled_ratio=share)
    return kind.present(
        evidence,
        SEEN.fill(percent=f"{share:.0%}", seconds=f"{stalled.seconds:.0f}"),
        strength=share / 0.5,
        stalled_ratio=share,
    )


SEEN = Words(
    "tasks stood waiting for the disks in {percent} of {seconds} s",
    "{seconds} 秒間の {percent} でタスクがディスク待ちで停止",
)
QUIET = Words("disks keep no task waiting ({percent} of the time)", "ディスク待ちは少ない (時間の {percent})")

KIND = FindingKind(
    id="disk-wait",
    layer=Layer.GUEST_KERNEL,
    title=Words("Tasks wait for the disks", "ディスク待ちによる停止"),
    sights=("pressure",),
    source="Linux Documentation/accounting/psi.rst",
    judge=judge,
    see=("cat /proc/pressure/io",),
)
