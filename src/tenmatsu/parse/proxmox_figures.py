"""Proxmox VE's figures of guests and nodes as measures: the latest ones, and what its RRD files kept.

Units there: `cpu` is a share of `maxcpu`; memory in bytes; `netin` and its like are bytes since the start in
a list and bytes a second in an RRD; pressures are percent of time (PSI; since Proxmox VE 9).
Source: PVE/QemuServer.pm and PVE/LXC.pm `vmstatus`, PVE/Service/pvestatd.pm, the web pages' RRDModels.js.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from tenmatsu.model.below import Measure
from tenmatsu.model.evidence import Value
from tenmatsu.parse.json_answer import at, number_at, objects_in
from tenmatsu.parse.proxmox_resources import GuestRow, NodeRow

_PRESSURES = {
    "pressurecpusome": "cpu.pressure",
    "pressurememorysome": "memory.pressure",
    "pressureiosome": "io.pressure",
}
# By the counter's name: the metric, and from which side the guest sees it.
_RATES: Mapping[str, tuple[str, Mapping[str, Value]]] = {
    "netin": ("vm.network.io", {"direction": "receive"}),
    "netout": ("vm.network.io", {"direction": "transmit"}),
    "diskread": ("vm.disk.io", {"direction": "read"}),
    "diskwrite": ("vm.disk.io", {"direction": "write"}),
}
_NANO = 1e-9


class Drive(NamedTuple):
    """QEMU's counters of one drive and direction since the guest was started; time in seconds."""

    operations: float
    seconds: float


Drives = Mapping[tuple[str, str], Drive]


def measure_node(node: NodeRow, now: datetime) -> Iterator[Measure]:
    """Yield a node's figures of the last seconds. Cores are its processors' threads, as Proxmox VE counts."""
    if node.cpu is not None and node.threads:
        yield Measure(node.key, "host.cpu.usage", now, node.cpu * node.threads)
        yield Measure(node.key, "host.cpu.capacity", now, node.threads)
    for name, value in (
        ("host.memory.usage", node.used_bytes),
        ("host.memory.capacity", node.memory_bytes),
        ("host.uptime", node.uptime_seconds),
    ):
        if value:
            yield Measure(node.key, name, now, float(value))


def measure_guest(guest: GuestRow, now: datetime) -> Iterator[Measure]:
    """Yield a running guest's figures of the last seconds."""
    if guest.cpu is not None and guest.cores:
        yield Measure(guest.key, "vm.cpu.usage", now, guest.cpu * guest.cores)
    if guest.uptime_seconds:
        yield Measure(guest.key, "vm.uptime", now, guest.uptime_seconds)
    if guest.container and guest.used_bytes is not None:
        yield Measure(guest.key, "vm.memory.granted", now, guest.used_bytes)


def measure_moved(
    key: str, now: datetime, before: tuple[datetime, Mapping[str, float]], counters: Mapping[str, float]
) -> Iterator[Measure]:
    """Yield what a guest moved a second between two looks; a counter that fell says nothing."""
    then, old = before
    seconds = (now - then).total_seconds()
    for name, value in counters.items():
        if seconds > 0 and name in old and value >= old[name]:
            metric, attributes = _RATES[name]
            yield Measure(key, metric, now, (value - old[name]) / seconds, attributes)


def measure_status(key: str, status: object, now: datetime) -> Iterator[Measure]:
    """Yield what only a guest's own status has: its balloon, the memory behind it, its pressures."""
    most, actual = number_at(status, "ballooninfo", "max_mem"), number_at(status, "ballooninfo", "actual")
    if most and actual is not None:
        yield Measure(key, "vm.memory.balloon", now, max(0.0, most - actual))
    granted = number_at(status, "memhost")
    if granted:
        yield Measure(key, "vm.memory.granted", now, granted)
    yield from _measure_errors(key, status, now)
    yield from _measure_pressures(key, "vm", status, now)


def _measure_errors(key: str, status: object, now: datetime) -> Iterator[Measure]:
    """Yield how many requests of each drive failed since the guest was started."""
    drives = at(status, "blockstat")
    for drive, stats in drives.items() if isinstance(drives, dict) else ():
        failed = [number_at(stats, f"failed_{kind}_operations") for kind in ("rd", "wr", "flush")]
        told = [count for count in failed if count is not None]
        if told:
            yield Measure(key, "vm.disk.errors", now, sum(told), {"disk": str(drive)})


def _measure_pressures(key: str, of: str, row: object, now: datetime) -> Iterator[Measure]:
    for name, metric in _PRESSURES.items():
        percent = number_at(row, name)
        if percent is not None:
            yield Measure(key, f"{of}.{metric}", now, percent / 100)


def has_pressures(row: object) -> bool:
    """Tell whether pressures are told at all: they are since Proxmox VE 9."""
    return any(at(row, name) is not None for name in _PRESSURES)


def read_drives(status: object) -> dict[tuple[str, str], Drive]:
    """Return QEMU's counters by drive and direction (QAPI, BlockDeviceStats); none for a container."""
    found, drives = {}, at(status, "blockstat")
    for drive, stats in drives.items() if isinstance(drives, dict) else ():
        for short, direction in (("rd", "read"), ("wr", "write")):
            operations = number_at(stats, f"{short}_operations")
            nanoseconds = number_at(stats, f"{short}_total_time_ns")
            if operations is not None and nanoseconds is not None:
                found[str(drive), direction] = Drive(operations, nanoseconds * _NANO)
    return found


def measure_drives(
    key: str, now: datetime, before: tuple[datetime, Drives], drives: Drives
) -> Iterator[Measure]:
    """Yield how many requests each drive had a second between two looks, and how long one took."""
    then, old = before
    seconds = (now - then).total_seconds()
    for (drive, direction), new in drives.items():
        known = old.get((drive, direction))
        if known is None or seconds <= 0 or new.operations < known.operations or new.seconds < known.seconds:
            continue
        done = new.operations - known.operations
        where = {"disk": drive, "direction": direction}
        yield Measure(key, "vm.disk.operations", now, done / seconds, where)
        if done:
            yield Measure(key, "vm.disk.latency", now, (new.seconds - known.seconds) / done, where)


def measure_history(
    key: str, answer: object, since: datetime, until: datetime, *, ahead_seconds: float = 0.0
) -> Iterator[Measure]:
    """Yield what an RRD file kept of a guest (`qemu/…`, `lxc/…`) or node after `since` and up to `until`.

    Each row is the mean of the interval that ends at its time. `ahead_seconds` is how far the node's clock is
    ahead of ours. Rows and values without a figure are left out: nothing was measured then.
    """
    for row in objects_in(answer):
        seconds = number_at(row, "time")
        if seconds is None:
            continue
        try:
            time = datetime.fromtimestamp(seconds - ahead_seconds, UTC)
        except (ValueError, OverflowError, OSError):
            continue
        if since < time <= until:
            node = key.startswith("node/")
            yield from _measure_node_row(key, row, time) if node else _measure_guest_row(key, row, time)


def _measure_node_row(key: str, row: object, time: datetime) -> Iterator[Measure]:
    share, threads = number_at(row, "cpu"), number_at(row, "maxcpu")
    if share is not None and threads:
        yield Measure(key, "host.cpu.usage", time, share * threads)
        yield Measure(key, "host.cpu.capacity", time, threads)
    for name, metric in (("memused", "usage"), ("memtotal", "capacity")):
        value = number_at(row, name)
        if value is not None:
            yield Measure(key, f"host.memory.{metric}", time, value)
    yield from _measure_pressures(key, "host", row, time)


def _measure_guest_row(key: str, row: object, time: datetime) -> Iterator[Measure]:
    share, cores = number_at(row, "cpu"), number_at(row, "maxcpu")
    if share is not None and cores:
        yield Measure(key, "vm.cpu.usage", time, share * cores)
    granted = number_at(row, "mem") if key.startswith("lxc/") else number_at(row, "memhost")
    if granted is not None:
        yield Measure(key, "vm.memory.granted", time, granted)
    for name, (metric, attributes) in _RATES.items():
        rate = number_at(row, name)
        if rate is not None:
            yield Measure(key, metric, time, rate, attributes)
    yield from _measure_pressures(key, "vm", row, time)
