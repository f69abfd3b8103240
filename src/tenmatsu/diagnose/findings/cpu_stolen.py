"""The hypervisor gives the CPU to others while this guest wants to run (steal)."""

from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

# As with VMware's ready time: under 5 % fine, 5 to 10 % look, over 10 % bad.
NOTICED_SHARE = 0.05
BAD_SHARE = 0.10


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Compare steal with all CPU time; where zero steal proves nothing, say so."""
    times = {str(s.attributes["cpu.mode"]): s.increase for s in evidence.find_series("system.cpu.time")}
    total = sum(times.values())
    if total <= 0 or "steal" not in times:
        return kind.unknown(evidence)
    share = times["steal"] / total
    if share >= NOTICED_SHARE:
        return kind.present(
            evidence,
            SEEN.fill(share=f"{share:.0%}"),
            strength=share / (2 * BAD_SHARE),
            steal_ratio=round(share, 4),
        )
    machine = evidence.latest("machine.identity")
    if machine is None:
        return kind.unknown(evidence, NOT_KNOWN)
    if machine.text("virtualisation") == "none":
        return kind.absent(evidence, METAL, steal_ratio=round(share, 4))
    if not machine.attributes.get("steal_trusted"):
        return kind.unknown(evidence, NOT_TOLD.fill(hypervisor=machine.text("virtualisation")))
    return kind.absent(evidence, QUIET.fill(share=f"{share:.1%}"), steal_ratio=round(share, 4))


SEEN = Words(
    "the hypervisor takes {share} of the CPU time away (steal)",
    "ハイパーバイザーに CPU 時間の {share} を奪われている (steal)",
)
QUIET = Words("the hypervisor takes {share} of the CPU time (steal)", "奪われた CPU 時間 (steal) は {share}")
METAL = Words("there is no hypervisor under this machine", "この機械の下にハイパーバイザーはない")
NOT_TOLD = Words(
    "under {hypervisor}, zero steal proves nothing: the hypervisor must be asked",
    "{hypervisor} では steal が 0 でも判断できず、ハイパーバイザー側の確認が必要",
)
NOT_KNOWN = Words(
    "not known on what this machine runs, so zero steal proves nothing",
    "この機械の土台が不明なため、steal が 0 でも判断できません",
)

KIND = FindingKind(
    id="cpu-stolen",
    layer=Layer.HYPERVISOR,
    title=Words("CPU taken by the hypervisor", "ハイパーバイザーによる CPU 奪取"),
    sights=("cpu", "machine"),
    source="steal in /proc/stat, proc(5); thresholds as VMware's for ready time",
    judge=judge,
    see=("vmstat 1 10",),
)
