"""What a vSphere server measured of its guests, hosts and stores, in one round of asking."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from tenmatsu.model.below import GuestFacts, HostFacts, Lack, Measure, Measured, Power, StoreFacts
from tenmatsu.parse import vsphere_counters as counters
from tenmatsu.parse.vsphere_counters import GUEST_COUNTERS, HOST_COUNTERS, Counter, Series
from tenmatsu.parse.vsphere_lacks import counters_lack, refused_lack, silent_lack
from tenmatsu.reach.vsphere_counters import Counters
from tenmatsu.reach.vsphere_inventory import Found

_OF_STORES = "store.latency"


def measure(
    asked: Counters,
    found: Found,
    keys: Collection[str] | None,
    since: datetime | None,
    clock_offset: timedelta,
) -> Measured:
    """Return the measures of these keys (None: of all) after `since` (our time), or the newest of each."""
    asked.begin()
    ground = _Chosen(found, keys)
    start = since + clock_offset if since else None
    measures: list[Measure] = []
    lacks: list[Lack] = list(counters_lack(asked.lacking({**GUEST_COUNTERS, **HOST_COUNTERS})))
    guests = _by_key(asked.read("VirtualMachine", list(ground.guests), _parts(GUEST_COUNTERS), start))
    for key, series in guests:
        measures += _of_guest(ground.guests.pop(key), ground.hertz, series, clock_offset)
    silent = set(asked.silent(ground.guests)) - set(asked.refused)
    lacks += [silent_lack(key) for key in sorted(silent)]
    hosts = _by_key(asked.read("HostSystem", list(ground.asked), _parts(HOST_COUNTERS), start))
    for key, series in hosts:
        measures += _of_host(ground.asked[key], key in ground.hosts, ground.stores, series, clock_offset)
    lacks += [refused_lack(key, fault) for key, fault in asked.refused.items()]
    asked.keep()
    return Measured(measures=tuple(measures), lacks=tuple(lacks))


class _Chosen:
    """Which guests run and were asked for, which hosts, and which stores, that hosts tell of."""

    def __init__(self, found: Found, keys: Collection[str] | None) -> None:
        def wanted(key: str) -> bool:
            return keys is None or key in keys

        there = found.inventory
        self.hertz = {host.key: host.core_hertz for host in there.hosts}
        self.guests = {g.key: g for g in there.guests if g.power is Power.ON and wanted(g.key)}
        self.hosts = {host.key for host in there.hosts if wanted(host.key)}
        by_key = {store.key: store for store in there.stores if wanted(store.key)}
        self.stores = {name: by_key[key] for name, key in found.instances.items() if key in by_key}
        wanted_hosts = self.hosts or {host for store in by_key.values() for host in store.hosts}
        self.asked = {h.key: h for h in there.hosts if h.connected and h.key in wanted_hosts}


def _by_key(series: Iterable[Series]) -> Iterator[tuple[str, list[Series]]]:
    """Yield the series of each object together; an object's own come one after the other."""
    found: dict[str, list[Series]] = defaultdict(list)
    for one in series:
        if one.key not in found and found:
            yield from found.items()
            found.clear()
        found[one.key].append(one)
    yield from found.items()


def _parts(wanted: Mapping[str, Counter]) -> dict[str, bool]:
    return {name: bool(counter.part) for name, counter in wanted.items()}


def _of_guest(
    guest: GuestFacts, hertz: Mapping[str, float | None], series: list[Series], clock_offset: timedelta
) -> Iterator[Measure]:
    of = counters.Subject(vcpus=guest.vcpus or 1, core_hertz=hertz.get(guest.host))
    yield from counters.to_measures(series, GUEST_COUNTERS, of, clock_offset)
    if guest.cpu_limit_cores is not None:
        yield Measure(guest.key, "vm.cpu.limit", _newest(series) - clock_offset, guest.cpu_limit_cores)


def _of_host(
    host: HostFacts,
    wanted: bool,
    stores: Mapping[str, StoreFacts],
    series: list[Series],
    clock_offset: timedelta,
) -> Iterator[Measure]:
    of = counters.Subject(core_hertz=host.core_hertz)
    for one in counters.to_measures(series, HOST_COUNTERS, of, clock_offset):
        if one.name != _OF_STORES:
            if wanted:
                yield one
            continue
        store = stores.get(str(one.attributes["store"]))
        if store is not None:
            attributes = {**one.attributes, "store": store.name, "host": host.name}
            yield one._replace(key=store.key, attributes=attributes)
    newest = _newest(series) - clock_offset
    for name, value in (("host.cpu.capacity", host.cores), ("host.memory.capacity", host.memory_bytes)):
        if wanted and value is not None:
            yield Measure(host.key, name, newest, float(value))


def _newest(series: list[Series]) -> datetime:
    return max(one.points[-1][0] for one in series)
