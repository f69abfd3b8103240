"""Memory, swap, the limits of groups."""

import pytest
from tests.evidence_builder import EvidenceBuilder

from tenmatsu.diagnose.findings import (
    memory_ballooned,
    memory_limit_near,
    memory_short,
    process_limit_near,
    swapping,
)
from tenmatsu.model.finding import State


def memory(least: float, *, stalled: float | None = None) -> EvidenceBuilder:
    """Return memory of which `least` per mille are available at the worst moment."""
    made = EvidenceBuilder().looked("memory").gauge("system.memory.limit", 1000, 1000)
    made.gauge("system.linux.memory.available", 900, least, 800)
    if stalled is not None:
        made.counter("linux.pressure.stalled_time", 0, stalled, resource="memory", degree="some")
    return made


def group_memory(
    used: float, limit: float = 1e9, *, made: EvidenceBuilder | None = None, group: str = "/web"
) -> EvidenceBuilder:
    made = made or EvidenceBuilder().looked("cgroups")
    made.gauge("container.memory.usage", used / 2, used, used / 3, cgroup=group)
    return made.gauge("linux.cgroup.memory.limit", limit, limit, cgroup=group)


def paging(pages_in: float, pages_out: float) -> EvidenceBuilder:
    made = EvidenceBuilder().looked("memory")
    for direction, pages in (("in", pages_in), ("out", pages_out)):
        made.counter("system.paging.operations", 70, 70 + pages, system__paging__direction=direction)
    return made


def group_pids(
    count: float, refused: float = 0, *, made: EvidenceBuilder | None = None, group: str = "/web"
) -> EvidenceBuilder:
    made = made or EvidenceBuilder().looked("cgroups")
    made.gauge("linux.cgroup.pids.count", 3, count, 5, cgroup=group)
    made.gauge("linux.cgroup.pids.limit", 100, 100, cgroup=group)
    return made.counter("linux.cgroup.pids.max_events", 4, 4 + refused, cgroup=group)


def ballooned(taken: float, *, available: float = 50, made: EvidenceBuilder | None = None) -> EvidenceBuilder:
    """A guest of 1,000 bytes, of which `taken` are in the balloon at the worst moment."""
    made = made or EvidenceBuilder().looked("outside")
    made.event("machine.outside", virtualisation="kvm", container="none", balloon_driver="virtio")
    made.gauge("linux.balloon.taken", 0, taken, driver="virtio", by="/proc/vmstat")
    made.gauge("system.memory.limit", 1000 - taken, 1000 - taken)
    return made.gauge("system.linux.memory.available", (1000 - taken) * available / 100)


def ballooned_below(taken: float) -> EvidenceBuilder:
    """The same told by the hypervisor alone."""
    made = EvidenceBuilder().looked("below").event("vm.facts", is_here="uuid", memory_bytes=1000)
    return made.gauge("vm.memory.balloon", 0, taken)


CASES = {
    "memory-ballooned": (lambda: ballooned(400, available=5), lambda: ballooned(50)),
    "memory-short": (lambda: memory(20, stalled=8), lambda: memory(700, stalled=0.1)),
    "memory-limit-near": (lambda: group_memory(0.99e9), lambda: group_memory(0.2e9)),
    "swapping": (lambda: paging(9000, 9000), lambda: paging(0, 3)),
    "process-limit-near": (lambda: group_pids(100, 12), lambda: group_pids(20)),
}


@pytest.mark.parametrize(
    ("least", "stalled", "state"),
    [
        (30, None, State.ABSENT),
        (29.9, None, State.PRESENT),
        (500, 1.99, State.ABSENT),
        (500, 2.0, State.PRESENT),
    ],
)
def test_memory_is_short_under_three_percent_or_when_tasks_wait_a_tenth_of_the_time(
    least: float, stalled: float | None, state: State
) -> None:
    assert memory_short.KIND(memory(least, stalled=stalled).build()).state is state


def test_waiting_for_memory_weighs_by_its_share() -> None:
    assert memory_short.KIND(memory(500, stalled=3).build()).strength == pytest.approx(0.5)
    assert memory_short.KIND(memory(10, stalled=0).build()).strength == 1.0


def test_memory_without_its_size_is_unknown() -> None:
    made = EvidenceBuilder().looked("memory").gauge("system.linux.memory.available", 5)
    assert memory_short.KIND(made.build()).state is State.UNKNOWN
    assert memory_short.KIND(made.gauge("system.memory.limit", 0).build()).state is State.UNKNOWN


@pytest.mark.parametrize(("used", "state"), [(0.949e9, State.ABSENT), (0.95e9, State.PRESENT)])
def test_a_group_is_near_its_memory_limit_from_95_percent_on(used: float, state: State) -> None:
    assert memory_limit_near.KIND(group_memory(used).build()).state is state


def test_the_group_nearest_to_its_memory_limit_is_named() -> None:
    made = group_memory(2.9e9, 3e9, made=group_memory(0.96e9), group="/db")
    found = memory_limit_near.KIND(made.build())
    assert dict(found.values) == {"used_ratio": 0.967, "cgroup": "/db", "limit_bytes": 3_000_000_000}
    assert found.sentence.en == "group /db came to 97% of its 3000 MB of memory"


def test_no_group_with_a_memory_limit_is_absent() -> None:
    assert memory_limit_near.KIND(EvidenceBuilder().looked("cgroups").build()).state is State.ABSENT
    nothing = EvidenceBuilder().looked("cgroups").gauge("linux.cgroup.memory.limit", 0, cgroup="/x")
    assert memory_limit_near.KIND(nothing.build()).state is State.ABSENT


@pytest.mark.parametrize(
    ("pages_in", "pages_out", "state"),
    [
        (1999, 1e6, State.ABSENT),
        (1e6, 1999, State.ABSENT),
        (2000, 2000, State.PRESENT),
    ],
)
def test_swapping_is_a_hundred_pages_a_second_both_ways(
    pages_in: float, pages_out: float, state: State
) -> None:
    assert swapping.KIND(paging(pages_in, pages_out).build()).state is state


def test_swapping_says_both_rates() -> None:
    found = swapping.KIND(paging(4000, 8000).build())
    assert dict(found.values) == {"pages_in_per_second": 200.0, "pages_out_per_second": 400.0}
    assert found.sentence.en == "it swaps all the time: 200 pages in and 400 out each second"


def test_one_sample_of_paging_is_unknown() -> None:
    made = EvidenceBuilder().looked("memory")
    for direction in ("in", "out"):
        made.counter("system.paging.operations", 5, system__paging__direction=direction)
    assert swapping.KIND(made.build()).state is State.UNKNOWN


@pytest.mark.parametrize(
    ("count", "refused", "state", "strength"),
    [
        (94, 0, State.ABSENT, 1.0),
        (95, 0, State.PRESENT, 0.5),
        (10, 1, State.PRESENT, 1.0),
    ],
)
def test_a_process_limit_is_near_from_95_percent_on_and_reached_with_one_refusal(
    count: float, refused: float, state: State, strength: float
) -> None:
    found = process_limit_near.KIND(group_pids(count, refused).build())
    assert (found.state, found.strength) == (state, strength)


def test_the_group_that_was_refused_is_named_not_a_fuller_one() -> None:
    made = group_pids(99, group="/idle", made=group_pids(80, 5, group="/web"))
    found = process_limit_near.KIND(made.build())
    assert dict(found.values) == {"used_ratio": 0.8, "refused": 5, "cgroup": "/web"}
    assert found.sentence.en == "group /web is at its limit of 100 processes; 5 were refused in the window"


def test_no_group_with_a_process_limit_is_absent() -> None:
    assert process_limit_near.KIND(EvidenceBuilder().looked("cgroups").build()).state is State.ABSENT


@pytest.mark.parametrize(
    ("taken", "available", "state"),
    [(99, 5, State.ABSENT), (100, 5, State.PRESENT), (400, 24.9, State.PRESENT), (400, 25, State.ABSENT)],
)
def test_a_balloon_counts_from_a_tenth_on_where_little_is_left(
    taken: float, available: float, state: State
) -> None:
    assert memory_ballooned.KIND(ballooned(taken, available=available).build()).state is state


def test_a_balloon_weighs_by_its_share() -> None:
    found = memory_ballooned.KIND(ballooned(200, available=5).build())
    assert found.strength == pytest.approx(0.5)
    assert (found.values["taken_bytes"], found.values["told"]) == (200, "inside")


def test_a_balloon_that_only_the_hypervisor_tells_of() -> None:
    found = memory_ballooned.KIND(ballooned_below(400).build())
    assert (found.state, found.values["told"]) == (State.PRESENT, "below")
    assert memory_ballooned.KIND(ballooned_below(20).build()).state is State.ABSENT


def test_a_balloon_of_a_neighbour_is_not_ours() -> None:
    made = EvidenceBuilder().looked("below").event("vm.facts", is_here="", memory_bytes=1000)
    assert memory_ballooned.KIND(made.gauge("vm.memory.balloon", 900).build()).state is State.UNKNOWN


@pytest.mark.parametrize(
    ("virtualisation", "driver", "container", "state"),
    [
        ("none", "", "none", State.ABSENT),
        ("kvm", "", "none", State.ABSENT),
        ("kvm", "", "docker", State.UNKNOWN),
        ("xen", "xen", "none", State.UNKNOWN),
    ],
)
def test_a_balloon_that_nobody_tells_of(
    virtualisation: str, driver: str, container: str, state: State
) -> None:
    made = EvidenceBuilder().looked("outside")
    made.event("machine.outside", virtualisation=virtualisation, container=container, balloon_driver=driver)
    assert memory_ballooned.KIND(made.build()).state is state


def test_a_balloon_of_a_guest_of_unknown_size_is_unknown() -> None:
    made = EvidenceBuilder().looked("outside").gauge("linux.balloon.taken", 0)
    assert memory_ballooned.KIND(made.build()).state is State.UNKNOWN
