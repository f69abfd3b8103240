"""A disk answers slowly."""

from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

# A rotating disk answers in about 10 ms, flash in under 1 ms. VMware calls over 25 ms a problem
# (esxtop, DAVG); 40 ms over a whole window is slow for either.
SLOW_SECONDS = 0.040
LEAST_OPERATIONS = 30


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Find the device with the longest mean time for a request."""
    if not evidence.looked("disks"):
        return kind.unknown(evidence)
    devices = {str(s.attributes["system.device"]) for s in evidence.find_series("system.disk.operations")}
    waits = [(_mean_wait(evidence, device), device) for device in sorted(devices)]
    wait, device = max(waits, default=(0.0, "-"))
    figures: Figures = {"mean_wait_seconds": round(wait, 4), "device": device}
    if devices and not any(_operations(evidence, device) >= LEAST_OPERATIONS for device in devices):
        return kind.unknown(evidence, IDLE)
    if wait < SLOW_SECONDS:
        return kind.absent(evidence, QUIET.fill(device=device, wait=f"{wait * 1e3:.1f}"), **figures)
    sentence = SEEN.fill(device=device, wait=f"{wait * 1e3:.0f}")
    return kind.present(
        evidence, sentence, strength=wait / (4 * SLOW_SECONDS), see=("iostat -x 1 10",), **figures
    )


def _mean_wait(evidence: Evidence, device: str) -> float:
    operations = _operations(evidence, device)
    seconds = sum(
        s.increase for s in evidence.find_series("system.disk.operation_time", system__device=device)
    )
    return seconds / operations if operations >= LEAST_OPERATIONS else 0.0


def _operations(evidence: Evidence, device: str) -> float:
    return sum(s.increase for s in evidence.find_series("system.disk.operations", system__device=device))


SEEN = Words(
    "disk {device} takes {wait} ms for a request",
    "ディスク {device} の応答が 1 要求あたり {wait} ms",
)
QUIET = Words(
    "disks answer quickly (slowest: {device}, {wait} ms)",
    "ディスクの応答は速い (最遅: {device}、{wait} ms)",
)

IDLE = Words(
    "too few requests to the disks to tell how quickly they answer",
    "ディスクへの要求が少なく、応答の速さを判断できません",
)

KIND = FindingKind(
    id="disk-slow",
    layer=Layer.GUEST_KERNEL,
    title=Words("A disk answers slowly", "ディスクの応答が遅い"),
    sights=("disks",),
    source="Linux Documentation/admin-guide/iostats.rst; VMware's esxtop thresholds (DAVG)",
    judge=judge,
    see=("cat /proc/diskstats",),
)
