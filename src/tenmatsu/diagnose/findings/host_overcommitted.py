"""The host has more work than cores: its guests wait for each other; and which of them takes most."""

from tenmatsu.diagnose.from_below import FromBelow, look_from_below, without_view
from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

# Ready time per vCPU, the guest's own limit left out: under 5 % fine, 5 to 10 % look, over 10 % bad.
NOTICED_SHARE = 0.05
BAD_SHARE = 0.10
# Co-stop over 3 % is a convention without a primary source: it only adds to what ready time says.
COSTOP_SHARE = 0.03
_MOST_NAMED = 3


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Judge by the time that this guest waited for a core; name those who used the host's cores."""
    view = look_from_below(evidence)
    if view is None:
        return without_view(kind, evidence)
    waits = view.waiting(view.guest.component)
    if waits is None:
        return kind.unknown(evidence, NOT_TOLD)
    costop = view.mean(view.guest.component, "vm.cpu.costop")
    load = view.host_load()
    figures: Figures = {"waiting_ratio": round(waits, 4)}
    if costop is not None:
        figures["costop_ratio"] = round(costop, 4)
    if load is not None:
        figures["host_load_ratio"] = round(load, 3)
    felt = max(waits, costop if costop is not None and costop >= COSTOP_SHARE else 0.0)
    said = {"guest": view.name, "share": f"{waits:.1%}", "costop": f"{costop or 0:.1%}"}
    host = LOAD.fill(load=f"{load:.0%}") if load is not None else Words("", "")
    if felt < NOTICED_SHARE:
        return kind.absent(evidence, QUIET.fill(**said) + host, **figures)
    takers = _takers(view)
    by = BY.fill(names=", ".join(takers)) if takers else Words("", "")
    return kind.present(evidence, SEEN.fill(**said) + host + by, strength=felt / (2 * BAD_SHARE), **figures)


def _takers(view: FromBelow) -> list[str]:
    """Return those that use most of the host's cores, this guest and what is no guest included."""
    used = [
        (share, one.text("name"))
        for one in (view.guest, *view.neighbours)
        if (share := view.mean(one.component, "vm.cpu.usage")) is not None
    ]
    others = view.mean(view.host_id, "host.cpu.others")
    if others is not None:
        used.append((others, view.host.text("name") if view.host else "host"))
    largest = sorted(used, key=lambda one: -one[0])[:_MOST_NAMED]
    return [f"{name} {share:.1f}" for share, name in largest if share >= 0.05]


SEEN = Words(
    "{guest} waits for a core of its host {share} of the time (co-stop {costop})",
    "{guest} は時間の {share} をホストの CPU 待ちに費やす (co-stop {costop})",
)
LOAD = Words("; the host is {load} busy", "。ホストの使用率 {load}")
BY = Words("; cores used by {names}", "。コアの使用: {names}")
QUIET = Words(
    "{guest} gets its host's cores when it wants them (waits {share} of the time)",
    "{guest} はホストの CPU をすぐに得られている (待ち {share})",
)
NOT_TOLD = Words(
    "the hypervisor does not tell how long this guest waits for a core",
    "CPU 待ち時間をハイパーバイザーから得られません",
)

KIND = FindingKind(
    id="host-overcommitted",
    layer=Layer.HYPERVISOR,
    title=Words("Host overcommitted", "ホストの CPU 過負荷"),
    sights=("below",),
    source="VMware cpu.ready less cpu.maxlimited, cpu.costop; libvirt vcpu.delay (/proc/PID/schedstat)",
    judge=judge,
    see=("esxtop, then c: %RDY less %MLMTD", "virsh domstats --vcpu GUEST"),
)
