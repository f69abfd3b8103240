"""ESXi and vCenter, asked for real: what they tell, and every way in which that can go wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.sight.looking import look_at
from tests.sight.made_reach import MadeReach

from tenmatsu.errors import NoConnection, TookTooLong, WrongUse
from tenmatsu.model.below import Change, Health, Measure, Power
from tenmatsu.model.marks import Marks
from tenmatsu.reach.hypervisor import Hypervisor
from tenmatsu.reach.vsphere import open_vsphere
from tenmatsu.sight.below import SIGHT

from .bed.vsphere import PASSWORD, VSphereServer, vsphere, why_no_vsphere

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(bool(why_no_vsphere()), reason=why_no_vsphere() or "there"),
]
LIMIT_SECONDS = 30.0  # of a machine that does much else at the time
GUEST = "ha-host_VM0"
HOUR = timedelta(hours=1)


@pytest.fixture
def esx() -> Iterator[VSphereServer]:
    with vsphere("-esx", "-guests", "3") as server:
        yield server


@contextmanager
def asking(server: VSphereServer, limit_seconds: float = LIMIT_SECONDS, **more: Any) -> Iterator[Hypervisor]:
    hypervisor = open_vsphere(server.api(**more), PASSWORD, "esx1", limit_seconds=limit_seconds)
    try:
        yield hypervisor
    finally:
        hypervisor.close()


def values(measures: tuple[Measure, ...], name: str, key: str) -> list[float]:
    return [one.value for one in measures if (one.name, one.key) == (name, key)]


def key_of(hypervisor: Hypervisor, name: str) -> str:
    return next(guest.key for guest in hypervisor.take_inventory().guests if guest.name == name)


# --- what it tells ---


def test_a_lone_host_and_its_guests(esx: VSphereServer) -> None:
    with asking(esx) as hypervisor:
        identity = hypervisor.identify()
        there = hypervisor.take_inventory()
    assert (identity.may_act, identity.api) == (True, "6.5")
    assert abs(identity.clock_offset_seconds or 0) <= (identity.clock_uncertainty_seconds or 0) + 0.05
    (host,) = there.hosts
    assert (host.cores, host.core_hertz, host.autostart) == (2, 2.294e9, True)
    assert {one.name: one.health for one in host.sensors}["DIMM 3"] is Health.BAD
    assert [guest.power for guest in there.guests] == [Power.ON] * 3
    first = there.guests[0]
    assert (first.host, first.tools, first.heartbeat) == (host.key, "running", "green")
    assert first.startup is not None
    assert first.macs
    assert first.stores == tuple(store.name for store in there.stores)
    assert there.lacks == ()


def test_a_guest_at_its_limit_is_held_and_its_neighbours_are_not(esx: VSphereServer) -> None:
    esx.set(DemandMHz={GUEST: 1800})
    esx.limit(GUEST, 459)
    with asking(esx) as hypervisor:
        key = key_of(hypervisor, GUEST)
        told = hypervisor.measure(None, None).measures
    assert values(told, "vm.cpu.limit", key) == [pytest.approx(0.2, abs=0.001)]
    assert values(told, "vm.cpu.usage", key) == [pytest.approx(0.2, abs=0.001)]
    assert values(told, "vm.cpu.held", key) == [pytest.approx(1341 / 2294, abs=0.001)]
    assert values(told, "vm.cpu.ready", key)[0] > values(told, "vm.cpu.held", key)[0]
    others = {one.key for one in told if one.name == "vm.cpu.held"} - {key}
    assert len(others) == 2
    assert all(values(told, "vm.cpu.held", other) == [0.0] for other in others), "zeros are told, too"
    assert [one.value for one in told if one.name == "host.cpu.capacity"] == [2.0]
    assert {one.name for one in told if one.name.startswith("store.")} == {"store.latency"}


def test_it_becomes_evidence_of_the_guest_that_is_looked_at(esx: VSphereServer) -> None:
    esx.set(DemandMHz={GUEST: 1800})
    esx.limit(GUEST, 459)
    with asking(esx) as hypervisor:
        uuid = next(one.uuid for one in hypervisor.take_inventory().guests if one.name == GUEST)
        page = look_at(
            SIGHT, MadeReach(), rounds=1, open_hypervisor=lambda: hypervisor, marks=Marks(uuid=uuid)
        )
    assert page.gaps == ()
    held = {one.component: one.last for one in page.series if one.name == "vm.cpu.held"}
    assert held.pop(uuid) == pytest.approx(1341 / 2294, abs=0.001)
    assert list(held.values()) == [0.0, 0.0]
    changes = [one.text("change") for one in page.events if one.name == "below.change"]
    assert "limit_changed" in changes


def test_history_comes_along_and_no_sample_comes_twice(esx: VSphereServer) -> None:
    with asking(esx) as hypervisor:
        key = key_of(hypervisor, GUEST)
        now = datetime.now(UTC)
        first = hypervisor.measure([key], now - timedelta(minutes=10)).measures
        again = hypervisor.measure([key], now).measures
    times = [one.time for one in first if one.name == "vm.cpu.usage"]
    assert 29 <= len(times) <= 31
    assert {one.key for one in first} == {key}
    assert not {one.time for one in again} & set(times)


def test_what_happened(esx: VSphereServer) -> None:
    since = datetime.now(UTC) - timedelta(minutes=5)
    with asking(esx) as hypervisor:
        key = key_of(hypervisor, GUEST)
        esx.limit(GUEST, 600)
        esx.act(GUEST, "PowerOffVM_Task")
        happenings, lacks = hypervisor.recall(since)
        of_guest = [one for one in happenings if one.key == key]
    assert list(lacks) == []
    assert [one.change for one in of_guest] == [
        Change.CREATED,
        Change.STARTED,
        Change.LIMIT_CHANGED,
        Change.STOPPED,
    ]
    assert of_guest[2].attributes["limit_mhz"] == 600
    assert (of_guest[3].who, of_guest[3].failed) == ("reader", False)
    assert of_guest[3].ended is not None
    assert all(one.time >= since for one in happenings)


def test_what_no_event_tells_is_seen_to_change(esx: VSphereServer) -> None:
    from pyVmomi import vim

    stopped = vim.option.OptionValue(key="SET.guest.toolsRunningStatus", value="guestToolsNotRunning")
    with asking(esx) as hypervisor:
        key = key_of(hypervisor, GUEST)
        since = datetime.now(UTC)
        esx.act(GUEST, "ReconfigVM_Task", vim.vm.ConfigSpec(extraConfig=[stopped]))
        happenings, _ = hypervisor.recall(since)
    assert Change.TOOLS_STOPPED in {one.change for one in happenings if one.key == key}


def test_a_snapshot_is_told_with_its_size(esx: VSphereServer) -> None:
    esx.act(GUEST, "CreateSnapshot_Task", "before the update", "", False, False)
    with asking(esx) as hypervisor:
        guest = next(one for one in hypervisor.take_inventory().guests if one.name == GUEST)
    assert guest.snapshots is not None
    assert [one.name for one in guest.snapshots] == ["before the update"]
    assert guest.snapshots[0].size_bytes is not None


def test_a_vcenter_in_pages() -> None:
    with vsphere("-clusters", "2", "-hosts", "3", "-guests", "10") as server, asking(server) as hypervisor:
        server.set(MostObjects=4)
        there = hypervisor.take_inventory()
        told = hypervisor.measure(None, None).measures
        asked = server.requests()
    assert (len(there.hosts), len(there.guests)) == (6, 20)
    assert all(host.clustered and host.licence for host in there.hosts)
    assert len({guest.key for guest in there.guests}) == 20
    assert len({one.key for one in told if one.name == "vm.cpu.usage"}) == 20
    assert asked["ContinueRetrievePropertiesEx"] >= 5
    assert asked["QueryPerf"] >= 7, "a server that finds so many objects too many gets fewer"


def test_a_thousand_guests_take_few_requests() -> None:
    with vsphere("-clusters", "10", "-hosts", "5", "-guests", "100") as server, asking(server) as hypervisor:
        assert len(hypervisor.take_inventory().guests) == 1000
        told = hypervisor.measure(None, None).measures
        asked = sum(server.requests().values())
    assert len({one.key for one in told if one.name == "vm.cpu.usage"}) == 1000
    assert asked <= 6 * 1000 / 250


# --- what goes wrong ---


def test_a_wrong_password_is_tried_once(esx: VSphereServer) -> None:
    with pytest.raises(NoConnection, match="refuses 'reader'") as refused:
        open_vsphere(esx.api(), "not it", "esx1", limit_seconds=LIMIT_SECONDS)
    assert refused.value.permanent
    assert esx.requests()["Login"] == 1


def test_a_name_without_an_address(esx: VSphereServer) -> None:
    with pytest.raises(NoConnection, match="has no address") as away:
        open_vsphere(esx.api(address="esx..example"), PASSWORD, "esx1", limit_seconds=LIMIT_SECONDS)
    assert away.value.permanent


def test_nobody_there(esx: VSphereServer) -> None:
    esx.stop()
    with pytest.raises(NoConnection, match="cannot be reached") as away:
        open_vsphere(esx.api(), PASSWORD, "esx1", limit_seconds=LIMIT_SECONDS)
    assert not away.value.permanent


@pytest.mark.parametrize("address", ["", "https://a/b", "user@host", "host:0", "host:99999", "host:x"])
def test_an_address_that_is_none(esx: VSphereServer, address: str) -> None:
    with pytest.raises(WrongUse, match="HOST:PORT"):
        open_vsphere(esx.api(address=address), PASSWORD, "esx1")


def test_a_certificate_that_is_not_the_pinned_one_stops_everything(esx: VSphereServer) -> None:
    pinned = esx.digest()
    shown = esx.digest(esx.new_certificate())
    with pytest.raises(NoConnection) as stopped:
        open_vsphere(esx.api(), PASSWORD, "esx1", limit_seconds=LIMIT_SECONDS)
    assert stopped.value.permanent
    assert pinned in str(stopped.value)
    assert shown in str(stopped.value)
    assert esx.requests() == {}, "nothing was sent"


def test_a_certificate_that_changes_in_the_middle_stops_it(esx: VSphereServer) -> None:
    with asking(esx) as hypervisor:
        hypervisor.take_inventory()
        esx.new_certificate()
        esx.set(Cut=1)  # so that a new connection is made
        with pytest.raises(NoConnection, match="not the pinned one"):
            hypervisor.take_inventory()


def test_without_a_pin_the_digest_to_pin_is_told(esx: VSphereServer) -> None:
    with pytest.raises(NoConnection, match="cannot be verified") as stopped:
        open_vsphere(esx.api(certificate=""), PASSWORD, "esx1", limit_seconds=LIMIT_SECONDS)
    assert esx.digest() in str(stopped.value)
    assert esx.requests() == {}, "nothing was sent"


def test_an_authority_of_the_owners_own(esx: VSphereServer) -> None:
    with asking(esx, certificate="", ca_file=str(esx.certificate)) as hypervisor:
        assert hypervisor.identify().api == "6.5"
    port = esx.address.partition(":")[2]
    with pytest.raises(NoConnection, match="cannot be verified"):
        open_vsphere(
            esx.api(certificate="", ca_file=str(esx.certificate), address=f"localhost:{port}"),
            PASSWORD,
            "esx1",
            limit_seconds=LIMIT_SECONDS,
        )


@pytest.mark.parametrize("method", ["ContinueRetrievePropertiesEx", "QueryPerf", "WaitForUpdatesEx"])
def test_a_session_that_runs_out_in_the_middle_is_renewed(esx: VSphereServer, method: str) -> None:
    with asking(esx) as hypervisor:
        esx.set(MostObjects=1, Expire=1, ExpireOn=method)
        assert len(hypervisor.take_inventory().guests) == 3
        assert len({one.key for one in hypervisor.measure(None, None).measures}) >= 4
        assert esx.requests()["Login"] == 2
        esx.expire()
        assert hypervisor.recall(datetime.now(UTC) - HOUR)[0]


def test_a_connection_reset_in_the_middle_of_a_page(esx: VSphereServer) -> None:
    with asking(esx) as hypervisor:
        esx.set(MostObjects=1, Cut=1, CutOn="ContinueRetrievePropertiesEx")
        assert len(hypervisor.take_inventory().guests) == 3
        esx.set(Cut=2, CutOn="QueryPerf")
        with pytest.raises(NoConnection):
            hypervisor.measure(None, None)
        assert hypervisor.measure(None, None).measures, "after that it goes on"


def test_an_answer_that_is_no_answer(esx: VSphereServer) -> None:
    with asking(esx) as hypervisor:
        esx.set(Garble=1)
        assert len(hypervisor.take_inventory().guests) == 3
        assert esx.requests()["Login"] == 1, "the session is still there"
        esx.set(Garble=99)
        with pytest.raises(NoConnection), asking(esx, limit_seconds=1):
            pass
        esx.set(Garble=0)


@pytest.mark.parametrize("method", ["Login", "CurrentTime"])
def test_a_session_that_begins_badly_is_ended(esx: VSphereServer, method: str) -> None:
    esx.set(Garble=1, GarbleOn=method)
    with pytest.raises(NoConnection, match="cannot be understood"), asking(esx):
        pass
    asked = esx.requests()
    assert (asked["Login"], asked.get("Logout")) == (1, 1)


def test_a_service_that_is_restarted(esx: VSphereServer) -> None:
    with asking(esx) as hypervisor, ThreadPoolExecutor(1) as other:
        hypervisor.take_inventory()
        esx.stop()
        answer = other.submit(hypervisor.take_inventory)
        esx.start()  # from this thread: it ends with the one that started it
        assert len(answer.result().guests) == 3


def test_a_host_that_hangs(esx: VSphereServer) -> None:
    with asking(esx, limit_seconds=1.5) as hypervisor:
        esx.set(Hang=1, HangOn="QueryPerf")
        hypervisor.take_inventory()
        began = time.monotonic()
        with pytest.raises(TookTooLong):
            hypervisor.measure(None, None)
        assert time.monotonic() - began < LIMIT_SECONDS
        assert hypervisor.measure(None, None).measures, "after that it goes on"


def test_a_host_that_drips(esx: VSphereServer) -> None:
    with asking(esx, limit_seconds=1.5) as hypervisor:
        esx.set(Drip=True)
        with pytest.raises(TookTooLong):
            hypervisor.take_inventory()
        esx.set(Drip=False)


def test_a_guest_that_was_deleted_between_two_calls(esx: VSphereServer) -> None:
    with asking(esx) as hypervisor:
        key = key_of(hypervisor, GUEST)
        esx.act(GUEST, "PowerOffVM_Task")
        esx.act(GUEST, "Destroy_Task")
        told = hypervisor.measure(None, None)
        running = {one.key for one in told.measures if one.name == "vm.cpu.usage"}
        assert len(running) == 2
        assert key not in running
        happenings, _ = hypervisor.recall(datetime.now(UTC) - HOUR)
        assert Change.REMOVED in {one.change for one in happenings if one.key == key}


def test_a_guest_that_cannot_be_measured_does_not_hide_the_others(esx: VSphereServer) -> None:
    esx.set(Broken=[GUEST])
    with asking(esx) as hypervisor:
        key = key_of(hypervisor, GUEST)
        told = hypervisor.measure(None, None)
    assert len({one.key for one in told.measures if one.name == "vm.cpu.usage"}) == 2
    assert [(lack.key, lack.why.en) for lack in told.lacks] == [(key, "the server says SystemError")]


def test_a_role_that_may_only_read(esx: VSphereServer) -> None:
    esx.set(Granted=False)
    with asking(esx) as hypervisor:
        identity = hypervisor.identify()
    assert identity.may_act is False
    assert "VirtualMachine.Interact.PowerOff" in identity.may_act_why.en


def test_a_role_that_may_not_read_all(esx: VSphereServer) -> None:
    esx.set(Denied=["config.cpuAllocation", "snapshot", "licenses", "CreateCollectorForEvents"])
    with asking(esx) as hypervisor:
        there = hypervisor.take_inventory()
        _, lacks = hypervisor.recall(datetime.now(UTC) - HOUR)
    assert all(not guest.cpu_limit_told and guest.snapshots is None for guest in there.guests)
    assert {lack.what.en for lack in there.lacks} == {"its CPU limit", "its snapshots", "the licence"}
    assert [lack.what.en for lack in lacks] == ["what happened below (events)"]


def test_the_free_licence_allows_no_acting(esx: VSphereServer) -> None:
    esx.set(Licence="esxBasic")
    with asking(esx) as hypervisor:
        identity = hypervisor.identify()
        there = hypervisor.take_inventory()
    assert identity.may_act is False
    assert "licence" in identity.may_act_why.en
    assert len(there.guests) == 3, "reading works"


def test_counters_that_this_version_does_not_have(esx: VSphereServer) -> None:
    esx.set(Without=["cpu.maxlimited.summation", "cpu.costop.summation"])
    with asking(esx) as hypervisor:
        told = hypervisor.measure(None, None)
    assert {"vm.cpu.held", "vm.cpu.costop"}.isdisjoint({one.name for one in told.measures})
    assert "vm.cpu.ready" in {one.name for one in told.measures}
    (lack,) = told.lacks
    assert "cpu.maxlimited.summation" in lack.what.en


def test_properties_that_this_version_does_not_have(esx: VSphereServer) -> None:
    esx.set(Unknown=["snapshot", "runtime.healthSystemRuntime"])
    with asking(esx) as hypervisor:
        there = hypervisor.take_inventory()
    assert len(there.guests) == 3
    assert all(guest.snapshots is None and guest.cpu_limit_told for guest in there.guests)
    assert {lack.what.en for lack in there.lacks} == {"its snapshots", "its hardware's sensors"}
    assert {lack.why.en for lack in there.lacks} == {"this version does not tell it"}


def test_a_clock_that_is_an_hour_off(esx: VSphereServer) -> None:
    esx.set(ClockSeconds=3600)
    began = datetime.now(UTC)
    with asking(esx) as hypervisor:
        offset = hypervisor.identify().clock_offset_seconds
        key = key_of(hypervisor, GUEST)
        told = hypervisor.measure([key], began - timedelta(minutes=2)).measures
        esx.act(GUEST, "PowerOffVM_Task")
        happenings, _ = hypervisor.recall(began)
    assert offset == pytest.approx(3600, abs=5)
    now = datetime.now(UTC)
    assert told
    assert all(began - timedelta(minutes=3) < one.time <= now for one in told)
    stopped = [one for one in happenings if one.change is Change.STOPPED]
    assert len(stopped) == 1
    assert began - timedelta(seconds=5) < stopped[0].time <= now + timedelta(seconds=5)


def test_an_end_that_nobody_answers_is_no_error(esx: VSphereServer) -> None:
    with asking(esx) as hypervisor:
        hypervisor.take_inventory()
        esx.stop()
    esx.start()
