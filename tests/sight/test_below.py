"""The view from below becomes evidence of this guest, under the components that each thing has there."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.sight.folder_reach import START
from tests.sight.looking import look_at
from tests.sight.made_reach import MadeReach

from tenmatsu.model.below import (
    Change,
    GuestFacts,
    Happening,
    HostFacts,
    Identity,
    Inventory,
    Lack,
    Measure,
    Measured,
    Power,
    Product,
    StoreFacts,
)
from tenmatsu.model.marks import Marks
from tenmatsu.model.words import plain
from tenmatsu.sight.below import SIGHT
from tenmatsu.sight.scene import Page

WEB1, DNS1 = "564d1c2a-0102-0304-0506-0708090a0b0c", "564d1c2a-0102-0304-0506-000000000002"
LACK = Lack(what=plain("sensors"), why=plain("the role lacks them"), close_by=plain("grant it"))


def guest(key: str, host: str = "host-1", **more: Any) -> GuestFacts:
    return GuestFacts(key=key, name=f"name of {key}", host=host, power=Power.ON, **more)


@dataclass
class MadeHypervisor:
    """Answers from values, and remembers what it was asked for."""

    name: str = "esx1"
    interval_seconds: float = 1.0
    asked: list[tuple[Collection[str] | None, datetime | None]] = field(default_factory=list)
    closed: bool = False

    def identify(self) -> Identity:
        return Identity(
            product=Product.VMWARE,
            name="esx1\x1b[31m",
            version="7.0",
            api="7.0",
            may_act=False,
            may_act_why=plain("free licence"),
        )

    def take_inventory(self) -> Inventory:
        return Inventory(
            hosts=(HostFacts(key="host-1", name="esx1", cores=8), HostFacts(key="host-2", name="esx2")),
            guests=(
                guest("vm-1", uuid=WEB1, cpu_limit_cores=1.0, stores=("ssd",)),
                guest("vm-2", uuid=DNS1),
                guest("vm-3", host="host-2"),
            ),
            stores=(
                StoreFacts(key="ds-1", name="ssd", hosts=("host-1", "host-2")),
                StoreFacts(key="ds-2", name="x"),
            ),
            lacks=(LACK,),
        )

    def measure(self, keys: Collection[str] | None, since: datetime | None) -> Measured:
        self.asked.append((keys, since))
        time = START + timedelta(seconds=len(self.asked))
        held = Measure(key="vm-1", name="vm.cpu.held", time=time, value=0.4)
        busy = Measure(key="host-1", name="host.cpu.usage", time=time, value=1.5)
        return Measured(measures=(held, busy), lacks=(LACK,))

    def recall(self, since: datetime, *, most: int = 2000) -> tuple[Sequence[Happening], Sequence[Lack]]:
        return (Happening(key="vm-1", change=Change.LIMIT_CHANGED, time=START, who="root"),), ()

    def close(self) -> None:
        self.closed = True


def look(hypervisor: MadeHypervisor, **marks: Any) -> Page:
    page = look_at(SIGHT, MadeReach(), rounds=3, open_hypervisor=lambda: hypervisor, marks=Marks(**marks))
    assert hypervisor.closed
    return page


def test_this_guest_its_host_and_those_beside_it_are_written_down() -> None:
    page = look(MadeHypervisor(), uuid=WEB1)
    facts = {one.component: one for one in page.events if one.name == "vm.facts"}
    assert set(facts) == {WEB1, DNS1}
    assert (facts[WEB1].text("is_here"), facts[DNS1].text("is_here")) == ("uuid", "")
    assert facts[WEB1].text("host") == "esx1/host-1"
    assert facts[WEB1].attributes["cpu_limit_cores"] == 1.0
    assert "cpu_limit_cores" not in facts[DNS1].attributes
    assert [one.component for one in page.events if one.name == "host.facts"] == ["esx1/host-1"]
    (store,) = [one for one in page.events if one.name == "store.facts"]
    assert (store.component, store.attributes["shared"]) == ("esx1/ds-1", True)


def test_only_the_surroundings_are_measured_and_from_where_the_last_answer_ended() -> None:
    hypervisor = MadeHypervisor()
    page = look(hypervisor, uuid=WEB1)
    assert {frozenset(keys or ()) for keys, _ in hypervisor.asked} == {
        frozenset({"vm-1", "vm-2", "host-1", "ds-1"})
    }
    assert [since is None for _, since in hypervisor.asked] == [False, False, False]
    held = [one for one in page.series if one.name == "vm.cpu.held"]
    assert [(one.component, len(one.points), one.unit) for one in held] == [(WEB1, 3, "1")]


def test_what_happened_below_is_an_event_of_the_guest_that_it_happened_to() -> None:
    (change,) = [one for one in look(MadeHypervisor(), uuid=WEB1).events if one.name == "below.change"]
    assert (change.component, change.text("change"), change.text("who")) == (WEB1, "limit_changed", "root")


def test_a_lack_is_told_once_however_often_it_is_met() -> None:
    gaps = look(MadeHypervisor(), uuid=WEB1).gaps
    assert [gap.what.en for gap in gaps].count("sensors") == 1


def test_a_guest_that_is_not_found_is_a_gap_and_everything_is_told_all_the_same() -> None:
    page = look(MadeHypervisor())
    assert [gap.what.en for gap in page.gaps if "from below" in gap.what.en] == ["this guest from below"]
    assert len([one for one in page.events if one.name == "vm.facts"]) == 3


def test_names_from_below_are_hostile() -> None:
    (identity,) = [
        one for one in look(MadeHypervisor(), uuid=WEB1).events if one.name == "hypervisor.identity"
    ]
    assert "\x1b" not in identity.text("name")


def test_nothing_is_asked_where_no_site_names_a_hypervisor() -> None:
    page = look_at(SIGHT, MadeReach(), rounds=1)
    assert (page.events, page.series, page.gaps) == ((), (), ())
