"""The view from below through libvirt: a real one, with two QEMU guests in the drills' box."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from tenmatsu.drill.box import Box
from tenmatsu.drill.guests import DNS1, GUESTS, WEB1
from tenmatsu.model.below import METRICS, Change, Measure, Power, Product
from tenmatsu.model.site_map import Api
from tenmatsu.parse.libvirt_uri import parse_libvirt_uri
from tenmatsu.reach.host_shell import open_shell_here
from tenmatsu.reach.libvirt import Libvirt, open_libvirt

from .bed.box_container import UUID as CONTAINER
from .bed.box_container import ask as ask_lxc
from .bed.box_container import container, why_no_container
from .bed.drill_box import set_quota, storm, until

pytestmark = pytest.mark.live

LIMIT_SECONDS = 40.0  # beside other work, and under emulation


def from_outside(box: Box) -> Libvirt:
    """Ask as a site file would have it: by the address alone."""
    api = Api(product=Product.LIBVIRT, address=box.uri)
    return open_libvirt(api, "", "box", limit_seconds=LIMIT_SECONDS)


def from_inside(box: Box) -> Libvirt:
    """Ask on the box's own host, where libvirt's files are in their usual places."""
    uri = parse_libvirt_uri("qemu:///system")
    return Libvirt(uri, open_shell_here("box", box.inside), "box", limit_seconds=LIMIT_SECONDS)


@pytest.fixture(params=[from_outside, from_inside])
def libvirt(box: Box, request: pytest.FixtureRequest) -> Libvirt:
    asked: Libvirt = request.param(box)
    return asked


def values(measures: Sequence[Measure], key: str) -> dict[str, float]:
    """The measures of one thing that are of no part of it."""
    return {one.name: one.value for one in measures if one.key == key and not one.attributes}


def measure_over(libvirt: Libvirt, seconds: float, keys: Collection[str] | None = None) -> Sequence[Measure]:
    """Measure over at least so long, and so long that there are rates."""
    if seconds:
        libvirt.measure(None, None)
    begun = datetime.now(UTC)
    found: list[Measure] = []

    def has_rates() -> bool:
        found[:] = libvirt.measure(keys, None).measures
        return any(one.name == "vm.cpu.usage" for one in found)

    assert until(lambda: datetime.now(UTC) - begun >= timedelta(seconds=seconds))
    assert until(has_rates)
    return found


def test_says_who_answers(libvirt: Libvirt) -> None:
    who = libvirt.identify()
    assert who.product is Product.LIBVIRT
    assert who.version.startswith("QEMU ")
    assert who.may_act is True


def test_the_inventory_is_what_was_defined(box: Box, libvirt: Libvirt) -> None:
    inventory = libvirt.take_inventory()
    assert inventory.lacks == ()
    found = {guest.name: guest for guest in inventory.guests}
    assert {name: (one.uuid, one.macs) for name, one in found.items()} == {
        guest.name: (box.uuid(guest), (guest.mac,)) for guest in GUESTS
    }
    web = found["web1"]
    assert (web.power, web.vcpus, web.memory_bytes, web.tools) == (Power.ON, 1, 128 << 20, "absent")
    assert web.startup is not None
    assert web.snapshots == ()
    (host,) = inventory.hosts
    assert web.host == host.key
    assert host.autostart
    assert host.booted is not None
    assert web.booted is not None
    assert host.booted < web.booted < datetime.now(UTC)


def test_a_host_at_work_inside_knows_its_guests_addresses(box: Box) -> None:
    box.ssh(WEB1, "true")  # so that the host has its address in mind
    guests = from_inside(box).take_inventory().guests
    assert {guest.name: guest.addresses for guest in guests}["web1"] == (WEB1.address,)


def test_a_storm_under_a_cap_is_held_and_its_neighbour_is_not(box: Box, libvirt: Libvirt) -> None:
    libvirt.take_inventory()
    with storm(box, WEB1):
        set_quota(box, WEB1, 20)
        try:
            measures = measure_over(libvirt, 4)
        finally:
            set_quota(box, WEB1, None)
    web, dns = values(measures, box.uuid(WEB1)), values(measures, box.uuid(DNS1))
    assert web["vm.cpu.limit"] == pytest.approx(0.2)
    # Beside other work on this machine it comes to its limit less often.
    assert web["vm.cpu.held_periods"] > 0.5
    assert web["vm.cpu.held"] > 0.1
    assert web["vm.cpu.ready"] > web["vm.cpu.held"] - 0.1, "held time is part of it"
    # what QEMU's other threads use is not under this limit
    assert web["vm.cpu.usage"] - web["vm.cpu.emulator"] < 0.3
    assert dns["vm.cpu.held_periods"] == 0
    assert dns["vm.cpu.held"] == 0
    assert "vm.cpu.limit" not in dns


def test_the_same_storm_without_a_cap_is_not_held(box: Box, libvirt: Libvirt) -> None:
    libvirt.take_inventory()
    with storm(box, WEB1):
        measures = measure_over(libvirt, 3)
    web = values(measures, box.uuid(WEB1))
    assert web["vm.cpu.held_periods"] == 0
    assert web["vm.cpu.held"] == 0
    assert "vm.cpu.limit" not in web
    assert web["vm.cpu.usage"] > 2 * values(measures, box.uuid(DNS1))["vm.cpu.usage"]
    host = libvirt.take_inventory().hosts[0].key
    of_host = values(measures, host)
    assert of_host["host.cpu.usage"] >= of_host["host.cpu.others"]
    assert of_host["host.cpu.usage"] <= of_host["host.cpu.capacity"]


def test_a_cap_on_the_whole_guest_counts_its_emulator(box: Box, libvirt: Libvirt) -> None:
    libvirt.take_inventory()
    with storm(box, WEB1):
        box.virsh("schedinfo", "web1", "--live", "--set", "global_quota=20000")
        try:
            web = values(measure_over(libvirt, 4), box.uuid(WEB1))
            (told,) = [one for one in libvirt.take_inventory().guests if one.name == "web1"]
        finally:
            box.virsh("schedinfo", "web1", "--live", "--set", "global_quota=-1")
    assert web["vm.cpu.held_periods"] > 0.5
    assert web["vm.cpu.usage"] < 0.4
    assert told.cpu_limit_cores == pytest.approx(0.2)
    assert told.cpu_limit_text == "quota 20000/100000 µs in all"


def test_a_limit_that_changes_meanwhile_is_remembered(box: Box, libvirt: Libvirt) -> None:
    begun = datetime.now(UTC)
    libvirt.take_inventory()
    set_quota(box, WEB1, 50)
    try:
        libvirt.measure(None, None)
    finally:
        set_quota(box, WEB1, None)
    changes, _ = libvirt.recall(begun)
    (change,) = [one for one in changes if one.change is Change.LIMIT_CHANGED]
    assert (change.key, change.message) == (box.uuid(WEB1), "no limit → quota 50000/100000 µs a vCPU")


def test_disk_and_network_are_told_by_part(box: Box, libvirt: Libvirt) -> None:
    libvirt.take_inventory()
    box.ssh(WEB1, "dd if=/dev/zero of=/dev/vda bs=64k count=32 conv=fsync 2>/dev/null")
    measures = measure_over(libvirt, 0, {box.uuid(WEB1)})
    assert {one.key for one in measures} == {box.uuid(WEB1)}
    assert {one.name for one in measures} <= set(METRICS)
    writes = {
        one.name: one.value for one in measures if one.attributes == {"disk": "vda", "direction": "write"}
    }
    assert writes["vm.disk.io"] > 0
    assert writes["vm.disk.latency"] > 0
    received = [one.value for one in measures if one.name == "vm.network.io"]
    assert sum(received) > 0


def test_disks_are_known_by_their_pool(box: Box, libvirt: Libvirt) -> None:
    box.virsh("pool-create-as", "lab pool", "dir", "--target", str(box.folder))
    try:
        inventory = libvirt.take_inventory()
    finally:
        box.virsh("pool-destroy", "lab pool")
    (store,) = inventory.stores
    assert (store.name, store.kind, store.accessible) == ("lab pool", "pool", True)
    assert store.capacity_bytes
    assert store.free_bytes
    assert {guest.stores for guest in inventory.guests} == {("lab pool",)}


def test_a_guest_that_is_stopped_and_started_is_told(box: Box) -> None:
    begun = datetime.now(UTC)
    libvirt = from_inside(box)
    libvirt.take_inventory()
    box.virsh("destroy", "web1")
    try:
        (told,) = [one for one in libvirt.take_inventory().guests if one.name == "web1"]
        assert (told.power, told.booted) == (Power.OFF, None)
        assert "vm.cpu.usage" not in values(libvirt.measure(None, None).measures, box.uuid(WEB1))
    finally:
        box.start(WEB1)
    libvirt.measure(None, None)
    changes, lacks = libvirt.recall(begun)
    of_web = [(one.change, one.attributes) for one in changes if one.key == box.uuid(WEB1)]
    assert of_web == [(Change.STOPPED, {"reason": "destroyed"}), (Change.STARTED, {})]
    assert lacks == ()
    box.wait_up(WEB1)


def test_a_container_is_held_at_its_own_limit(box: Box) -> None:
    if reason := why_no_container():
        pytest.skip(reason)
    shell = open_shell_here("box", box.inside)
    lxc = Libvirt(parse_libvirt_uri("lxc:///system"), shell, "box", limit_seconds=LIMIT_SECONDS)
    with container(box) as root:
        (told,) = lxc.take_inventory().guests
        assert (told.name, told.uuid, told.container, told.power) == ("c1", CONTAINER, True, Power.ON)
        assert told.cpu_limit_cores is None
        ask_lxc(box, "schedinfo", "c1", "--live", "--set", "vcpu_quota=20000")
        (root / "tmp/storm").touch()
        capped = values(measure_over(lxc, 4), CONTAINER)
        (root / "tmp/storm").unlink()
        assert capped["vm.cpu.limit"] == pytest.approx(0.2)
        assert capped["vm.cpu.held_periods"] > 0.5
        assert capped["vm.cpu.usage"] < 0.3
        assert capped["vm.memory.granted"] > 0
        changes, _ = lxc.recall(datetime.now(UTC) - timedelta(minutes=5))
        assert Change.LIMIT_CHANGED in {one.change for one in changes}
