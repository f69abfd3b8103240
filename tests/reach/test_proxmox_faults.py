"""What goes wrong with Proxmox VE: rights, certificates, sessions, nodes that hang, answers that are none."""

from __future__ import annotations

import gzip
import json
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
)
from tests.reach.proxmox_connection import by_name, connect
from tests.sight.made_reach import NOW, MadeReach

from tenmatsu.errors import NoConnection, WrongUse
from tenmatsu.model.below import Change, Product
from tenmatsu.model.site_map import Api
from tenmatsu.reach import proxmox_https, proxmox_sign_in
from tenmatsu.reach.hypervisor import Hypervisor
from tenmatsu.reach.proxmox import open_proxmox
from tenmatsu.reach.proxmox_inventory import MOST_IN_FULL
from tenmatsu.sight import below
from tenmatsu.sight.marks import find_marks
from tenmatsu.sight.scene import Notebook, Scene


def test_a_wrong_token_is_told_for_good(front: Front) -> None:
    with pytest.raises(NoConnection, match="does not accept the token") as refused:
        connect(front, secret="11111111-2222-3333-4444-555555555555").identify()
    assert refused.value.permanent
    assert TOKEN not in str(refused.value)


def test_a_token_that_was_kept_whole(front: Front) -> None:
    assert connect(front, secret=f"{TOKEN_USER}={TOKEN}").identify().version == "9.0.11"


@pytest.mark.parametrize(("user", "secret"), [(TOKEN_USER, f"“{TOKEN}”"), ("tenmatsu@pve!日記", TOKEN)])
def test_a_token_that_can_be_none_is_told_without_its_secret(user: str, secret: str) -> None:
    api = Api(product=Product.PROXMOX, address="pve1", user=user)
    with pytest.raises(WrongUse, match="beyond ASCII") as refused:
        open_proxmox(api, secret, "home")
    assert TOKEN not in refused.value.words.en + refused.value.words.ja


@pytest.mark.parametrize("ticket", ["PVE:日記", "PVE:\n", "a;b"])
def test_a_ticket_that_can_be_none(front: Front, ticket: str) -> None:
    front.faults["/access/ticket"] = Fault(body=json.dumps({"data": {"ticket": ticket}}).encode())
    with pytest.raises(NoConnection, match="gave no ticket"):
        connect(front, user=USER, secret=PASSWORD).identify()


def test_a_node_that_runs_since_before_all_calendars(front: Front, proxmox: Hypervisor) -> None:
    rows = site.make_resources()
    rows[0] |= {"uptime": 1e300}
    front.answers["/cluster/resources"] = rows
    happened, _ = proxmox.recall(datetime.now(UTC) - timedelta(days=36500))
    assert [one.key for one in happened if one.change is Change.HOST_STARTED] == ["node/pve2"]


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


def test_an_answer_that_is_packed_is_refused_before_it_is_unpacked(front: Front, proxmox: Hypervisor) -> None:
    bomb = gzip.compress(gzip.compress(b" " * (16 << 20)))
    for encoding in ("gzip, gzip", "gzip"):
        front.faults["/cluster/resources"] = Fault(body=bomb, encoding=encoding)
        with pytest.raises(NoConnection, match="packed"):
            proxmox.take_inventory()


def test_an_answer_without_an_end_is_cut_off(
    front: Front, proxmox: Hypervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxmox_https, "_MOST_BODY_BYTES", 1 << 20)
    front.faults["/cluster/resources"] = Fault(body=b" " * (2 << 20))
    with pytest.raises(NoConnection, match="larger than any"):
        proxmox.take_inventory()


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
        marks=find_marks(reach),
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


NO_NODES: tuple[Any, ...] = ({}, None, [], [1, "x", None], "x", [[[]]], [{"type": "qemu", "vmid": 100}])


@pytest.mark.parametrize("answer", NO_NODES)
def test_an_answer_without_a_node_is_no_empty_cluster(front: Front, proxmox: Hypervisor, answer: Any) -> None:
    front.answers["/cluster/resources"] = answer
    for ask in (proxmox.take_inventory, lambda: proxmox.measure(None, None), lambda: proxmox.recall(NOW)):
        with pytest.raises(NoConnection, match="does not list its nodes") as sick:
            ask()
        assert not sick.value.permanent


@pytest.mark.parametrize("body", [b"{}", b'{"data": null}', b"[]", b""])
def test_an_answer_without_a_value_is_trouble(front: Front, proxmox: Hypervisor, body: bytes) -> None:
    front.faults["/nodes/pve1/tasks"] = Fault(body=body)
    _, lacks = proxmox.recall(NOW)
    assert "node/pve1" in {lack.key for lack in lacks}
    front.faults["/version"] = Fault(body=body)
    with pytest.raises(NoConnection, match="does not tell its version"):
        proxmox.identify()


@pytest.mark.parametrize("body", [b"{}", b'{"data": null}', b"nonsense"])
def test_a_sick_server_does_not_make_a_password_wrong(front: Front, body: bytes) -> None:
    front.faults["/access/ticket"] = Fault(body=body)
    with pytest.raises(NoConnection, match="lets nobody sign in") as sick:
        connect(front, user=USER, secret=PASSWORD).identify()
    assert not sick.value.permanent


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
