r"""A recording of `esxtop -b` (CSV, thousands of columns) as measures.

A column is `\\HOST\Group Cpu(1234:web1)\% Ready`: a category, of what in brackets, a counter. What stands in
brackets may hold anything that a guest's name may. Percentages of a group are sums over its worlds, of one
core each; `% Ready` includes `% Max Limited` (VMware, "Interpreting esxtop Statistics").
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import NamedTuple

from tenmatsu.errors import ParseError
from tenmatsu.model.below import Measure
from tenmatsu.model.evidence import Value

_COLUMN = re.compile(r"\\\\([^\\]*)\\([^(\\]+)(?:\((.*)\))?\\([^\\]+)", re.DOTALL)
_HEAD = re.compile(r"\(PDH-CSV [\d.]+\)\s*\(.*\)\((-?\d{1,4})\)")
_DISK = re.compile(r"(.+):((?:scsi|sata|ide|nvme)\d+:\d+)", re.DOTALL)
_PORT = re.compile(r"[^:]*:\d+:(\d+):(.+)", re.DOTALL)
_VCPU = re.compile(r"(\d+):.*\bvcpu-(\d+)(?:$|:)", re.DOTALL)
_DATE = re.compile(r"(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})[ T](\d{1,2}):(\d{2}):(\d{2})")
_MEBI = 1 << 20
_MEGABIT_BYTES = 125_000


class Counter(NamedTuple):
    """What a column becomes. `by_vcpu`: it is a sum over vCPUs, and one's share is wanted."""

    metric: str
    scale: float
    direction: str = ""
    by_vcpu: bool = False


_OF_GUESTS: Mapping[tuple[str, str], Counter] = {
    ("Group Cpu", "% Used"): Counter("vm.cpu.usage", 0.01),
    ("Group Cpu", "% Ready"): Counter("vm.cpu.ready", 0.01, by_vcpu=True),
    ("Group Cpu", "% Max Limited"): Counter("vm.cpu.held", 0.01, by_vcpu=True),
    ("Group Cpu", "% CoStop"): Counter("vm.cpu.costop", 0.01, by_vcpu=True),
    ("Group Cpu", "% Swap Wait"): Counter("vm.cpu.swap_wait", 0.01, by_vcpu=True),
    ("Group Memory", "Memory Granted Size MBytes"): Counter("vm.memory.granted", _MEBI),
    ("Group Memory", "Touched MBytes"): Counter("vm.memory.active", _MEBI),
    ("Group Memory", "Memctl MBytes"): Counter("vm.memory.balloon", _MEBI),
    ("Group Memory", "Swapped MBytes"): Counter("vm.memory.swapped", _MEBI),
    ("Group Memory", "Swap Read MBytes/sec"): Counter("vm.memory.swap_in", _MEBI),
}
_OF_DISKS: Mapping[str, Counter] = {
    "Average MilliSec/Read": Counter("vm.disk.latency", 0.001, "read"),
    "Average MilliSec/Write": Counter("vm.disk.latency", 0.001, "write"),
    "Reads/sec": Counter("vm.disk.operations", 1, "read"),
    "Writes/sec": Counter("vm.disk.operations", 1, "write"),
    "MBytes Read/sec": Counter("vm.disk.io", _MEBI, "read"),
    "MBytes Written/sec": Counter("vm.disk.io", _MEBI, "write"),
}
_OF_PORTS: Mapping[str, Counter] = {
    "MBits Received/sec": Counter("vm.network.io", _MEGABIT_BYTES, "receive"),
    "MBits Transmitted/sec": Counter("vm.network.io", _MEGABIT_BYTES, "transmit"),
}
_OF_DEVICES: Mapping[str, Counter] = {
    "Average Driver MilliSec/Command": Counter("host.disk.latency", 0.001),
    "Average Kernel MilliSec/Command": Counter("host.disk.kernel_latency", 0.001),
}
_OF_HOST: Mapping[tuple[str, str], Counter] = {
    ("Memory", "Machine MBytes"): Counter("host.memory.capacity", _MEBI),
    ("Memory", "Memctl Current MBytes"): Counter("host.memory.balloon", _MEBI),
    ("Memory", "Swap Used MBytes"): Counter("host.memory.swapped", _MEBI),
}


class Column(NamedTuple):
    """One column that says something: its place, and what it is of."""

    place: int
    key: str
    counter: Counter
    attributes: Mapping[str, Value]


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """What the first line tells. `guests` are names by key; `vcpus` by key, where it lists them.

    `cores` are physical ones: with hyper-threading two of its CPUs are one.
    """

    host: str
    zone: timedelta
    columns: tuple[Column, ...]
    guests: Mapping[str, str]
    vcpus: Mapping[str, int]
    cores: int
    used: int | None = None
    free: int | None = None
    counters: frozenset[str] = field(default=frozenset())


def read_rows(lines: Iterable[str]) -> Iterator[list[str]]:
    """Yield the fields of each line, commas or semicolons between them. Raises ParseError."""
    walk = iter(lines)
    first = next(walk, "").removeprefix("\ufeff")
    cut = ";" if '";"' in first[:1000] else ","
    try:
        yield from csv.reader(_and_then(first, walk), delimiter=cut)
    except csv.Error as error:
        raise ParseError("esxtop", str(error)) from error


def read_head(fields: Sequence[str]) -> Head:
    """Return what the first line says. Raises ParseError where it is not esxtop's."""
    start = _HEAD.fullmatch(fields[0].strip()) if fields else None
    if start is None:
        raise ParseError("esxtop", repr(fields[0][:60]) if fields else "nothing")
    made = _Making()
    for place, name in enumerate(fields[1:], 1):
        if (told := _COLUMN.fullmatch(name)) is not None:
            host, category, of, counter = told.groups(default="")
            made.take(place, host, category, of, counter)
    return made.head(timedelta(minutes=int(start[1])))


def to_measures(head: Head, rows: Iterable[Sequence[str]]) -> Iterator[Measure]:
    """Yield the measures of each line. A field that is no number is left out. Raises ParseError."""
    order = ""
    for row in rows:
        if not row or not row[0].strip():
            continue
        order = order or _order_of(row[0])
        time = _time_of(row[0], order) + head.zone
        for column in head.columns:
            value = _number(row, column.place)
            share = head.vcpus.get(column.key, 0) if column.counter.by_vcpu else 1
            if value is not None and share:
                told = value * column.counter.scale / share
                yield Measure(column.key, column.counter.metric, time, told, column.attributes)
        yield from _of_host(head, row, time)


class _Making:
    """Gathers a head, column by column."""

    def __init__(self) -> None:
        self.host = ""
        self.columns: list[Column] = []
        self.groups: dict[str, str] = {}
        self.names: set[str] = set()
        self.vcpus: dict[str, set[str]] = {}
        self.processors = 0
        self.threaded = False
        self.places: dict[str, int] = {}
        self.counters: set[str] = set()

    def take(self, place: int, host: str, category: str, of: str, counter: str) -> None:
        self.host = self.host or host
        self.counters.add(f"{category}\\{counter}")
        if found := _OF_GUESTS.get((category, counter)):
            key, _, name = of.partition(":")
            self.groups[key] = name
            self.columns.append(Column(place, key, found, {}))
        elif category == "Vcpu" and (vcpu := _VCPU.match(of)):
            self.vcpus.setdefault(vcpu[1], set()).add(vcpu[2])
        elif category == "Virtual Disk" and (disk := _DISK.fullmatch(of)) and counter in _OF_DISKS:
            self._part(place, disk[1], _OF_DISKS[counter], "disk", disk[2])
        elif category == "Network Port" and (port := _PORT.fullmatch(of)) and counter in _OF_PORTS:
            self._part(place, port[2], _OF_PORTS[counter], "interface", of.partition(":")[0])
        else:
            self._take_of_host(place, category, of, counter)

    def _take_of_host(self, place: int, category: str, of: str, counter: str) -> None:
        if category.startswith("Physical Disk") and ":" not in of and counter in _OF_DEVICES:
            self.columns.append(Column(place, "", _OF_DEVICES[counter], {"disk": of}))
        elif found := _OF_HOST.get((category, counter)):
            self.columns.append(Column(place, "", found, {}))
        elif category == "Physical Cpu" and counter == "% Processor Time" and of.isdecimal():
            self.processors += 1
        elif category == "Physical Cpu" and of == "_Total" and counter == "% Processor Time":
            self.places["used"] = place
        elif category == "Physical Cpu" and counter == "% Core Util Time":
            self.threaded = True
        elif (category, counter) == ("Memory", "Free MBytes"):
            self.places["free"] = place

    def _part(self, place: int, name: str, counter: Counter, part: str, of: str) -> None:
        self.names.add(name)
        attributes: dict[str, Value] = {part: of, "direction": counter.direction}
        self.columns.append(Column(place, f"\0{name}", counter, attributes))

    def head(self, zone: timedelta) -> Head:
        """A group is a guest if it has vCPUs, a disk or a port; the others are the host's own programs."""
        guests = {k: n for k, n in self.groups.items() if k in self.vcpus or n in self.names}
        by_name = {f"\0{name}": key for key, name in guests.items()} | {"": self.host}
        found = (one._replace(key=by_name.get(one.key, one.key)) for one in self.columns)
        return Head(
            host=self.host,
            zone=zone,
            columns=tuple(one for one in found if one.key in guests or one.key == self.host),
            guests=guests,
            vcpus={key: len(ids) for key, ids in self.vcpus.items() if key in guests},
            cores=self.processors // 2 if self.threaded else self.processors,
            used=self.places.get("used"),
            free=self.places.get("free"),
            counters=frozenset(self.counters),
        )


def _of_host(head: Head, row: Sequence[str], time: datetime) -> Iterator[Measure]:
    if head.cores:
        yield Measure(head.host, "host.cpu.capacity", time, float(head.cores))
        used = _number(row, head.used)
        if used is not None:
            yield Measure(head.host, "host.cpu.usage", time, used / 100 * head.cores)
    free, whole = _number(row, head.free), _number(row, _place_of(head, "host.memory.capacity"))
    if free is not None and whole is not None:
        yield Measure(head.host, "host.memory.usage", time, (whole - free) * _MEBI)


def _place_of(head: Head, metric: str) -> int | None:
    return next((one.place for one in head.columns if one.counter.metric == metric), None)


def _number(row: Sequence[str], place: int | None) -> float | None:
    if place is None or place >= len(row):
        return None
    try:
        value = float(row[place].replace(",", "."))
    except ValueError:
        return None
    return value if isfinite(value) and value >= 0 else None


def _order_of(text: str) -> str:
    """Return in which order a date's parts stand. esxtop writes month first; a spreadsheet its own way."""
    told = _DATE.match(text.strip())
    if told is None:
        raise ParseError("esxtop", f"no date: {text[:40]!r}")
    if len(told[1]) == 4:
        return "ymd"
    return "dmy" if int(told[1]) > 12 or "." in text else "mdy"


def _time_of(text: str, order: str) -> datetime:
    told = _DATE.match(text.strip())
    try:
        if told is None:
            raise ValueError(text[:40])
        parts = dict(zip(order, map(int, told.groups()[:3]), strict=True))
        hour, minute, second = map(int, told.groups()[3:])
        return datetime(parts["y"], parts["m"], parts["d"], hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise ParseError("esxtop", f"no date: {text[:40]!r}") from error


def _and_then(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest
