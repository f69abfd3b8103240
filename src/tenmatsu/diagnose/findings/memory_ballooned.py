"""The host takes memory back out of this guest by a balloon, and the guest feels it."""

from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

# Smaller balloons are the host's housekeeping. VMware counts any balloon that stays as a sign of a host short
# of memory; Proxmox VE begins to fill them when the host is 80 % full, and takes down to the guest's minimum.
TAKEN_SHARE = 0.10
SURE_SHARE = 0.40
# What is taken harms a guest that needs it: one that still has so much left gives idle memory.
EASY_SHARE = 0.25
_MIB = 1 << 20


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Compare what the balloon holds, told inside or from below, with what the guest was given."""
    taken, by = _find_taken(evidence)
    if taken is None:
        return _judge_untold(kind, evidence)
    given = _find_given(evidence, taken)
    if not given:
        return kind.unknown(evidence, NO_SIZE)
    share, left = taken / given, _find_left(evidence)
    figures: Figures = {"taken_bytes": round(taken), "taken_ratio": round(share, 4), "told": by}
    if left is not None:
        figures["available_ratio"] = round(left, 4)
    said = {"taken": f"{taken / _MIB:.0f}", "given": f"{given / _MIB:.0f}", "share": f"{share:.0%}"}
    if share < TAKEN_SHARE:
        return kind.absent(evidence, QUIET.fill(**said), **figures)
    if left is not None and left >= EASY_SHARE:
        return kind.absent(evidence, IDLE.fill(**said, left=f"{left:.0%}"), strength=0.5, **figures)
    return kind.present(evidence, SEEN.fill(**said), strength=share / SURE_SHARE, **figures)


def _find_taken(evidence: Evidence) -> tuple[float | None, str]:
    """Return the most that the balloon held in the window; the guest's own word first."""
    inside = evidence.one_series("linux.balloon.taken")
    if inside is not None:
        return inside.highest, "inside"
    guest = _find_guest_below(evidence)
    below = [one for one in evidence.find_series("vm.memory.balloon") if one.component == guest]
    held = [value for one in below for time, value in one.points if evidence.window.holds(time)]
    return (max(held), "below") if held else (None, "")


def _find_guest_below(evidence: Evidence) -> str | None:
    facts = [one for one in evidence.find_events("vm.facts") if one.text("is_here")]
    return facts[-1].component if facts else None


def _find_given(evidence: Evidence, taken: float) -> float:
    """Return what the guest was given: by its hypervisor, or what it shows and what was taken."""
    for facts in reversed(evidence.find_events("vm.facts")):
        if facts.text("is_here") and facts.number("memory_bytes"):
            return facts.number("memory_bytes") or 0.0
    shown = evidence.one_series("system.memory.limit")
    outside = evidence.latest("machine.outside")
    installed = outside.number("memory_installed_bytes") if outside else None
    return installed or (shown.last + taken if shown else 0.0)


def _find_left(evidence: Evidence) -> float | None:
    """Return the share of the memory shown that was available at the worst moment."""
    available = evidence.one_series("system.linux.memory.available")
    shown = evidence.one_series("system.memory.limit")
    if available is None or shown is None or shown.last <= 0:
        return None
    return min(value for _, value in available.points) / shown.last


def _judge_untold(kind: FindingKind, evidence: Evidence) -> Finding:
    """Tell a machine that nobody can take memory from, from one that does not say."""
    outside = evidence.latest("machine.outside")
    if outside is None or evidence.gaps_of("outside"):
        return kind.unknown(evidence)
    if outside.text("virtualisation") == "none":
        return kind.absent(evidence, METAL)
    if outside.text("balloon_driver") == "" and outside.text("container") == "none":
        return kind.absent(evidence, NO_DRIVER)
    return kind.unknown(evidence)


SEEN = Words(
    "a balloon holds {taken} of this guest's {given} MiB ({share}) for the host, and little is left",
    "割り当て {given} MiB のうち {taken} MiB ({share}) をバルーンがホストに渡しており、残りが少ない",
)
IDLE = Words(
    "a balloon holds {taken} of {given} MiB ({share}), which this guest does not miss: {left} is available",
    "バルーンが {given} MiB 中 {taken} MiB ({share}) を保持。空きが {left} あり、不足はない",
)
QUIET = Words(
    "the balloon holds {taken} of {given} MiB ({share})",
    "バルーンの保持量は {given} MiB 中 {taken} MiB ({share})",
)
METAL = Words("there is no hypervisor that could take memory", "メモリーを取り戻すハイパーバイザーはない")
NO_DRIVER = Words(
    "no balloon driver runs here: no memory can be taken that way",
    "バルーンのドライバーがなく、この方法では取られない",
)
NO_SIZE = Words("not known how much memory this guest was given", "このゲストへの割り当て量が不明です")

KIND = FindingKind(
    id="memory-ballooned",
    layer=Layer.HYPERVISOR,
    title=Words("Memory taken back by a balloon", "バルーンによるメモリーの回収"),
    sights=("outside", "below"),
    source="balloon_inflate of /proc/vmstat, vmmemctl, QMP query-balloon; Proxmox VE: ballooning-target",
    judge=judge,
    see=("grep balloon /proc/vmstat", "free -m"),
)
