"""Findings that only the view from below makes possible."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.evidence_builder import EvidenceBuilder

from tenmatsu.diagnose.findings import (
    changed_below,
    dependency_fails,
    guest_at_own_limit,
    host_hardware_alarm,
    host_overcommitted,
    inside_outside_disagree,
    memory_swapped_by_host,
    store_slow,
)
from tenmatsu.model.evidence import Outcome, Value, Window
from tenmatsu.model.finding import State

HOUR = timedelta(hours=1)
WEB1, DNS1, HOST, STORE = "uuid-of-web1", "uuid-of-dns1", "esx1/host-1", "esx1/ds-1"


def below(**facts: Value) -> EvidenceBuilder:
    """Return a guest of one core and its neighbour on a host of eight cores, nothing measured yet."""
    usual: dict[str, Any] = {"name": "web1", "host": HOST, "power": "on", "is_here": "uuid", "stores": "ssd"}
    return (
        EvidenceBuilder()
        .looked("below", "cpu")
        .event("vm.facts", of=WEB1, **{**usual, **facts})
        .event("vm.facts", of=DNS1, **{**usual, "name": "dns1", "is_here": "", "stores": "ssd"})
        .event("host.facts", of=HOST, name="esx1", cores=8)
        .event("store.facts", of=STORE, name="ssd", shared=True)
        .gauge("host.cpu.usage", 1.4, 1.5, of=HOST)
    )


def limited(held: float, used: float = 0.2) -> EvidenceBuilder:
    made = below(cpu_limit_cores=0.2).gauge("vm.cpu.usage", used, used, of=WEB1)
    return made.gauge("vm.cpu.held", held, held, of=WEB1)


def waiting(share: float, held: float = 0.0) -> EvidenceBuilder:
    made = below().gauge("vm.cpu.ready", share + held, share + held, of=WEB1)
    made.gauge("vm.cpu.held", held, held, of=WEB1).gauge("vm.cpu.usage", 6.0, 6.0, of=DNS1)
    return made.gauge("vm.cpu.usage", 0.5, 0.5, of=WEB1)


def both_sides(inside: float, outside: float) -> EvidenceBuilder:
    made = below().gauge("vm.cpu.usage", outside, outside, of=WEB1)
    return made.counter("system.cpu.time", 100, 100 + 20 * inside, cpu__mode="user")


def swapped(bytes_per_second: float) -> EvidenceBuilder:
    made = below().gauge("vm.memory.swapped", 3e8, 3e8, of=WEB1)
    return made.gauge("vm.memory.swap_in", bytes_per_second, bytes_per_second, of=WEB1)


def disk(seconds: float, operations: float = 20.0) -> EvidenceBuilder:
    made = below().gauge("vm.disk.latency", seconds, seconds, of=WEB1, disk="vda", direction="read")
    return made.gauge("vm.disk.operations", operations, operations, of=WEB1, disk="vda", direction="read")


def sensors(*healths: str) -> EvidenceBuilder:
    made = below()
    for number, health in enumerate(healths):
        made.event("host.sensor", of=HOST, name=f"fan {number}", health=health, reading="0 rpm")
    return made


def changed(change: str, *, of: str = WEB1, seconds: float = 1.0, **more: Value) -> EvidenceBuilder:
    return below().event("below.change", of=of, seconds=seconds, change=change, who="root", **more)


def beside(*statuses: str) -> EvidenceBuilder:
    made = EvidenceBuilder()
    for number, status in enumerate(statuses):
        made.event(
            "beside.verdict",
            of=f"dns{number}/boot",
            name=f"dns{number}",
            status=status,
            failing=status == "likely",
            cause="runaway-process" if status == "likely" else "",
            cause_en="a runaway process" if status == "likely" else "",
            cause_ja="暴走プロセス" if status == "likely" else "",
            probability=0.9,
        )
    return made


CASES = {
    "dependency-fails": (lambda: beside("healthy", "likely"), lambda: beside("healthy", "inconclusive")),
    "guest-at-own-limit": (lambda: limited(0.7), lambda: limited(0.02, used=0.1)),
    "host-overcommitted": (lambda: waiting(0.15), lambda: waiting(0.01)),
    "inside-outside-disagree": (lambda: both_sides(1.0, 0.2), lambda: both_sides(0.5, 0.55)),
    "memory-swapped-by-host": (lambda: swapped(800e3), lambda: swapped(0.0)),
    "store-slow": (lambda: disk(0.06), lambda: disk(0.002)),
    "host-hardware-alarm": (lambda: sensors("good", "bad"), lambda: sensors("good", "good")),
    "changed-below": (lambda: changed("snapshot_taken"), below),
}


def test_neighbours_are_fine_because_of_the_limit_and_it_says_so() -> None:
    made = limited(0.7).gauge("vm.cpu.ready", 0.01, 0.01, of=DNS1)
    found = guest_at_own_limit.KIND(made.build())
    assert "fine because of that limit" in found.sentence.en
    assert "上限のおかげ" in found.sentence.ja
    assert found.values["host_load_ratio"] == pytest.approx(0.181, abs=0.001)


def test_a_busy_host_is_not_called_at_ease() -> None:
    found = guest_at_own_limit.KIND(limited(0.7).gauge("host.cpu.usage", 14, 14, of=HOST).build())
    assert "busy as well" in found.sentence.en


def test_where_held_time_is_not_told_use_at_the_limit_tells_it() -> None:
    at_limit = below(cpu_limit_cores=0.5).gauge("vm.cpu.usage", 0.49, 0.5, of=WEB1)
    assert guest_at_own_limit.KIND(at_limit.build()).state is State.PRESENT
    under = below(cpu_limit_cores=0.5).gauge("vm.cpu.usage", 0.4, 0.45, of=WEB1)
    assert guest_at_own_limit.KIND(under.build()).state is State.ABSENT


def test_no_limit_is_nothing_and_a_limit_that_was_not_told_is_a_gap() -> None:
    assert guest_at_own_limit.KIND(below().build()).state is State.ABSENT
    assert guest_at_own_limit.KIND(below(cpu_limit_told=False).build()).state is State.UNKNOWN


def test_time_held_by_the_own_limit_is_not_the_hosts_fault() -> None:
    assert host_overcommitted.KIND(waiting(0.01, held=0.6).build()).state is State.ABSENT


def test_those_who_take_the_cores_are_named() -> None:
    assert "dns1 6.0" in host_overcommitted.KIND(waiting(0.15).build()).sentence.en


def test_both_ways_to_disagree_are_told_apart() -> None:
    assert "costs more below" in inside_outside_disagree.KIND(both_sides(0.3, 1.5).build()).sentence.en
    assert "taken away" in inside_outside_disagree.KIND(both_sides(1.0, 0.2).build()).sentence.en


def test_what_the_devices_cost_is_no_disagreement() -> None:
    made = both_sides(0.3, 1.5).gauge("vm.cpu.emulator", 1.1, 1.1, of=WEB1)
    assert inside_outside_disagree.KIND(made.build()).state is State.ABSENT


def test_memory_that_only_lies_in_the_swap_is_told_and_not_blamed() -> None:
    found = memory_swapped_by_host.KIND(swapped(0.0).build())
    assert found.state is State.ABSENT
    assert "hardly touched" in found.sentence.en


def test_one_slow_request_is_no_slow_disk() -> None:
    assert store_slow.KIND(disk(0.5, operations=0.1).build()).state is State.UNKNOWN


def test_a_slow_store_is_told_by_itself_and_who_shares_it() -> None:
    made = below().gauge("store.latency", 0.08, 0.08, of=STORE, direction="read")
    made.gauge("vm.disk.latency", 0.07, 0.07, of=DNS1, disk="a", direction="read")
    found = store_slow.KIND(made.build())
    assert found.state is State.PRESENT
    assert "dns1" in found.sentence.en


def test_a_host_without_sensors_is_unknown() -> None:
    assert host_hardware_alarm.KIND(below().build()).state is State.UNKNOWN


def test_a_change_far_from_the_first_failure_weighs_little() -> None:
    near = changed("limit_changed", seconds=2.0).request(Outcome.FAILED, 1.0).build()
    assert changed_below.KIND(near).strength == 1.0
    assert changed_below.KIND(changed("started").build()).state is State.ABSENT
    assert changed_below.KIND(changed("limit_changed", of=DNS1).build()).state is State.ABSENT
    assert changed_below.KIND(changed("host_started", of=HOST).build()).state is State.PRESENT
    assert changed_below.KIND(changed("limit_changed", failed=True).build()).state is State.ABSENT


def test_the_machine_that_fails_is_named_with_its_cause() -> None:
    found = dependency_fails.KIND(beside("healthy", "likely").build())
    assert "dns1, which it needs, fails itself: a runaway process" in found.sentence.en
    assert "暴走プロセス" in found.sentence.ja


def test_machines_of_which_nobody_can_tell_are_no_good_news() -> None:
    assert dependency_fails.KIND(beside("inconclusive").build()).state is State.UNKNOWN


def test_on_metal_there_is_nothing_below_and_in_a_guest_nobody_asked() -> None:
    metal = EvidenceBuilder().event("machine.identity", virtualisation="none").build()
    guest = EvidenceBuilder().event("machine.identity", virtualisation="kvm").build()
    assert guest_at_own_limit.KIND(metal).state is State.ABSENT
    unknown = guest_at_own_limit.KIND(guest)
    assert unknown.state is State.UNKNOWN
    assert "investigate --site" in unknown.sentence.en


def test_a_recording_is_judged_by_its_own_time() -> None:
    made = limited(0.7)
    build = made.build()
    late = replace(build, window=Window(start=build.window.end + HOUR, end=build.window.end + 2 * HOUR))
    assert guest_at_own_limit.KIND(late).state is State.UNKNOWN
    recorded = made.event("hypervisor.identity", product="vmware", recorded=True).build()
    late = replace(recorded, window=late.window)
    assert guest_at_own_limit.KIND(late).state is State.PRESENT
    assert inside_outside_disagree.KIND(late).state is State.UNKNOWN


def test_a_recording_knows_of_no_changes_and_time_held_counts_without_a_limit() -> None:
    recorded = changed("limit_changed").event("hypervisor.identity", recorded=True)
    assert changed_below.KIND(recorded.build()).state is State.UNKNOWN
    held = below(cpu_limit_told=False).gauge("vm.cpu.held", 0.41, 0.41, of=WEB1)
    found = guest_at_own_limit.KIND(held.build())
    assert found.state is State.PRESENT
    assert "held at its own limit in 41% of the time" in found.sentence.en
