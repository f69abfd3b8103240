"""What Proxmox VE's `/cluster/resources` lists: nodes, guests, storages, with their latest figures.

Source: PVE/API2Tools.pm `extract_vm_stats`. `cpu` is a share of the guest's own cores, or of the node's
processors, over about the last 10 s; `maxcpu` how many there are; memory in bytes; `netin`, `netout`,
`diskread` and `diskwrite` are bytes since the guest was started.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tenmatsu.model.below import Power
from tenmatsu.parse.json_answer import flag_at, number_at, objects_in, text_at, whole_at

# QEMU's own words (QAPI, RunState) beside Proxmox VE's; a guest that stands still after an error of its disk
# is neither on nor off.
_POWER = {
    "running": Power.ON,
    "stopped": Power.OFF,
    "shutdown": Power.OFF,
    "suspended": Power.SUSPENDED,
    "paused": Power.SUSPENDED,
    "prelaunch": Power.SUSPENDED,
    "io-error": Power.SUSPENDED,
    "internal-error": Power.SUSPENDED,
}
COUNTERS = ("netin", "netout", "diskread", "diskwrite")


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeRow:
    """A node. `key` is its id, `node/NAME`. `cpu` is a share (0 to 1) of its `threads`."""

    key: str
    name: str
    online: bool
    cpu: float | None = None
    threads: int | None = None
    memory_bytes: int | None = None
    used_bytes: int | None = None
    uptime_seconds: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class GuestRow:
    """A guest. `key` is its id, `qemu/VMID` or `lxc/VMID`. `status` is Proxmox VE's word."""

    key: str
    node: str
    vmid: int
    name: str
    status: str
    container: bool
    highly_available: bool
    cpu: float | None = None
    cores: float | None = None
    memory_bytes: int | None = None
    used_bytes: int | None = None
    uptime_seconds: float | None = None
    counters: Mapping[str, float] = field(default_factory=dict)

    @property
    def power(self) -> Power:
        """Return whether it runs."""
        return _POWER.get(self.status, Power.UNKNOWN)

    @property
    def path(self) -> str:
        """Return where the API has it."""
        return f"/nodes/{self.node}/{self.key}"


@dataclass(frozen=True, kw_only=True, slots=True)
class StoreRow:
    """A storage as one node sees it."""

    storage: str
    node: str
    kind: str
    shared: bool
    available: bool
    capacity_bytes: int | None
    used_bytes: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Resources:
    """All that was listed. Templates are no guests."""

    nodes: tuple[NodeRow, ...]
    guests: tuple[GuestRow, ...]
    stores: tuple[StoreRow, ...]


def read_resources(answer: object) -> Resources:
    """Return what is listed; entries of kinds that say nothing here (pools, networks) are left out."""
    rows = objects_in(answer)
    return Resources(
        nodes=tuple(_read_node(row) for row in rows if text_at(row, "type") == "node"),
        guests=tuple(
            _read_guest(row)
            for row in rows
            if text_at(row, "type") in {"qemu", "lxc"} and not flag_at(row, "template")
        ),
        stores=tuple(_read_store(row) for row in rows if text_at(row, "type") == "storage"),
    )


def _read_node(row: Mapping[str, object]) -> NodeRow:
    name = text_at(row, "node")
    return NodeRow(
        key=f"node/{name}",
        name=name,
        online=text_at(row, "status") == "online",
        cpu=number_at(row, "cpu"),
        threads=whole_at(row, "maxcpu"),
        memory_bytes=whole_at(row, "maxmem"),
        used_bytes=whole_at(row, "mem"),
        uptime_seconds=number_at(row, "uptime"),
    )


def _read_guest(row: Mapping[str, object]) -> GuestRow:
    kind, vmid = text_at(row, "type"), whole_at(row, "vmid") or 0
    counters = {name: number_at(row, name) for name in COUNTERS}
    return GuestRow(
        key=f"{kind}/{vmid}",
        node=text_at(row, "node"),
        vmid=vmid,
        name=text_at(row, "name"),
        status=text_at(row, "status"),
        container=kind == "lxc",
        highly_available=bool(text_at(row, "hastate")),
        cpu=number_at(row, "cpu"),
        cores=number_at(row, "maxcpu"),
        memory_bytes=whole_at(row, "maxmem"),
        used_bytes=whole_at(row, "mem"),
        uptime_seconds=number_at(row, "uptime"),
        counters={name: value for name, value in counters.items() if value is not None},
    )


def _read_store(row: Mapping[str, object]) -> StoreRow:
    return StoreRow(
        storage=text_at(row, "storage"),
        node=text_at(row, "node"),
        kind=text_at(row, "plugintype"),
        shared=bool(flag_at(row, "shared")),
        available=text_at(row, "status") == "available",
        capacity_bytes=whole_at(row, "maxdisk") or None,
        used_bytes=whole_at(row, "disk"),
    )
