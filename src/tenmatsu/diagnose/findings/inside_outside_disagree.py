"""What the guest says it used and what the hypervisor says it used differ by more than both can be wrong."""

from tenmatsu.diagnose.from_below import look_from_below, without_view
from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

# Below, a guest also uses what its virtual devices cost (the emulator's threads), which are told apart where
# they can be; a fifth of a core and a third of what the guest sees is more than that and rounding.
LEAST_CORES = 0.2
LEAST_RATIO = 0.33
# Both accounts must cover about the same time: shorter windows than a sample of the hypervisor tell nothing.
LEAST_SECONDS = 10.0
_BUSY_MODES = ("user", "nice", "system", "irq", "softirq", "interrupt")


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Compare the two accounts of CPU time over the window."""
    view = look_from_below(evidence)
    if view is None:
        return without_view(kind, evidence)
    outside = view.mean(view.guest.component, "vm.cpu.usage")
    inside = _inside_cores(evidence)
    if outside is None or inside is None or view.recorded or evidence.window.seconds < LEAST_SECONDS:
        return kind.unknown(evidence, NOT_BOTH)
    emulator = view.mean(view.guest.component, "vm.cpu.emulator") or 0.0
    difference = outside - emulator - inside
    allowed = max(LEAST_CORES, LEAST_RATIO * max(inside, outside - emulator))
    figures: Figures = {
        "inside_cores": round(inside, 3),
        "outside_cores": round(outside, 3),
        "emulator_cores": round(emulator, 3),
    }
    said = {"inside": f"{inside:.2f}", "outside": f"{outside:.2f}", "emulator": f"{emulator:.2f}"}
    if abs(difference) <= allowed:
        return kind.absent(evidence, AGREE.fill(**said), **figures)
    words = DEARER if difference > 0 else CHEAPER
    return kind.present(evidence, words.fill(**said), strength=abs(difference) / (2 * allowed), **figures)


def _inside_cores(evidence: Evidence) -> float | None:
    """Return the cores that the guest's own kernel counted as busy."""
    times = {str(s.attributes["cpu.mode"]): s for s in evidence.find_series("system.cpu.time")}
    seconds = max((one.seconds for one in times.values()), default=0.0)
    if seconds <= 0:
        return None
    return sum(times[mode].increase for mode in _BUSY_MODES if mode in times) / seconds


AGREE = Words(
    "inside and below agree on what the guest uses ({inside} and {outside} cores, devices {emulator})",
    "ゲスト内と外の CPU 使用量は一致 ({inside} と {outside} コア、仮想デバイス {emulator})",
)
DEARER = Words(
    "the guest sees {inside} cores of its own work, its host sees {outside} (devices {emulator}): "
    "the work costs more below than inside",
    "ゲスト内では {inside} コア、ホストからは {outside} コア (仮想デバイス {emulator})。"
    "同じ仕事が外側で余計に費用を要している",
)
CHEAPER = Words(
    "the guest counts {inside} cores, its host gave {outside}: time that was taken away is counted as use",
    "ゲスト内では {inside} コアだが、ホストが与えたのは {outside} コア。奪われた時間も使用に数えられている",
)
NOT_BOTH = Words(
    "the CPU time was not told from both sides for long enough",
    "内側と外側の CPU 時間を十分な期間そろえて得られません",
)

KIND = FindingKind(
    id="inside-outside-disagree",
    layer=Layer.HYPERVISOR,
    title=Words("Inside and below disagree", "内側と外側の不一致"),
    sights=("below", "cpu"),
    source="two accounts of one guest's CPU time: /proc/stat inside, the hypervisor's outside",
    judge=judge,
)
