"""A guest as vSphere tells it, as values."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tenmatsu.model.below import GuestFacts, Power, Snapshot, Startup
from tenmatsu.parse.vsphere_row import Row, reference

GUEST_PATHS = (
    "name",
    "datastore",
    "snapshot",
    "guestHeartbeatStatus",
    "config.uuid",
    "config.template",
    "config.annotation",
    "config.guestFullName",
    "config.hardware.numCPU",
    "config.hardware.memoryMB",
    "config.hardware.device",
    "config.cpuAllocation",
    "config.memoryAllocation",
    "config.extraConfig",
    "runtime.powerState",
    "runtime.connectionState",
    "runtime.bootTime",
    "runtime.host",
    "runtime.dasVmProtection",
    "guest.toolsRunningStatus",
    "guest.toolsVersionStatus2",
    "guest.guestFullName",
    "guest.ipAddress",
    "guest.net",
)
LAYOUT_PATHS = ("layoutEx",)

_MEBI = 1 << 20
_POWER = {"poweredOn": Power.ON, "poweredOff": Power.OFF, "suspended": Power.SUSPENDED}
_TOOLS = {
    "guestToolsRunning": "running",
    "guestToolsExecutingScripts": "running",
    "guestToolsNotRunning": "stopped",
}
_STEAL_KEY = "stealclock.enable"


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What a guest's own properties do not say: its host's speed (Hz), the stores' names, the start order."""

    core_hertz: float | None = None
    stores: tuple[str, ...] = ()
    startup: Any = None
    ha: bool | None = None
    snapshot_sizes: tuple[tuple[str, int], ...] = ()


def make_guest(row: Row, around: Surroundings) -> GuestFacts:
    """Return a guest. `booted` and the snapshots' times are by the server's clock.

    A limit is one of the guest as a whole, in MHz of its host; -1 means none (vim.ResourceAllocationInfo).
    """
    cpu, memory = row.get("config.cpuAllocation"), row.get("config.memoryAllocation")
    limit = _limit(cpu)
    return GuestFacts(
        key=row.key,
        name=row.get("name") or row.key,
        host=reference(row.get("runtime.host")),
        power=_power(row),
        uuid=(row.get("config.uuid") or "").lower(),
        macs=tuple(dict.fromkeys(_macs(row))),
        addresses=tuple(dict.fromkeys(_addresses(row))),
        system=row.get("guest.guestFullName") or row.get("config.guestFullName") or "",
        vcpus=row.get("config.hardware.numCPU"),
        cpu_limit_cores=to_cores(limit, around.core_hertz),
        cpu_limit_text=f"{limit} MHz" if limit is not None else "",
        cpu_limit_told=cpu is not None and not (limit is not None and around.core_hertz is None),
        cpu_reserved_cores=to_cores(getattr(cpu, "reservation", None), around.core_hertz),
        cpu_shares=getattr(getattr(cpu, "shares", None), "shares", None),
        memory_bytes=_mebi(row.get("config.hardware.memoryMB")),
        memory_limit_bytes=_mebi(_limit(memory)),
        memory_reserved_bytes=_mebi(getattr(memory, "reservation", None)),
        booted=row.get("runtime.bootTime"),
        tools=_tools(row),
        heartbeat=str(row.get("guestHeartbeatStatus") or ""),
        steal_told=_steal_told(row.get("config.extraConfig")),
        stores=around.stores,
        snapshots=_snapshots(row, dict(around.snapshot_sizes)),
        startup=_startup(around.startup),
        highly_available=_protected(row, ha=around.ha),
        note=row.get("config.annotation") or "",
    )


def to_cores(megahertz: float | None, core_hertz: float | None) -> float | None:
    """Return MHz of a host's CPU in cores of it, or None where one of the two is not known."""
    if megahertz is None or not core_hertz:
        return None
    return megahertz * 1_000_000 / core_hertz


def power_of(state: object) -> Power:
    """Return whether a guest runs, by the server's own word for it."""
    return _POWER.get(str(state), Power.UNKNOWN)


def is_template(row: Row) -> bool:
    """Tell whether it is only a pattern for guests, which never runs."""
    return bool(row.get("config.template"))


def snapshot_sizes(layout: Any, snapshot: Any) -> tuple[tuple[str, int], ...]:  # noqa: ANN401 - the server's own kinds
    """Return (snapshot's key, bytes): what each snapshot takes, in files that came to be by it.

    These are its own state and memory, and the disks' differences written since: the files in the chains of
    what came after it (its children, or the present state) that are not in its own.
    """
    sizes = {file.key: file.size for file in layout.file or ()}
    own = {reference(one.key): one for one in layout.snapshot or ()}
    chains = {key: _chain_files(one.disk) for key, one in own.items()}
    after: dict[str, set[int]] = {key: set() for key in own}
    for parent, child in _parents(snapshot.rootSnapshotList):
        if parent in after:
            after[parent] |= chains.get(child, set())
    current = reference(snapshot.currentSnapshot)
    if current in after:
        after[current] |= _chain_files(layout.disk)
    return tuple((key, _taken(own[key], after[key] - chains[key], sizes)) for key in own)


def _taken(own: Any, files: set[int], sizes: dict[int, int]) -> int:  # noqa: ANN401 - as above
    state = {own.dataKey, getattr(own, "memoryKey", -1)}
    return sum(sizes.get(key, 0) for key in (files | state))


def _chain_files(disks: Iterable[Any] | None) -> set[int]:
    return {key for disk in disks or () for part in disk.chain or () for key in part.fileKey or ()}


def _parents(trees: Iterable[Any] | None, parent: str = "") -> Iterator[tuple[str, str]]:
    for tree in trees or ():
        key = reference(tree.snapshot)
        yield parent, key
        yield from _parents(tree.childSnapshotList, key)


def _snapshots(row: Row, sizes: dict[str, int]) -> tuple[Snapshot, ...] | None:
    if "snapshot" in row.withheld:
        return None
    trees = getattr(row.get("snapshot"), "rootSnapshotList", None)
    return tuple(
        Snapshot(name=tree.name, taken=tree.createTime, size_bytes=sizes.get(reference(tree.snapshot)))
        for tree in _flat(trees)
    )


def _flat(trees: Iterable[Any] | None) -> Iterator[Any]:
    waiting = list(trees or ())
    while waiting:
        tree = waiting.pop(0)
        yield tree
        waiting.extend(tree.childSnapshotList or ())


def _limit(allocation: Any) -> int | None:  # noqa: ANN401 - as above
    limit = getattr(allocation, "limit", None)
    return limit if limit is not None and limit >= 0 else None


def _power(row: Row) -> Power:
    if row.get("runtime.connectionState") not in (None, "connected"):
        return Power.UNKNOWN  # the server remembers what was; nobody knows what is
    return power_of(row.get("runtime.powerState"))


def _tools(row: Row) -> str:
    if row.get("guest.toolsVersionStatus2") == "guestToolsNotInstalled":
        return "absent"
    return _TOOLS.get(str(row.get("guest.toolsRunningStatus")), "")


def _steal_told(options: Iterable[Any] | None) -> bool | None:
    """Steal is 0 in a guest of VMware's unless this is switched on: then 0 proves nothing."""
    if options is None:
        return None
    told = {one.key.lower(): str(one.value) for one in options}
    return told.get(_STEAL_KEY, "").lower() == "true"


def _macs(row: Row) -> Iterator[str]:
    for device in row.get("config.hardware.device") or ():
        if mac := getattr(device, "macAddress", None):
            yield mac.lower()


def _addresses(row: Row) -> Iterator[str]:
    if first := row.get("guest.ipAddress"):
        yield first
    for card in row.get("guest.net") or ():
        yield from card.ipAddress or ()


def _startup(place: Any) -> Startup | None:  # noqa: ANN401 - as above
    if place is None or (place.startAction or "").lower() != "poweron":
        return None
    return Startup(
        order=place.startOrder if place.startOrder >= 0 else None,
        start_delay_seconds=_own(place.startDelay),
        stop_delay_seconds=_own(place.stopDelay),
        waits_for_heartbeat={"yes": True, "no": False}.get(str(place.waitForHeartbeat)),
    )


def _own(seconds: int | None) -> float | None:
    return None if seconds is None or seconds < 0 else float(seconds)  # -1: as the host's default


def _protected(row: Row, *, ha: bool | None) -> bool | None:
    protection = row.get("runtime.dasVmProtection")
    return ha if protection is None else bool(protection.dasProtected)


def _mebi(value: int | None) -> int | None:
    return None if value is None else value * _MEBI
