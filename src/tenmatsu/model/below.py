"""The view from below: what a hypervisor tells of its hosts and guests, the same values from every kind.

A `key` is what the hypervisor itself calls a thing (a managed object's id, a domain's UUID, a VMID); it is
unique within one hypervisor connection and nowhere else. Three answers here as well: a field that is None
was not told, an empty tuple means that there is nothing, and a `Lack` says what could not be asked, and why.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from tenmatsu.model.evidence import Kind, Value
from tenmatsu.model.words import Words


class Product(Enum):
    """The kinds of hypervisor that can be asked. The value is the word in the site file."""

    VMWARE = "vmware"
    LIBVIRT = "libvirt"
    PROXMOX = "proxmox"


class Power(Enum):
    """Whether a guest runs."""

    ON = "on"
    OFF = "off"
    SUSPENDED = "suspended"
    UNKNOWN = "unknown"


class Health(Enum):
    """How a sensor or a part of the hardware says it feels; `UNKNOWN` is its own word, not a gap."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Lack:
    """What the hypervisor did not tell. `key`: of which host or guest, empty for all.

    `hides_guests`: for the same reason guests may be missing from what it did tell.
    """

    what: Words
    why: Words
    close_by: Words
    key: str = ""
    hides_guests: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """Who answers. `api` is the version of the interface, not of the product.

    `may_act`: whether guests could be stopped and started with these credentials, found out without doing
    it; None where only trying would tell. `may_act_why` says by what that is known. `recorded`: it is no
    connection but a recording, of whatever time. `clock_offset_seconds` is
    how far its clock is ahead of ours, None where it tells none.
    """

    product: Product
    name: str
    version: str
    api: str
    may_act: bool | None
    may_act_why: Words
    recorded: bool = False
    clock_offset_seconds: float | None = None
    clock_uncertainty_seconds: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Sensor:
    """A sensor or part of a host's hardware. `reading` with its unit as text, empty where it gives none."""

    name: str
    health: Health
    reading: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class HostFacts:
    """A machine that runs guests. `cores` are physical ones, `core_hertz` the nominal speed of one.

    `autostart`: whether it starts guests by itself after its own start, None where that was not told.
    """

    key: str
    name: str
    uuid: str = ""
    addresses: tuple[str, ...] = ()
    model: str = ""
    version: str = ""
    cores: int | None = None
    threads: int | None = None
    core_hertz: float | None = None
    memory_bytes: int | None = None
    booted: datetime | None = None
    connected: bool = True
    maintenance: bool | None = None
    autostart: bool | None = None
    clustered: bool | None = None
    licence: str = ""
    sensors: tuple[Sensor, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """A snapshot that a guest still carries. `size_bytes` None where it is not told."""

    name: str
    taken: datetime
    size_bytes: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Startup:
    """The hypervisor's own start order for a guest. Lower orders start first; delays in seconds."""

    order: int | None = None
    start_delay_seconds: float | None = None
    stop_delay_seconds: float | None = None
    waits_for_heartbeat: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class GuestFacts:
    """A virtual machine or container, as the hypervisor has it; `container` tells which.

    `cpu_limit_cores` is the most that it may use, in cores of its host; `cpu_limit_told` is False where
    nobody could see whether there is one, so that None then does not mean "no limit". `cpu_limit_text` is
    the limit in the hypervisor's own words ("2000 MHz", "quota 20000/100000 µs a vCPU", "cpulimit 0.5").
    `tools`: `running`, `stopped`, `absent`, or empty where not told. `heartbeat` likewise a word of the
    hypervisor's. `host` is the key of the host that runs it, or that it last ran on. `stores` are the
    names of the datastores or pools that hold its disks. `balloon_target_bytes` is what the guest is to
    keep: less than `memory_bytes` where the host wants memory back. `autostart`: whether the host starts
    it by itself after its own start.
    """

    key: str
    name: str
    host: str
    power: Power
    container: bool = False
    uuid: str = ""
    macs: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    system: str = ""
    vcpus: int | None = None
    cpu_limit_cores: float | None = None
    cpu_limit_text: str = ""
    cpu_limit_told: bool = True
    cpu_reserved_cores: float | None = None
    cpu_shares: int | None = None
    memory_bytes: int | None = None
    memory_limit_bytes: int | None = None
    memory_reserved_bytes: int | None = None
    balloon_target_bytes: int | None = None
    booted: datetime | None = None
    tools: str = ""
    heartbeat: str = ""
    steal_told: bool | None = None
    stores: tuple[str, ...] = ()
    snapshots: tuple[Snapshot, ...] | None = None
    startup: Startup | None = None
    autostart: bool | None = None
    highly_available: bool | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoreFacts:
    """A datastore or pool. `hosts` are the keys of those that use it: more than one, and it is shared."""

    key: str
    name: str
    kind: str = ""
    hosts: tuple[str, ...] = ()
    capacity_bytes: int | None = None
    free_bytes: int | None = None
    accessible: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Inventory:
    """What there is, at one time."""

    hosts: tuple[HostFacts, ...]
    guests: tuple[GuestFacts, ...]
    stores: tuple[StoreFacts, ...] = ()
    lacks: tuple[Lack, ...] = ()


class Metric(NamedTuple):
    """How a measured value is read: its unit (UCUM), gauge or counter, and what it says."""

    unit: str
    kind: Kind
    what: str


_GAUGE, _COUNTER = Kind.GAUGE, Kind.COUNTER

# OpenTelemetry has no conventions for what a hypervisor tells of its guests, so these are ours. Each gauge
# that is a mean covers the interval that ends at its time. Shares are of one: 0.05 is 5 %.
METRICS: Mapping[str, Metric] = {
    "vm.cpu.usage": Metric("{core}", _GAUGE, "cores used, seen from below; mean over the interval"),
    "vm.cpu.emulator": Metric("{core}", _GAUGE, "of that, by the emulator's own and I/O threads"),
    "vm.cpu.demand": Metric("{core}", _GAUGE, "cores that it would use if nothing held it back"),
    "vm.cpu.limit": Metric("{core}", _GAUGE, "the limit in force; no sample where there is none"),
    "vm.cpu.ready": Metric("1", _GAUGE, "time that a vCPU wanted to run and did not, held time included"),
    "vm.cpu.held": Metric("1", _GAUGE, "time that a vCPU wanted to run and its own limit held it back"),
    "vm.cpu.held_periods": Metric("1", _GAUGE, "share of scheduling periods in which its limit stopped it"),
    "vm.cpu.costop": Metric("1", _GAUGE, "time that a vCPU stood still for its siblings to catch up"),
    "vm.cpu.swap_wait": Metric("1", _GAUGE, "time that a vCPU waited for memory that the host swapped out"),
    "vm.cpu.halt_poll": Metric("1", _GAUGE, "time that the host spun for an idle vCPU instead of sleeping"),
    "vm.memory.granted": Metric("By", _GAUGE, "memory of the host that backs the guest"),
    "vm.memory.active": Metric("By", _GAUGE, "memory that the guest touched lately, by sampling"),
    "vm.memory.balloon": Metric("By", _GAUGE, "memory that the balloon took out of the guest"),
    "vm.memory.swapped": Metric("By", _GAUGE, "memory of the guest that the host swapped out"),
    "vm.memory.swap_in": Metric("By/s", _GAUGE, "what the host had to swap in again for the guest"),
    "vm.memory.compressed": Metric("By", _GAUGE, "memory of the guest that the host compressed"),
    "vm.memory.pressure": Metric("1", _GAUGE, "time that some of it stood still for memory (PSI some)"),
    "vm.cpu.pressure": Metric("1", _GAUGE, "time that some of it stood still for CPU (PSI some)"),
    "vm.io.pressure": Metric("1", _GAUGE, "time that some of it stood still for I/O (PSI some)"),
    "vm.disk.latency": Metric("s", _GAUGE, "mean time of a request; disk, direction"),
    "vm.disk.operations": Metric("{operation}/s", _GAUGE, "requests; disk, direction"),
    "vm.disk.io": Metric("By/s", _GAUGE, "data moved; disk, direction"),
    "vm.disk.errors": Metric("{error}", _COUNTER, "requests that failed; disk"),
    "vm.network.io": Metric("By/s", _GAUGE, "data moved; interface, direction"),
    "vm.network.dropped": Metric("{packet}/s", _GAUGE, "packets lost on the way; interface, direction"),
    "vm.uptime": Metric("s", _GAUGE, "since the guest was last powered on or reset"),
    "host.cpu.usage": Metric("{core}", _GAUGE, "physical cores used by all that runs there"),
    "host.cpu.capacity": Metric("{core}", _GAUGE, "physical cores that there are"),
    "host.cpu.others": Metric("{core}", _GAUGE, "cores used by what is no guest"),
    "host.cpu.pressure": Metric("1", _GAUGE, "time that something stood still for CPU (PSI some)"),
    "host.memory.usage": Metric("By", _GAUGE, "memory in use"),
    "host.memory.capacity": Metric("By", _GAUGE, "memory that there is"),
    "host.memory.balloon": Metric("By", _GAUGE, "taken from all guests by their balloons"),
    "host.memory.swapped": Metric("By", _GAUGE, "of all guests, swapped out by the host"),
    "host.memory.pressure": Metric("1", _GAUGE, "time that something stood still for memory (PSI some)"),
    "host.io.pressure": Metric("1", _GAUGE, "time that something stood still for I/O (PSI some)"),
    "host.disk.latency": Metric("s", _GAUGE, "mean time of a request at the device; disk, direction"),
    "host.disk.kernel_latency": Metric("s", _GAUGE, "of that, in the host's own queues; disk"),
    "host.network.dropped": Metric("{packet}/s", _GAUGE, "packets lost; interface, direction"),
    "host.uptime": Metric("s", _GAUGE, "since the host started"),
    "store.latency": Metric("s", _GAUGE, "mean time of a request to a datastore; store, direction"),
}


class Measure(NamedTuple):
    """One measured value: of which host, guest or store (`key`), when, and of which part (`attributes`)."""

    key: str
    name: str
    time: datetime
    value: float
    attributes: Mapping[str, Value] = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """What one round of asking brought. `name` of every measure is one of `METRICS`."""

    measures: tuple[Measure, ...]
    lacks: tuple[Lack, ...] = ()


class Change(Enum):
    """What happened below, by its effect on the guest. The value is the word in a case."""

    STARTED = "started"
    STOPPED = "stopped"
    RESTARTED = "restarted"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    MIGRATED = "migrated"
    RECONFIGURED = "reconfigured"
    LIMIT_CHANGED = "limit_changed"
    SNAPSHOT_TAKEN = "snapshot_taken"
    SNAPSHOT_REMOVED = "snapshot_removed"
    BACKED_UP = "backed_up"
    TOOLS_STOPPED = "tools_stopped"
    CREATED = "created"
    REMOVED = "removed"
    HOST_STARTED = "host_started"
    HOST_STOPPED = "host_stopped"
    HOST_LOST = "host_lost"
    MAINTENANCE = "maintenance"
    ALARM = "alarm"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class Happening:
    """Something that happened below: an event or task. `ended` None: it is still going on, or is no task.

    `message` is the hypervisor's own, `who` the user that did it, empty where not told.
    """

    key: str
    change: Change
    time: datetime
    message: str = ""
    who: str = ""
    ended: datetime | None = None
    failed: bool = False
    attributes: Mapping[str, Value] = field(default_factory=dict)
