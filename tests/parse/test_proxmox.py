"""What Proxmox VE answers, as recorded shapes and as anything at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenmatsu.model.below import METRICS, Change, Power
from tenmatsu.parse.proxmox_config import read_guest_config
from tenmatsu.parse.proxmox_facts import make_guest, make_stores, read_guest_addresses, read_snapshots
from tenmatsu.parse.proxmox_figures import (
    Drive,
    measure_drives,
    measure_guest,
    measure_history,
    measure_moved,
    measure_node,
    measure_status,
    read_drives,
)
from tenmatsu.parse.proxmox_resources import read_resources
from tenmatsu.parse.proxmox_rights import find_reach
from tenmatsu.parse.proxmox_tasks import find_in_maintenance, read_ha_state, read_tasks, sort_newest

NOW = datetime(2026, 11, 25, 2, 14, tzinfo=UTC)
KEYS = st.sampled_from(
    "type id node vmid name status cpu maxcpu mem maxmem uptime netin storage shared time snaptime result"
    " ip-addresses inet ballooninfo blockstat rd_operations starttime endtime sid state net0 scsi0 smbios1"
    " memory cores sockets cpulimit startup agent".split()
)
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.text(max_size=20)
    | st.sampled_from(["qemu", "lxc", "node", "storage", "lrm", "service", "qmstart", "1e400", "x=y,=,,"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=20,
)


@given(ANYTHING)
def test_anything_gives_values(answer: Any) -> None:
    resources = read_resources(answer)
    for container in (False, True):
        config = read_guest_config(answer, container=container)
        for row in resources.guests:
            make_guest(row, config, resources.stores, NOW)
            list(measure_guest(row, NOW))
    for node in resources.nodes:
        list(measure_node(node, NOW))
    make_stores(resources.stores)
    read_snapshots(answer)
    read_guest_addresses(answer)
    list(measure_status("qemu/1", answer, NOW))
    list(measure_drives("qemu/1", NOW, (NOW - timedelta(seconds=1), {}), read_drives(answer)))
    for key in ("qemu/1", "node/a"):
        measures = measure_history(key, answer, NOW - timedelta(days=9999), NOW)
        assert all(one.name in METRICS for one in measures)
    find_reach(answer, "VM.Audit")
    find_in_maintenance(answer)
    happened = [*read_tasks(answer, "a", lambda _: ""), *read_ha_state(answer, NOW, lambda _: "")]
    assert len(sort_newest(happened, 1)) <= 1


@pytest.mark.parametrize(
    ("written", "cores"),
    [(0.5, 0.5), ("0.5", 0.5), (0, None), ("0", None), ("", None), (None, None), (-1, None), (128, 128)],
)
def test_a_limit_however_it_is_written(written: Any, cores: float | None) -> None:
    assert read_guest_config({"cpulimit": written}, container=False).cpu_limit_cores == cores


@pytest.mark.parametrize(
    ("config", "vcpus"),
    [
        ({}, 1),
        ({"sockets": 2, "cores": "3"}, 6),
        ({"sockets": 2, "cores": 4, "vcpus": 5}, 5),
    ],
)
def test_vcpus_are_those_that_are_plugged_in(config: Any, vcpus: int) -> None:
    assert read_guest_config(config, container=False).vcpus == vcpus


@pytest.mark.parametrize(
    ("written", "mebibytes"), [("2048", 2048), (2048, 2048), ("current=4096", 4096), ("x", 512)]
)
def test_memory_however_it_is_written(written: Any, mebibytes: int) -> None:
    assert read_guest_config({"memory": written}, container=False).memory_bytes == mebibytes << 20


def test_disks_that_are_none() -> None:
    config = read_guest_config(
        {
            "scsi0": "a:vm-1-disk-0",
            "ide2": "b:iso/x.iso,media=cdrom",
            "ide3": "none,media=cdrom",
            "mp0": "/srv,mp=/x",
        },
        container=False,
    )
    assert config.storages == ("a",)


def test_a_switched_off_agent_and_no_emulation_by_default() -> None:
    assert not read_guest_config({"agent": "0,fstrim_cloned_disks=1"}, container=False).agent
    assert read_guest_config({"agent": 1}, container=False).agent
    assert not read_guest_config({}, container=False).emulated


@pytest.mark.parametrize(
    ("status", "power"),
    [
        ("running", Power.ON),
        ("stopped", Power.OFF),
        ("paused", Power.SUSPENDED),
        ("io-error", Power.SUSPENDED),
        ("new-word", Power.UNKNOWN),
    ],
)
def test_a_guests_status(status: str, power: Power) -> None:
    (guest,) = read_resources([{"type": "qemu", "vmid": 1, "node": "a", "status": status}]).guests
    assert guest.power is power
    assert (status in make_guest(guest, None, (), NOW).note) == (power is Power.SUSPENDED)


def test_a_right_that_is_not_passed_on_does_not_reach_the_guests() -> None:
    assert not find_reach({"/": {"VM.Audit": 0}, "/vms": {}}, "VM.Audit").everywhere
    assert find_reach({"/vms": {"VM.Audit": 1}}, "VM.Audit").everywhere
    assert find_reach({"/vms/7": {"VM.Audit": 1}, "/vms/8": {"VM.Audit": 0}}, "VM.Audit").only == ("7", "8")


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("qmstart", Change.STARTED),
        ("vzstart", Change.STARTED),
        ("hastart", Change.STARTED),
        ("vzshutdown", Change.STOPPED),
        ("qmreset", Change.RESTARTED),
        ("qmigrate", Change.MIGRATED),
        ("vzmigrate", Change.MIGRATED),
        ("hamigrate", Change.MIGRATED),
        ("qmsnapshot", Change.SNAPSHOT_TAKEN),
        ("vzdelsnapshot", Change.SNAPSHOT_REMOVED),
        ("qmconfig", Change.RECONFIGURED),
        ("vzdump", Change.BACKED_UP),
        ("qmdestroy", Change.REMOVED),
        ("startall", Change.OTHER),
        ("imgcopy", Change.OTHER),
    ],
)
def test_what_a_task_did(kind: str, change: Change) -> None:
    row = {"type": kind, "id": "7", "starttime": 1_700_000_000, "user": "root@pam"}
    (told,) = read_tasks([row], "pve1", lambda vmid: f"qemu/{vmid}")
    assert (told.change, told.key, told.ended, told.failed) == (change, "qemu/7", None, False)


@pytest.mark.parametrize(
    ("status", "failed"), [("OK", False), ("WARNINGS: 2", False), ("got timeout", True), ("", True)]
)
def test_whether_a_task_failed(status: str, *, failed: bool) -> None:
    row = {"type": "vzdump", "id": "", "starttime": 1_700_000_000, "endtime": 1_700_000_010, "status": status}
    (told,) = read_tasks([row], "pve1", lambda _: "")
    assert (told.failed, told.key) == (failed, "node/pve1")


def test_counters_that_began_anew_say_nothing() -> None:
    before = (NOW - timedelta(seconds=10), {"netin": 500.0, "diskread": 100.0})
    told = list(measure_moved("qemu/1", NOW, before, {"netin": 10.0, "diskread": 300.0}))
    assert [(one.name, one.value) for one in told] == [("vm.disk.io", 20.0)]


def test_a_drive_without_a_request_has_no_latency() -> None:
    before = (NOW - timedelta(seconds=10), {("scsi0", "read"): Drive(5, 1.0)})
    told = list(measure_drives("qemu/1", NOW, before, {("scsi0", "read"): Drive(5, 1.0)}))
    assert [(one.name, one.value) for one in told] == [("vm.disk.operations", 0.0)]


def test_rows_of_a_history_without_figures_say_nothing() -> None:
    row = {"time": NOW.timestamp() - 60}
    assert list(measure_history("qemu/1", [row], NOW - timedelta(hours=1), NOW)) == []
    told = measure_history("qemu/1", [row | {"cpu": 0.5, "maxcpu": 4}], NOW - timedelta(hours=1), NOW)
    assert [(one.name, one.value) for one in told] == [("vm.cpu.usage", 2.0)]


def test_a_clock_that_is_ahead_is_taken_off_the_history() -> None:
    row = {"time": NOW.timestamp() + 3600, "cpu": 0.5, "maxcpu": 4}
    told = list(measure_history("qemu/1", [row], NOW - timedelta(hours=1), NOW, ahead_seconds=3600))
    assert [one.time for one in told] == [NOW]
