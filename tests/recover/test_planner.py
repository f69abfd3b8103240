"""The plan of 2010: what is needed stops last and starts first, and nobody starts before its DNS answers."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.recover.made_site import made_site

from tenmatsu.errors import WrongUse
from tenmatsu.model.plan import Action, Plan, ReadyBy
from tenmatsu.recover.order import needed_machines, start_order
from tenmatsu.recover.planner import plan_guest_restart, plan_host_restart

NOW = datetime(2010, 3, 11, 7, 0, tzinfo=UTC)


@pytest.fixture
def plan() -> Plan:
    return plan_host_restart(made_site(), "esx1", NOW, site_digest="abc")


def test_needs_go_through_services_and_machines() -> None:
    needed = needed_machines(made_site(), ["web1", "mail1", "dns1"])
    assert needed == {"web1": {"dns1"}, "mail1": {"dns1", "web1"}, "dns1": frozenset()}
    assert start_order(needed) == ["dns1", "web1", "mail1"]


def test_the_order_of_the_steps_is_one_in_which_they_could_be_done(plan: Plan) -> None:
    ids = [step.id for step in plan.steps]
    assert ids == [
        "check-esx1",
        "collect-esx1",
        "down-mail1",
        "down-web1",
        "down-dns1",
        "restart-esx1",
        "up-dns1",
        "up-web1",
        "up-mail1",
        "prove",
    ]
    for at, step in enumerate(plan.steps):
        assert set(step.after) <= set(ids[:at])


def test_dns_goes_down_last_and_comes_up_first(plan: Plan) -> None:
    assert set(plan.step("down-dns1").after) == {"down-web1", "down-mail1"}
    assert plan.step("up-dns1").after == ("restart-esx1",)
    assert plan.step("up-web1").after == ("up-dns1",)


def test_a_machine_counts_as_up_when_its_services_answer(plan: Plan) -> None:
    (dns,) = plan.step("up-dns1").ready
    assert (dns.by, dns.target, dns.expects) == (ReadyBy.DNS, "192.0.2.53:53", "blog.example")
    assert [one.by for one in plan.step("up-web1").ready] == [ReadyBy.HTTP, ReadyBy.SSH]
    assert [one.by for one in plan.step("up-mail1").ready] == [ReadyBy.POWER]


def test_who_is_away_and_for_how_long_is_said(plan: Plan) -> None:
    dns, mail = plan.step("down-dns1").harm, plan.step("down-mail1").harm
    assert mail.seconds > dns.seconds > 300
    assert plan.step("down-web1").harm.components == ("web1", "blog")
    assert plan.harm.seconds == mail.seconds


def test_the_trap_of_esxi_and_guests_elsewhere_are_named(plan: Plan) -> None:
    said = " ".join(one.en for one in plan.warnings)
    assert "without maintenance mode" in said
    assert "far1" in said
    assert plan.step("restart-esx1").settings == {"maintenance_mode": "no"}


def test_the_digest_is_of_what_would_be_done(plan: Plan) -> None:
    again = plan_host_restart(made_site(), "esx1", NOW.replace(hour=8), site_digest="abc")
    assert again.digest == plan.digest
    assert plan_host_restart(made_site(), "esx1", NOW, site_digest="other").digest != plan.digest
    assert plan_host_restart(made_site(), "esx1", NOW, site_digest="abc", force=True).digest != plan.digest


def test_one_guest_is_restarted_alone() -> None:
    plan = plan_guest_restart(made_site(), "web1", NOW, site_digest="abc")
    assert [step.action for step in plan.steps] == [
        Action.CHECK_ACCESS,
        Action.SHUT_DOWN,
        Action.START,
        Action.PROVE,
    ]
    assert plan.harm.components == ("web1", "blog")


def test_who_needs_what_is_stopped_is_named_and_so_is_the_machine_that_we_are_on() -> None:
    plan = plan_guest_restart(made_site(), "dns1", NOW, site_digest="abc", here="dns1")
    said = " ".join(one.en for one in plan.warnings)
    assert "These need what is away meanwhile: web1, mail1, far1" in said
    assert "the machine that this runs on" in said


def test_a_host_without_guests_is_proven_after_its_restart() -> None:
    site = made_site()
    empty = replace(site, entries={name: one for name, one in site.entries.items() if one.on != "esx1"})
    entries = {name: replace(one, needs=()) for name, one in empty.entries.items() if one.on in ("", "esx2")}
    plan = plan_host_restart(replace(site, entries=entries), "esx1", NOW, site_digest="abc")
    assert plan.step("prove").after == ("restart-esx1",)


def test_what_cannot_be_planned_is_said() -> None:
    for name in ("nobody", "web1"):
        with pytest.raises(WrongUse):
            plan_host_restart(made_site(), name, NOW, site_digest="abc")
    site = made_site()
    bare = replace(site, entries={**site.entries, "esx1": replace(site.entries["esx1"], api=None)})
    with pytest.raises(WrongUse, match="no hypervisor"):
        plan_host_restart(bare, "esx1", NOW, site_digest="abc")
