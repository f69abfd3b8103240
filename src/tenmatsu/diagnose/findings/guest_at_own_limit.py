"""The guest is held at the CPU limit that the hypervisor set for it, while its host is at ease."""

from tenmatsu.diagnose.from_below import FromBelow, look_from_below, without_view
from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

# Held back in a quarter of the time is felt, as with a control group's limit (cpu-held-at-limit).
HELD_SHARE = 0.25
SURE_SHARE = 0.6
# Where the hypervisor does not tell how long it held a guest back, use within 3 % of the limit means that the
# guest would take more: schedulers give a little less than the quota, and 20-second means smooth it.
AT_LIMIT_SHARE = 0.97
# A host with this share of its cores in use still has room for one more guest's work.
EASE_LOAD = 0.8


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Compare what the guest uses and how long it is held back with its limit; then look at the host."""
    view = look_from_below(evidence)
    if view is None:
        return without_view(kind, evidence)
    limit, held = _limit(view), _held(view)
    used = view.mean(view.guest.component, "vm.cpu.usage")
    if limit is None and held is None:
        if not view.guest.attributes.get("cpu_limit_told", True):
            return kind.unknown(evidence, LIMIT_NOT_TOLD)
        return kind.absent(evidence, FREE.fill(guest=view.name))
    if held is None and used is None:
        return kind.unknown(evidence, NOT_MEASURED.fill(guest=view.name))
    share = held if held is not None else _as_if_held((used or 0.0) / (limit or 1.0))
    figures: Figures = {"held_ratio": round(share, 3)}
    if limit is not None:
        figures["limit_cores"] = round(limit, 3)
    if used is not None:
        figures["used_cores"] = round(used, 3)
    load = view.host_load()
    if load is not None:
        figures["host_load_ratio"] = round(load, 3)
    said = {
        "guest": view.name,
        "limit": Words("", "") if limit is None else CORES.fill(cores=f"{limit:.2g}"),
        "share": f"{share:.0%}",
        "used": _cores(used),
    }
    if share < HELD_SHARE:
        return kind.absent(evidence, QUIET.fill(**said), **figures)
    return kind.present(
        evidence,
        SEEN.fill(**said) + _around(view, load),
        strength=share / SURE_SHARE,
        **figures,
    )


def _limit(view: FromBelow) -> float | None:
    measured = view.mean(view.guest.component, "vm.cpu.limit")
    return measured if measured is not None else view.guest.number("cpu_limit_cores")


def _held(view: FromBelow) -> float | None:
    """Return the larger of the two ways to tell it: the time held, and the periods in which it was."""
    ways = ("vm.cpu.held", "vm.cpu.held_periods")
    told = [share for way in ways if (share := view.mean(view.guest.component, way)) is not None]
    return max(told, default=None)


def _as_if_held(used_share: float) -> float:
    """Return 0 well under the limit, and the share used at it: then nothing else is known."""
    return min(1.0, used_share) if used_share >= AT_LIMIT_SHARE else 0.0


def _cores(used: float | None) -> str:
    return "?" if used is None else f"{used:.2g}"


def _around(view: FromBelow, load: float | None) -> Words:
    """Say plainly why nobody else notices: the limit protects them."""
    if load is None:
        return Words("", "")
    waits = [wait for one in view.neighbours if (wait := view.waiting(one.component)) is not None]
    if load >= EASE_LOAD:
        return BUSY.fill(load=f"{load:.0%}")
    if view.neighbours and max(waits, default=0.0) < 0.05:
        return ALONE.fill(load=f"{load:.0%}", count=len(view.neighbours))
    return EASE.fill(load=f"{load:.0%}")


SEEN = Words(
    "{guest} is held at its own limit{limit} in {share} of the time (uses {used})",
    "{guest} は自身の上限{limit}に {share} の時間抑えられている (使用 {used})",
)
CORES = Words(" of {cores} cores", " {cores} コア")
ALONE = Words(
    "; its host is at ease ({load} busy), and {count:other guest is|others are} fine because of that limit",
    "。ホストには余裕があり (使用率 {load})、他のゲスト {count} 台が無事なのはこの上限のおかげ",
)
EASE = Words("; its host is at ease ({load} busy)", "。ホストには余裕がある (使用率 {load})")
BUSY = Words("; its host is busy as well ({load})", "。ホストも混んでいる (使用率 {load})")
QUIET = Words(
    "{guest} is held back by its own limit{limit} in {share} of the time (uses {used})",
    "{guest} が自身の上限{limit}に抑えられているのは {share} の時間 (使用 {used})",
)
FREE = Words("the hypervisor sets no CPU limit for {guest}", "{guest} に CPU 上限は設定されていない")
LIMIT_NOT_TOLD = Words(
    "the hypervisor does not tell whether this guest has a limit",
    "このゲストの上限をハイパーバイザーから読めません",
)
NOT_MEASURED = Words("the hypervisor told no CPU use of {guest}", "{guest} の CPU 使用量が得られません")

KIND = FindingKind(
    id="guest-at-own-limit",
    layer=Layer.ALLOCATION,
    title=Words("Guest held at its own CPU limit", "ゲストの CPU 上限による抑制"),
    sights=("below",),
    source="VMware cpu.maxlimited; nr_throttled of the domain's cgroup; Proxmox cpulimit against its use",
    judge=judge,
    see=("esxtop, then c: %MLMTD", "virsh schedinfo GUEST", "qm config VMID | grep cpulimit"),
)
