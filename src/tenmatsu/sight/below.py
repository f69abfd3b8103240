"""The view from below: the hypervisor's own account of this guest, of those beside it, and of their host."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from tenmatsu.model.below import (
    METRICS,
    GuestFacts,
    Happening,
    HostFacts,
    Inventory,
    Lack,
    Measure,
    StoreFacts,
)
from tenmatsu.model.evidence import Value
from tenmatsu.model.marks import find_guest
from tenmatsu.model.words import Words
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.reach.hypervisor import Hypervisor
from tenmatsu.sight.scene import Notebook, Scene, Sight

# A neighbourhood larger than this is measured in part: this guest, its host, and so many beside it.
_MOST_NEIGHBOURS = 200
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Ground:
    """This guest in its surroundings: what stands on the same host, and the stores under them.

    `ids` gives the component of each key.
    """

    inventory: Inventory
    here: GuestFacts | None
    by: str
    hosts: tuple[HostFacts, ...]
    guests: tuple[GuestFacts, ...]
    stores: tuple[StoreFacts, ...]
    ids: Mapping[str, str]

    @property
    def keys(self) -> frozenset[str]:
        hosts, guests = (one.key for one in self.hosts), (one.key for one in self.guests)
        return frozenset((*hosts, *guests, *(one.key for one in self.stores)))


def look(scene: Scene, notebook: Notebook) -> None:
    """Find this guest below, write down what it and its neighbours are, and sample them for the window."""
    if scene.open_hypervisor is None:
        return
    hypervisor = scene.open_hypervisor()
    try:
        _look_through(hypervisor, scene, notebook)
    finally:
        hypervisor.close()


def _look_through(hypervisor: Hypervisor, scene: Scene, notebook: Notebook) -> None:
    identity = hypervisor.identify()
    ground = _find_ground(hypervisor.name, hypervisor.take_inventory(), scene)
    now = scene.reach.now()
    notebook.read = READ.fill(name=identity.name, guests=len(ground.guests), hosts=len(ground.hosts))
    notebook.event(
        "hypervisor.identity",
        now,
        product=identity.product.value,
        name=make_plain(identity.name),
        version=make_plain(identity.version),
        recorded=identity.recorded,
        of=None,
        **_known(may_act=identity.may_act, clock_offset_seconds=identity.clock_offset_seconds),
    )
    lacking = _Lacking(notebook, ground.keys)
    lacking.note(ground.inventory.lacks)
    if ground.here is None:
        notebook.gap(NOT_FOUND_WHAT, NOT_FOUND_WHY.fill(name=identity.name), NOT_FOUND_HELP)
    _write_facts(notebook, ground, now)
    since: datetime | None = _LONG_AGO if identity.recorded else scene.since
    for now in scene.ticks(hypervisor.interval_seconds):
        measured = hypervisor.measure(ground.keys, since)
        _write_measures(notebook, measured.measures, ground.ids)
        lacking.note(measured.lacks)
        since = now
    happenings, lacks = hypervisor.recall(scene.since)
    lacking.note(lacks)
    _write_happenings(notebook, happenings, ground.ids)


def _find_ground(name: str, inventory: Inventory, scene: Scene) -> _Ground:
    found = find_guest(scene.marks, inventory.guests)
    here, by = found or (None, "")
    guests = inventory.guests if here is None else _beside(here, inventory.guests)
    hosts = tuple(h for h in inventory.hosts if here is None or h.key == here.host)
    wanted = {store for guest in guests for store in guest.stores}
    stores = tuple(store for store in inventory.stores if store.name in wanted)
    ids = {guest.key: guest.uuid or f"{name}/{guest.key}" for guest in inventory.guests}
    ids |= {host.key: f"{name}/{host.key}" for host in inventory.hosts}
    ids |= {store.key: f"{name}/{store.key}" for store in inventory.stores}
    return _Ground(inventory=inventory, here=here, by=by, hosts=hosts, guests=guests, stores=stores, ids=ids)


def _beside(here: GuestFacts, guests: Iterable[GuestFacts]) -> tuple[GuestFacts, ...]:
    others = [one for one in guests if one.host == here.host and one.key != here.key]
    return (here, *others[:_MOST_NEIGHBOURS])


def _write_facts(notebook: Notebook, ground: _Ground, now: datetime) -> None:
    for host in ground.hosts:
        notebook.event("host.facts", now, of=ground.ids[host.key], **_host_facts(host))
        for sensor in host.sensors:
            notebook.event(
                "host.sensor",
                now,
                of=ground.ids[host.key],
                name=make_plain(sensor.name),
                health=sensor.health.value,
                reading=make_plain(sensor.reading),
            )
    for guest in ground.guests:
        is_here = ground.by if ground.here is not None and guest.key == ground.here.key else ""
        notebook.event(
            "vm.facts",
            now,
            of=ground.ids[guest.key],
            is_here=is_here,
            host=ground.ids.get(guest.host, ""),
            **_guest_facts(guest),
        )
        for snapshot in guest.snapshots or ():
            notebook.event(
                "vm.snapshot",
                snapshot.taken,
                of=ground.ids[guest.key],
                name=make_plain(snapshot.name),
                **_known(size_bytes=snapshot.size_bytes),
            )
    for store in ground.stores:
        notebook.event(
            "store.facts",
            now,
            of=ground.ids[store.key],
            name=make_plain(store.name),
            kind=store.kind,
            shared=len(store.hosts) > 1,
            **_known(
                capacity_bytes=store.capacity_bytes,
                free_bytes=store.free_bytes,
                accessible=store.accessible,
            ),
        )


def _host_facts(host: HostFacts) -> dict[str, Value]:
    return {
        "name": make_plain(host.name),
        "model": make_plain(host.model),
        "version": make_plain(host.version),
        "connected": host.connected,
        **_known(
            cores=host.cores,
            core_hertz=host.core_hertz,
            memory_bytes=host.memory_bytes,
            maintenance=host.maintenance,
            booted=host.booted.timestamp() if host.booted else None,
        ),
    }


def _guest_facts(guest: GuestFacts) -> dict[str, Value]:
    return {
        "name": make_plain(guest.name),
        "power": guest.power.value,
        "container": guest.container,
        "system": make_plain(guest.system),
        "tools": guest.tools,
        "heartbeat": guest.heartbeat,
        "cpu_limit_told": guest.cpu_limit_told,
        "cpu_limit_text": make_plain(guest.cpu_limit_text),
        "stores": make_plain(", ".join(guest.stores)),
        **_known(
            vcpus=guest.vcpus,
            cpu_limit_cores=guest.cpu_limit_cores,
            cpu_reserved_cores=guest.cpu_reserved_cores,
            cpu_shares=guest.cpu_shares,
            memory_bytes=guest.memory_bytes,
            memory_limit_bytes=guest.memory_limit_bytes,
            balloon_target_bytes=guest.balloon_target_bytes,
            steal_told=guest.steal_told,
            snapshots=None if guest.snapshots is None else len(guest.snapshots),
            booted=guest.booted.timestamp() if guest.booted else None,
        ),
    }


def _known(**values: Value | None) -> dict[str, Value]:
    return {key: value for key, value in values.items() if value is not None}


def _write_measures(notebook: Notebook, measures: Iterable[Measure], ids: Mapping[str, str]) -> None:
    sample: Callable[..., None] = notebook.sample
    for one in measures:
        metric = METRICS[one.name]
        sample(
            one.time,
            one.name,
            one.value,
            metric.unit,
            metric.kind,
            of=ids.get(one.key, one.key),
            **{key.replace(".", "__"): value for key, value in one.attributes.items()},
        )


def _write_happenings(notebook: Notebook, happenings: Iterable[Happening], ids: Mapping[str, str]) -> None:
    for one in happenings:
        notebook.event(
            "below.change",
            one.time,
            make_plain(one.message),
            of=ids.get(one.key, one.key),
            change=one.change.value,
            who=make_plain(one.who),
            failed=one.failed,
            **_known(ended=one.ended.timestamp() if one.ended else None),
            **dict(one.attributes),
        )


class _Lacking:
    """Writes each lack down once, however often it is met, if it is of something that is looked at."""

    def __init__(self, notebook: Notebook, keys: frozenset[str]) -> None:
        self._notebook = notebook
        self._keys = keys
        self._told: set[tuple[str, str]] = set()

    def note(self, lacks: Iterable[Lack]) -> None:
        for lack in lacks:
            mark = lack.key, lack.what.en
            if mark not in self._told and (not lack.key or lack.key in self._keys):
                self._told.add(mark)
                self._notebook.gap(lack.what, lack.why, lack.close_by)


READ = Words(
    "{name}: {guests:guest|guests}, {hosts:host|hosts}", "{name}: ゲスト {guests} 台、ホスト {hosts} 台"
)
NOT_FOUND_WHAT = Words("this guest from below", "ハイパーバイザーから見たこのゲスト")
NOT_FOUND_WHY = Words(
    "{name} has no guest with its UUID, network card or address",
    "{name} に、UUID・MAC・IP アドレスが一致するゲストがありません",
)
NOT_FOUND_HELP = Words(
    "write its uuid or mac into the site file, or look whether the right hypervisor was asked",
    "サイトファイルに uuid か mac を書くか、別のハイパーバイザーでないか確認してください",
)

SIGHT = Sight(
    name="below",
    title=Words("the view from below", "ハイパーバイザーからの視点"),
    look=look,
    watches=True,
    close_by=Words(
        "give the user a role that may read (docs/hypervisors.md)",
        "読み取り可能な役割をユーザーに付与 (docs/hypervisors.md)",
    ),
)
