"""One round of figures from a libvirt host, and what two rounds say together. Pure.

libvirt keeps no history and counts since each guest's start: rates come from two rounds, and there is none
for a guest whose counters went back (it was started anew meanwhile).
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from tenmatsu.errors import ParseError
from tenmatsu.model.below import Measure
from tenmatsu.parse.diskstats import DiskStat, parse_diskstats
from tenmatsu.parse.guest_groups import Group
from tenmatsu.parse.key_values import parse_key_values
from tenmatsu.parse.libvirt_domain import Domain
from tenmatsu.parse.libvirt_stats import Stats, find_number, for_each_device, for_each_vcpu
from tenmatsu.parse.proc_stat import CpuStat, parse_proc_stat
from tenmatsu.reach.guest_processes import GuestProcess, read_stalled
from tenmatsu.reach.host_shell import Told
from tenmatsu.reach.libvirt_limits import find_limit

_NS = 1e9
# virDomainState: running; shut off, crashed.
_RUNNING = "1"
_NOT_RUNNING = ("5", "6")
_VIRTUAL = ("loop", "ram", "zram", "nbd", "sr", "fd")
_PRESSURES = ("cpu", "memory", "io")
# A vCPU's time moves in steps of 10 ms: below half a second one step is more than 2 % of a core.
SHORTEST_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Round:
    """What was told at one time (ours). `uptime` is the host's, in seconds: what intervals are measured by.

    `guests` are the UUIDs that were listed; `stats` and `processes` by UUID.
    """

    time: datetime
    uptime: float | None
    guests: frozenset[str]
    stats: Mapping[str, Stats]
    processes: Mapping[str, GuestProcess]
    cpu: CpuStat | None
    memory: Mapping[str, int]
    stalled_seconds: Mapping[str, float]
    disks: Mapping[str, DiskStat]


def read_round(
    told: Told,
    time: datetime,
    guests: Collection[str],
    stats: Mapping[str, Stats],
    processes: Mapping[str, GuestProcess],
) -> Round:
    """Return the round that a script's sections hold. `guests`: the UUIDs that were listed."""
    uptime = told.find("uptime.stats") or told.find("uptime") or b""
    stalled = {kind: read_stalled(told.find(f"pressure.{kind}") or b"") for kind in _PRESSURES}
    return Round(
        time=time,
        uptime=_first_number(uptime),
        guests=frozenset(guests),
        stats=stats,
        processes=processes,
        cpu=_read_cpu(told.find("cpu")),
        memory=_read_memory(told.find("memory")),
        stalled_seconds={kind: seconds for kind, seconds in stalled.items() if seconds is not None},
        disks=_read_disks(told),
    )


def _first_number(text: bytes) -> float | None:
    try:
        return float(text.split()[0])
    except (ValueError, IndexError):
        return None


def _read_cpu(text: bytes | None) -> CpuStat | None:
    try:
        return parse_proc_stat(text) if text else None
    except ParseError:
        return None


def _read_memory(text: bytes | None) -> dict[str, int]:
    try:
        return parse_key_values(text) if text else {}
    except ParseError:
        return {}


def _read_disks(told: Told) -> dict[str, DiskStat]:
    """Return the host's whole disks: what /sys/block names, with a `!` for a slash (drivers/base/core.c)."""
    whole = (told.find("devices") or b"").decode("utf-8", "backslashreplace").replace("!", "/").split()
    try:
        stats = parse_diskstats(told.find("disks") or b"")
    except ParseError:
        return {}
    return {one.name: one for one in stats if one.name in whole and not one.name.startswith(_VIRTUAL)}


def hides_process(now: Round, uuid: str) -> bool:
    """Tell whether a guest runs whose process, and with it its control groups, could not be seen."""
    return uuid not in now.processes and now.stats[uuid].get("state.state") == _RUNNING


def seconds_between(before: Round, now: Round) -> float:
    """Return how long lies between two rounds, by the host's clock that nobody sets where it tells one."""
    if before.uptime is not None and now.uptime is not None:
        return now.uptime - before.uptime
    return (now.time - before.time).total_seconds()


def measure_guest(before: Round | None, now: Round, domain: Domain) -> Iterator[Measure]:
    """Yield what is known of a guest; rates only where the round before knew it too."""
    stats, process = now.stats.get(domain.uuid, {}), now.processes.get(domain.uuid)
    if stats.get("state.state") in _NOT_RUNNING:  # libvirt tells old figures of some
        return
    levels = (
        *memory_levels(stats),
        *_process_levels(process, now.time),
        ("vm.cpu.limit", find_limit(domain, process)),
    )
    rates = () if before is None else _guest_rates(before, now, domain.uuid)
    for name, value, attributes in (*((name, value, {}) for name, value in levels), *rates):
        if value is not None:
            yield Measure(domain.uuid, name, now.time, value, attributes)


_Attributes = Mapping[str, str | int | float | bool]
_Rate = tuple[str, float | None, _Attributes]


def _guest_rates(before: Round, now: Round, uuid: str) -> Iterator[_Rate]:
    span = Span(before.stats.get(uuid, {}), now.stats.get(uuid, {}), seconds_between(before, now))
    if span.seconds < SHORTEST_SECONDS or (span.grown("cpu.time") or 0) < 0:
        return
    yield from ((name, value, {}) for name, value in _cpu_rates(span))
    yield from (*_disk_rates(span), *_network_rates(span))
    earlier, process = before.processes.get(uuid), now.processes.get(uuid)
    if process and earlier and process.started_ticks == earlier.started_ticks:
        for name, value in (
            *_held(earlier, process, span.seconds),
            *_stalled(earlier, process, span.seconds),
        ):
            yield name, value, {}


def memory_levels(stats: Stats) -> Iterator[tuple[str, float | None]]:
    """Yield a guest's memory as the hypervisor has it."""
    most, current = find_number(stats, "balloon.maximum"), find_number(stats, "balloon.current")
    rss = find_number(stats, "balloon.rss")
    yield "vm.memory.granted", None if rss is None else rss * 1024
    yield "vm.memory.balloon", None if most is None or current is None else max(most - current, 0) * 1024


def _process_levels(process: GuestProcess | None, now: datetime) -> Iterator[tuple[str, float | None]]:
    if process:
        yield "vm.memory.swapped", process.swapped_bytes
        yield "vm.uptime", max((now - process.started).total_seconds(), 0.0) if process.started else None


class Span:
    """One guest's counters at two times."""

    def __init__(self, before: Stats, now: Stats, seconds: float) -> None:
        self.before, self.now, self.seconds = before, now, seconds

    def grown(self, key: str) -> int | None:
        """Return how much a counter grew, or None where one of the rounds does not have it."""
        before, now = find_number(self.before, key), find_number(self.now, key)
        return None if before is None or now is None else now - before

    def rate(self, key: str) -> float | None:
        """Return its growth per second; None where it went back."""
        grown = self.grown(key)
        return None if grown is None or grown < 0 else grown / self.seconds


def _cpu_rates(span: Span) -> Iterator[tuple[str, float | None]]:
    used = span.rate("cpu.time")
    yield "vm.cpu.usage", None if used is None else used / _NS
    vcpus = for_each_vcpu(span.now)
    inside = [span.rate(f"{vcpu}.time") for vcpu in vcpus]
    if used is not None and vcpus and None not in inside:
        # The two are read one after the other, and the vCPUs' in steps of 10 ms.
        yield "vm.cpu.emulator", max(used - sum(one for one in inside if one), 0.0) / _NS
    waited = [one for vcpu in vcpus if (one := span.rate(f"{vcpu}.delay")) is not None]
    yield "vm.cpu.ready", as_share(sum(waited) / _NS / len(waited)) if waited else None
    spun = [one for how in ("success", "fail") if (one := span.rate(f"cpu.haltpoll.{how}.time")) is not None]
    yield "vm.cpu.halt_poll", as_share(sum(spun) / _NS / len(vcpus)) if spun and vcpus else None


def as_share(value: float) -> float:
    """Return a share of time; clocks that are read one after the other can bring it slightly over one."""
    return min(max(value, 0.0), 1.0)


def _disk_rates(span: Span) -> Iterator[tuple[str, float, _Attributes]]:
    for prefix, disk in for_each_device(span.now, "block"):
        for short, direction in (("rd", "read"), ("wr", "write"), ("fl", "flush")):
            attributes: _Attributes = {"disk": disk, "direction": direction}
            requests, taken = span.rate(f"{prefix}.{short}.reqs"), span.rate(f"{prefix}.{short}.times")
            if requests is not None:
                yield "vm.disk.operations", requests, attributes
            if requests and taken is not None:
                yield "vm.disk.latency", taken / requests / _NS, attributes
            moved = span.rate(f"{prefix}.{short}.bytes")
            if moved is not None:
                yield "vm.disk.io", moved, attributes


def _network_rates(span: Span) -> Iterator[tuple[str, float, _Attributes]]:
    for prefix, interface in for_each_device(span.now, "net"):
        for short, direction in (("rx", "receive"), ("tx", "transmit")):
            attributes: _Attributes = {"interface": interface, "direction": direction}
            for name, what in (("vm.network.io", "bytes"), ("vm.network.dropped", "drop")):
                rate = span.rate(f"{prefix}.{short}.{what}")
                if rate is not None:
                    yield name, rate, attributes


def _held(before: GuestProcess, now: GuestProcess, seconds: float) -> Iterator[tuple[str, float]]:
    """Yield how much limits held the guest: its vCPUs' in the mean, or the whole guest's if that is more."""
    if not now.groups:
        return
    vcpus = [_Held(group, now.groups[name]) for name, group in before.groups.items() if _is_vcpu(name, now)]
    whole = [_Held(*pair) for pair in zip(before.whole_groups, now.whole_groups, strict=False)]
    count = max(len(vcpus), 1)
    # A group of several threads counts the time anew for each CPU on which it was stopped.
    shares = [sum(one.seconds for one in vcpus) / count, *(one.seconds / count for one in whole)]
    yield "vm.cpu.held", as_share(max(shares) / seconds)
    yield "vm.cpu.held_periods", as_share(max((one.periods for one in (*vcpus, *whole)), default=0.0))


def _is_vcpu(name: str, now: GuestProcess) -> bool:
    return name.startswith("vcpu") and name in now.groups


class _Held:
    """How much one group was stopped between two rounds: seconds, and the share of its periods."""

    def __init__(self, before: Group, now: Group) -> None:
        passed = now.periods - before.periods
        self.seconds = max(now.stopped_seconds - before.stopped_seconds, 0.0)
        self.periods = (now.stopped_periods - before.stopped_periods) / passed if passed > 0 else 0.0


def _stalled(before: GuestProcess, now: GuestProcess, seconds: float) -> Iterator[tuple[str, float]]:
    for kind, total in now.stalled_seconds.items():
        if kind in before.stalled_seconds:
            yield f"vm.{kind}.pressure", as_share((total - before.stalled_seconds[kind]) / seconds)
