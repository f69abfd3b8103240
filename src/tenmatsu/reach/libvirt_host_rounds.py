"""What two rounds say of the host that libvirt's guests run on, and of what runs there beside them. Pure."""

from collections.abc import Iterator

from tenmatsu.model.below import Measure
from tenmatsu.parse.proc_stat import CpuStat
from tenmatsu.reach.libvirt_rounds import (
    SHORTEST_SECONDS,
    Round,
    Span,
    as_share,
    memory_levels,
    seconds_between,
)

_NS = 1e9
_RESTING = ("idle", "iowait")


def measure_host(before: Round | None, now: Round, host: str) -> Iterator[Measure]:
    """Yield what is known of the host, and of what runs there beside its guests."""
    for name, value in (*_host_levels(now), *(_host_rates(before, now) if before else ())):
        yield Measure(host, name, now.time, value)
    for value, attributes in _disk_latencies(before, now) if before else ():
        yield Measure(host, "host.disk.latency", now.time, value, attributes)


def _host_levels(now: Round) -> Iterator[tuple[str, float]]:
    if now.cpu:
        yield "host.cpu.capacity", now.cpu.cores
    if now.uptime is not None:
        yield "host.uptime", now.uptime
    if "MemTotal" in now.memory and "MemAvailable" in now.memory:
        yield "host.memory.capacity", now.memory["MemTotal"]
        yield "host.memory.usage", now.memory["MemTotal"] - now.memory["MemAvailable"]
    balloons = [dict(memory_levels(stats)).get("vm.memory.balloon") for stats in now.stats.values()]
    yield "host.memory.balloon", sum(one for one in balloons if one)
    if now.processes:
        yield "host.memory.swapped", sum(one.swapped_bytes or 0 for one in now.processes.values())


def _host_rates(before: Round, now: Round) -> Iterator[tuple[str, float]]:
    seconds = seconds_between(before, now)
    if seconds < SHORTEST_SECONDS:
        return
    for kind, total in now.stalled_seconds.items():
        if kind in before.stalled_seconds:
            yield f"host.{kind}.pressure", as_share((total - before.stalled_seconds[kind]) / seconds)
    used = _host_usage(before.cpu, now.cpu)
    if used is None:
        return
    yield "host.cpu.usage", used
    spans = [
        Span(before.stats[uuid], stats, seconds) for uuid, stats in now.stats.items() if uuid in before.stats
    ]
    guests = sum(max(span.rate("cpu.time") or 0.0, 0.0) for span in spans) / _NS
    yield "host.cpu.others", max(used - guests, 0.0)


def _host_usage(before: CpuStat | None, now: CpuStat | None) -> float | None:
    """Return the cores in use. The time of guests is part of `user` and `nice` (proc(5))."""
    if before is None or now is None:
        return None
    grown = {mode: max(now.ticks[mode] - before.ticks.get(mode, 0), 0) for mode in now.ticks}
    total = sum(grown.values())
    resting = sum(grown.get(mode, 0) for mode in _RESTING)
    return (total - resting) / total * now.cores if total else None


def _disk_latencies(before: Round, now: Round) -> Iterator[tuple[float, dict[str, str]]]:
    """Yield the mean seconds of the requests that ended meanwhile; nothing where there were none."""
    for name, disk in now.disks.items():
        was = before.disks.get(name)
        if was is None:
            continue
        for direction, requests, taken_ms in (
            ("read", disk.reads - was.reads, disk.read_ms - was.read_ms),
            ("write", disk.writes - was.writes, disk.write_ms - was.write_ms),
        ):
            if requests > 0 and taken_ms >= 0:
                yield taken_ms / requests / 1e3, {"disk": name, "direction": direction}
