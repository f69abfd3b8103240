"""vSphere's real-time counters as measures: which ones are asked for, and how each becomes a unit of ours.

The numbers by which a server knows them differ by version, so they are looked up by name. Formula of what is
"ms of the interval" (`ready`, `costop`, `maxlimited`, `swapwait`): ms / (interval in ms x vCPUs), VMware KB
2002181. Instances: a counter of the whole has an empty one; disks and cards have each their own.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from tenmatsu.model.below import Measure

REAL_TIME_SECONDS = 20
_KIBI = 1024
_KILO = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What a counter is measured of: its vCPUs or threads, and the speed of its host's cores (Hz)."""

    vcpus: int = 1
    core_hertz: float | None = None
    interval_seconds: float = REAL_TIME_SECONDS


Scale = Callable[[float, Subject], float | None]


class Counter(NamedTuple):
    """One that is asked for. `part` names the attribute that its instance becomes, empty for the whole."""

    metric: str
    scale: Scale
    part: str = ""
    direction: str = ""


class Series(NamedTuple):
    """One counter of one object: `points` are (time by the server's clock, value as it was told)."""

    key: str
    counter: str
    instance: str
    points: tuple[tuple[datetime, float], ...]


def _megahertz(value: float, of: Subject) -> float | None:
    return value * 1_000_000 / of.core_hertz if of.core_hertz else None


def _waited(value: float, of: Subject) -> float | None:
    return value / (of.interval_seconds * _KILO * of.vcpus)


def _kibi(value: float, _: Subject) -> float | None:
    return value * _KIBI


def _milli(value: float, _: Subject) -> float | None:
    return value / _KILO


def _a_second(value: float, of: Subject) -> float | None:
    return value / of.interval_seconds


def _as_is(value: float, _: Subject) -> float | None:
    return value


GUEST_COUNTERS: Mapping[str, Counter] = {
    "cpu.usagemhz.average": Counter("vm.cpu.usage", _megahertz),
    "cpu.demand.average": Counter("vm.cpu.demand", _megahertz),
    "cpu.ready.summation": Counter("vm.cpu.ready", _waited),
    "cpu.maxlimited.summation": Counter("vm.cpu.held", _waited),
    "cpu.costop.summation": Counter("vm.cpu.costop", _waited),
    "cpu.swapwait.summation": Counter("vm.cpu.swap_wait", _waited),
    "mem.granted.average": Counter("vm.memory.granted", _kibi),
    "mem.active.average": Counter("vm.memory.active", _kibi),
    "mem.vmmemctl.average": Counter("vm.memory.balloon", _kibi),
    "mem.swapped.average": Counter("vm.memory.swapped", _kibi),
    "mem.compressed.average": Counter("vm.memory.compressed", _kibi),
    "mem.swapinRate.average": Counter("vm.memory.swap_in", _kibi),
    "virtualDisk.totalReadLatency.average": Counter("vm.disk.latency", _milli, "disk", "read"),
    "virtualDisk.totalWriteLatency.average": Counter("vm.disk.latency", _milli, "disk", "write"),
    "virtualDisk.numberReadAveraged.average": Counter("vm.disk.operations", _as_is, "disk", "read"),
    "virtualDisk.numberWriteAveraged.average": Counter("vm.disk.operations", _as_is, "disk", "write"),
    "virtualDisk.read.average": Counter("vm.disk.io", _kibi, "disk", "read"),
    "virtualDisk.write.average": Counter("vm.disk.io", _kibi, "disk", "write"),
    "net.received.average": Counter("vm.network.io", _kibi, "interface", "receive"),
    "net.transmitted.average": Counter("vm.network.io", _kibi, "interface", "transmit"),
    "net.droppedRx.summation": Counter("vm.network.dropped", _a_second, "interface", "receive"),
    "net.droppedTx.summation": Counter("vm.network.dropped", _a_second, "interface", "transmit"),
    "sys.uptime.latest": Counter("vm.uptime", _as_is),
}
HOST_COUNTERS: Mapping[str, Counter] = {
    "cpu.usagemhz.average": Counter("host.cpu.usage", _megahertz),
    "mem.consumed.average": Counter("host.memory.usage", _kibi),
    "mem.vmmemctl.average": Counter("host.memory.balloon", _kibi),
    "mem.swapused.average": Counter("host.memory.swapped", _kibi),
    "disk.deviceReadLatency.average": Counter("host.disk.latency", _milli, "disk", "read"),
    "disk.deviceWriteLatency.average": Counter("host.disk.latency", _milli, "disk", "write"),
    "disk.kernelLatency.average": Counter("host.disk.kernel_latency", _milli, "disk"),
    "net.droppedRx.summation": Counter("host.network.dropped", _a_second, "interface", "receive"),
    "net.droppedTx.summation": Counter("host.network.dropped", _a_second, "interface", "transmit"),
    "datastore.totalReadLatency.average": Counter("store.latency", _milli, "store", "read"),
    "datastore.totalWriteLatency.average": Counter("store.latency", _milli, "store", "write"),
    "sys.uptime.latest": Counter("host.uptime", _as_is),
}


def read_series(answer: Any, names: Mapping[int, str], key: str) -> Iterator[Series]:  # noqa: ANN401 - pyVmomi's
    """Yield the series of one object's answer, in either of the server's two forms.

    In any order and with any gaps: a value that is not there (`-1`, or too few of them) is left out. Raises
    ValueError where a number or time is none.
    """
    in_lines = hasattr(answer, "sampleInfoCSV")
    times = _times(answer.sampleInfoCSV) if in_lines else [one.timestamp for one in answer.sampleInfo]
    for series in answer.value:
        values = [float(one) for one in series.value.split(",") if one] if in_lines else series.value
        points = zip(times, values, strict=False)
        told = tuple(sorted((time, value) for time, value in points if value >= 0))
        if told and series.id.counterId in names:
            yield Series(key, names[series.id.counterId], series.id.instance, told)


def _times(text: str) -> list[datetime]:
    """Return the times of `20,2026-01-01T00:00:00Z,20,...`: an interval before each of them."""
    return [datetime.fromisoformat(one) for one in text.split(",")[1::2]]


def to_measures(
    series: Iterable[Series], counters: Mapping[str, Counter], of: Subject, clock_offset: timedelta
) -> Iterator[Measure]:
    """Yield the measures of one object's series, in our clock.

    The sum over all disks or cards is left out where each has a series of its own.
    """
    among = list(series)
    apart = {one.counter for one in among if one.instance}
    for one in among:
        counter = counters[one.counter]
        if not one.instance and counter.part and one.counter in apart:
            continue
        if one.instance and not counter.part:
            continue
        attributes = _attributes(counter, one.instance)
        for time, told in one.points:
            value = counter.scale(told, of)
            if value is not None:
                yield Measure(one.key, counter.metric, time - clock_offset, value, attributes)


def _attributes(counter: Counter, instance: str) -> dict[str, str | int | float | bool]:
    found: dict[str, str | int | float | bool] = {}
    if counter.part:
        found[counter.part] = instance or "all"
    if counter.direction:
        found["direction"] = counter.direction
    return found
