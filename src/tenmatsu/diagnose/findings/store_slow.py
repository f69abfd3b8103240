"""The disks under the guest are slow, seen from below; and whether others on the same store feel it too."""

from tenmatsu.diagnose.from_below import FromBelow, look_from_below, without_view
from tenmatsu.model.evidence import Evidence, Series
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

# VMware calls 20 ms look-worthy (knowledge base 1008205: 10-15 ms at the device, 20-30 ms in all); a mean of
# 50 ms is felt in every page that reads.
NOTICED_SECONDS = 0.020
SURE_SECONDS = 0.060
# A mean over hardly any request is one request's luck.
LEAST_OPERATIONS = 0.5
_MOST_NAMED = 3


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Take the guest's slowest disk, then the stores under it; count the neighbours that are slow as well."""
    view = look_from_below(evidence)
    if view is None:
        return without_view(kind, evidence)
    mine = _slowest(view, view.guest.component)
    under = [view.highest(one.component, "store.latency") for one in evidence.find_events("store.facts")]
    told = [seconds for seconds in (mine, *under) if seconds is not None]
    if not told:
        return kind.unknown(evidence, NOT_TOLD)
    slowest = max(told)
    stores = view.guest.text("stores") or "?"
    said = {"guest": view.name, "milliseconds": f"{slowest * 1000:.0f}", "stores": stores}
    figures: Figures = {"latency_seconds": round(slowest, 4)}
    if slowest < NOTICED_SECONDS:
        return kind.absent(evidence, QUIET.fill(**said), **figures)
    also = [one for one in view.neighbours if (_slowest(view, one.component) or 0) >= NOTICED_SECONDS]
    return kind.present(
        evidence,
        SEEN.fill(**said) + _shared(view, [one.text("name") for one in also]),
        strength=slowest / SURE_SECONDS,
        slow_neighbours=len(also),
        **figures,
    )


def _shared(view: FromBelow, also: list[str]) -> Words:
    if also:
        return SHARED.fill(names=", ".join(also[:_MOST_NAMED]))
    return ONLY if view.neighbours else Words("", "")


def _slowest(view: FromBelow, component: str) -> float | None:
    """Return the highest mean latency of a guest's disks that were really used, in seconds."""
    told = [
        one.mean
        for one in view.series(component, "vm.disk.latency")
        if _operations(view, one) >= LEAST_OPERATIONS
    ]
    return max(told, default=None)


def _operations(view: FromBelow, latency: Series) -> float:
    """Return the requests a second of that disk and direction; many where nobody counted them."""
    rate = view.mean(latency.component, "vm.disk.operations", **dict(latency.attributes))
    return LEAST_OPERATIONS if rate is None else rate


SEEN = Words(
    "a request to the disks of {guest} ({stores}) takes {milliseconds} ms below",
    "{guest} のディスク ({stores}) は下の層で 1 要求に {milliseconds} ms かかる",
)
SHARED = Words("; so it does for {names}", "。{names} も同様")
ONLY = Words("; its neighbours' disks are fine", "。隣のゲストのディスクは正常")
QUIET = Words(
    "the disks of {guest} answer in {milliseconds} ms below",
    "{guest} のディスクは下の層で {milliseconds} ms で応答",
)
NOT_TOLD = Words(
    "the hypervisor told no latency of this guest's disks",
    "このゲストのディスク応答時間をハイパーバイザーから得られません",
)

KIND = FindingKind(
    id="store-slow",
    layer=Layer.HYPERVISOR,
    title=Words("Disks below are slow", "下の層のディスクの遅さ"),
    sights=("below",),
    source="VMware datastore and virtualDisk latency; rd_total_times / rd_operations of QEMU's blockstats",
    judge=judge,
    see=("esxtop, then d and v: DAVG, KAVG, LAT/rd", "virsh domblkstat GUEST --human"),
)
