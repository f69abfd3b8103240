"""All hosts, guests and stores of a vSphere server, in pages, as values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from tenmatsu.model.below import GuestFacts, HostFacts, Inventory, Power, Snapshot, StoreFacts
from tenmatsu.parse.vsphere_guest import (
    GUEST_PATHS,
    LAYOUT_PATHS,
    Surroundings,
    is_template,
    make_guest,
    power_of,
    snapshot_sizes,
    to_cores,
)
from tenmatsu.parse.vsphere_host import (
    CLUSTER_PATHS,
    HOST_PATHS,
    STORE_PATHS,
    make_host,
    make_store,
    startups,
    store_instance,
)
from tenmatsu.parse.vsphere_lacks import find_lacks
from tenmatsu.parse.vsphere_row import Row, reference, to_ours
from tenmatsu.reach.vsphere_line import Line
from tenmatsu.reach.vsphere_properties import read_objects, read_view, view_of
from tenmatsu.reach.vsphere_rights import licences

_GROUND = {"HostSystem": HOST_PATHS, "Datastore": STORE_PATHS, "ClusterComputeResource": CLUSTER_PATHS}
_CLUSTER = "ClusterComputeResource"


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """An inventory, and by what counters call its stores (`instances`: instance to key)."""

    inventory: Inventory
    instances: Mapping[str, str] = field(default_factory=dict)

    def as_of(self, states: Mapping[str, Mapping[str, Any]]) -> "Found":
        """Return it with what changed since: which guests run, where, and their limits."""
        hertz = {host.key: host.core_hertz for host in self.inventory.hosts}
        guests = tuple(_updated(one, states.get(one.key, {}), hertz) for one in self.inventory.guests)
        return replace(self, inventory=replace(self.inventory, guests=guests))


def take_inventory(line: Line) -> Found:
    """Return all that the user may see. Two walks: what stands below is known before the guests come."""
    offset = timedelta(seconds=line.clock.seconds)
    names, lacks = licences(line)
    with view_of(line, (*_GROUND, "VirtualMachine")) as view:
        ground = _Ground(list(read_view(line, view, _GROUND)), names, offset)
        lacks += find_lacks(ground.rows)
        guests, withheld = _guests(line, view, ground)
    lacks += find_lacks(withheld)
    inventory = Inventory(
        hosts=tuple(ground.hosts.values()),
        guests=tuple(guests),
        stores=tuple(ground.stores.values()),
        lacks=tuple(lacks),
    )
    return Found(inventory=inventory, instances=ground.instances)


class _Ground:
    """What the guests stand on."""

    def __init__(self, rows: list[Row], names: Mapping[str, str], offset: timedelta) -> None:
        self.rows = rows
        self.offset = offset
        by_kind = {kind: [row for row in rows if row.kind == kind] for kind in _GROUND}
        self.ha = {row.key: row.get(CLUSTER_PATHS[0]) for row in by_kind[_CLUSTER]}
        self.clusters = {row.key: reference(row.get("parent")) for row in by_kind["HostSystem"]}
        self.hosts = {row.key: self._host(row, names) for row in by_kind["HostSystem"]}
        self.stores: dict[str, StoreFacts] = {row.key: make_store(row) for row in by_kind["Datastore"]}
        self.instances = {store_instance(row): row.key for row in by_kind["Datastore"]}
        self.startups = dict(place for row in by_kind["HostSystem"] for place in startups(row))

    def _host(self, row: Row, names: Mapping[str, str]) -> HostFacts:
        licence = names.get(row.key) or names.get("") or ""
        host = make_host(row, clustered=self.clusters[row.key] in self.ha, licence=licence)
        return replace(host, booted=to_ours(host.booted, self.offset)) if host.booted else host

    def around(self, row: Row, sizes: tuple[tuple[str, int], ...] = ()) -> Surroundings:
        host = reference(row.get("runtime.host"))
        stores = (self.stores.get(reference(one)) for one in row.get("datastore") or ())
        return Surroundings(
            core_hertz=self.hosts[host].core_hertz if host in self.hosts else None,
            stores=tuple(store.name for store in stores if store),
            startup=self.startups.get(row.key),
            ha=self.ha.get(self.clusters.get(host, "")),
            snapshot_sizes=sizes,
        )


def _guests(line: Line, view: Any, ground: _Ground) -> tuple[list[GuestFacts], list[Row]]:  # noqa: ANN401 - pyVmomi's
    """Return the guests, and the rows of those of which something was withheld, without their values.

    A page's own values are let go with it. Those that carry snapshots wait for their sizes.
    """
    guests: list[GuestFacts] = []
    withheld: list[Row] = []
    carrying: dict[str, Row] = {}
    for row in read_view(line, view, {"VirtualMachine": GUEST_PATHS}):
        if row.withheld:
            withheld.append(replace(row, values={}))
        if is_template(row):
            continue
        if row.get("snapshot") is not None:
            carrying[row.key] = row
        guests.append(_shifted(make_guest(row, ground.around(row)), ground.offset))
    sizes = _sizes(line, carrying, withheld)
    for place, guest in enumerate(guests):
        if guest.key in sizes:
            row = carrying[guest.key]
            guests[place] = _shifted(make_guest(row, ground.around(row, sizes[guest.key])), ground.offset)
    return guests, withheld


def _sizes(
    line: Line, carrying: Mapping[str, Row], withheld: list[Row]
) -> dict[str, tuple[tuple[str, int], ...]]:
    objects = [line.make("VirtualMachine", key) for key in carrying]
    found = {}
    for row in read_objects(line, objects, {"VirtualMachine": LAYOUT_PATHS}):
        if row.withheld:
            withheld.append(replace(row, values={}))
        if (layout := row.get("layoutEx")) is not None:
            found[row.key] = snapshot_sizes(layout, carrying[row.key].get("snapshot"))
    return found


def _shifted(guest: GuestFacts, offset: timedelta) -> GuestFacts:
    """Return a guest with its times by our clock."""
    booted = to_ours(guest.booted, offset) if guest.booted else None
    snapshots = _shifted_snapshots(guest.snapshots, offset)
    return replace(guest, booted=booted, snapshots=snapshots)


def _shifted_snapshots(
    snapshots: Iterable[Snapshot] | None, offset: timedelta
) -> tuple[Snapshot, ...] | None:
    if snapshots is None:
        return None
    return tuple(replace(one, taken=to_ours(one.taken, offset)) for one in snapshots)


def _updated(guest: GuestFacts, state: Mapping[str, Any], hertz: Mapping[str, float | None]) -> GuestFacts:
    if not state:
        return guest
    host = state.get("runtime.host") or guest.host
    limit = state.get("config.cpuAllocation.limit")
    changes: dict[str, Any] = {"host": host}
    if guest.power is not Power.UNKNOWN:
        changes["power"] = power_of(state.get("runtime.powerState"))
    if limit is not None:
        changes["cpu_limit_cores"] = to_cores(limit, hertz.get(host)) if limit >= 0 else None
        changes["cpu_limit_text"] = f"{limit} MHz" if limit >= 0 else ""
    return replace(guest, **changes)
