"""What ran in any while that is kept: windows, blocks, the past, breaks, and how complete it is."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.ui.replay import BEGUN, COST, count, ended, hello, look, look_at, lost

from tenmatsu.model.processes import Grouping, Ran, Row
from tenmatsu.parse.probe_frames import Count, Frame, Living, Look, Sample, Starter, Trouble
from tenmatsu.reach.probe import Lost
from tenmatsu.sight.process_ledger import Ledger

SECOND = timedelta(seconds=1)


def keep(*frames: Frame | Lost) -> Ledger:
    ledger = Ledger("web1")
    for frame in frames:
        ledger.take(frame)
    return ledger


def ran(ledger: Ledger, seconds: float, at: int | None = None, grouping: Grouping = Grouping.PROGRAM) -> Ran:
    until = None if at is None else BEGUN + at * SECOND
    found = ledger.ran(seconds, until=until, grouping=grouping)
    assert found
    return found


def row(found: Ran, name: str) -> Row:
    return next(one for one in found.rows if one.name == name)


def steady(seconds: int) -> list[Frame | Lost]:
    """One `a` a second, and `at` of `b` at each second."""
    return [hello(), *(look(at, ended("a"), ended("b", at)) for at in range(1, seconds + 1))]


def test_nothing_is_known_before_the_first_look() -> None:
    assert keep().ran(10) is None
    assert keep(hello()).ran(10) is None
    assert keep(look(1, ended("a"))).ran(10) is None
    assert keep(hello()).begins is None


@pytest.mark.parametrize(("seconds", "looks"), [(1, 1), (2, 2), (10, 10), (600, 30)])
def test_a_window_takes_the_last_looks(seconds: float, looks: int) -> None:
    found = ran(keep(*steady(30)), seconds)
    assert row(found, "a").ended == row(found, "a").started == looks
    assert row(found, "b").ended == sum(range(31 - looks, 31))
    assert found.seconds == looks
    assert (found.begun, found.ended) == (BEGUN + (30 - looks) * SECOND, BEGUN + 30 * SECOND)


def test_a_window_ends_where_it_was_asked_to() -> None:
    found = ran(keep(*steady(30)), 5, at=20)
    assert row(found, "b").ended == sum(range(16, 21))
    assert found.ended == BEGUN + 20 * SECOND
    assert keep(*steady(30)).ran(5, until=BEGUN) is None


@pytest.mark.parametrize("seconds", [69, 70, 80, 200, 500])
def test_looks_become_blocks_and_no_process_is_lost(seconds: int) -> None:
    ledger = keep(*steady(seconds))
    assert row(ran(ledger, 10_000), "b").ended == sum(range(1, seconds + 1))
    assert row(ran(ledger, 60), "a").ended == 60
    assert len(ledger._spans) <= 70 + seconds // 10
    assert ledger.begins == BEGUN


def test_of_the_past_whole_blocks_are_told() -> None:
    found = ran(keep(*steady(200)), 20, at=55)
    assert found.ended == BEGUN + 50 * SECOND
    assert row(found, "a").ended == 20


def test_the_oldest_is_dropped_after_an_hour() -> None:
    ledger = keep(*steady(3800))
    assert ledger.begins
    assert ledger.ends == BEGUN + 3800 * SECOND
    assert timedelta(0) < ledger.ends - ledger.begins <= timedelta(hours=1)


def living(name: str, alive: int, *, new: int = 0) -> Living:
    return Living(name=name, parent="sh", uid=0, alive=alive, new=new, pid=1, cpu_ns=1_000_000)


def test_the_living_of_the_past_are_those_of_then() -> None:
    ledger = keep(
        hello(living("a", 1)),
        look(1, living=[living("a", 4, new=3)]),
        look(2, living=[living("b", 2, new=2)]),
        look(3, ended("a", 4), living=[living("a", 0)]),
    )
    then = [{one.name: one.alive for one in ran(ledger, 1, at=at).rows} for at in (1, 2, 3)]
    assert then == [{"a": 4}, {"a": 4, "b": 2}, {"a": 0, "b": 2}]
    now = ran(ledger, 3)
    assert row(now, "a").started == 3
    assert row(now, "a").ended == 4
    assert row(now, "a").cpu_seconds == pytest.approx(0.003)


def test_after_a_break_the_living_are_counted_anew() -> None:
    ledger = keep(
        hello(living("a", 5)),
        look(1, ended("b")),
        lost(1),
        hello(living("a", 2), at=30),
        look(31, ended("b")),
    )
    found = ran(ledger, 60)
    assert row(found, "a").alive == 2
    assert row(found, "a").started == 0
    assert row(found, "b").ended == 2
    assert found.seconds == 2
    (gap,) = found.breaks
    assert (gap.since, gap.until) == (BEGUN + SECOND, BEGUN + 30 * SECOND)


def test_before_a_break_those_lived_who_lived_then() -> None:
    ledger = keep(
        hello(living("a", 5)),
        look(1, living=[living("a", 6, new=1)]),
        look(2, living=[living("a", 7, new=1)]),
        lost(2),
        hello(living("a", 2), at=30),
        look(31, living=[living("a", 3, new=1)]),
    )
    assert [row(ran(ledger, 1, at=at), "a").alive for at in (1, 2, 31)] == [6, 7, 3]


def test_a_break_that_lasts_has_no_end_and_one_long_ago_is_not_told() -> None:
    assert ran(keep(hello(), look(1), lost(1)), 10).breaks[0].until is None
    ledger = keep(hello(), look(1), lost(1), hello(at=30), look(31), look(32), look(33))
    assert ran(ledger, 2).breaks == ()


def test_a_window_does_not_reach_over_a_longer_break() -> None:
    ledger = keep(
        hello(), look(1, ended("b")), look(2, ended("b")), lost(2), hello(at=30), look(31, ended("b"))
    )
    found = ran(ledger, 10)
    assert (found.begun, found.seconds, row(found, "b").ended) == (BEGUN + 30 * SECOND, 1, 1)
    assert len(found.breaks) == 1


def test_a_break_after_the_window_is_not_told() -> None:
    ledger = keep(hello(), look(1), look(2), look(3), lost(3), hello(at=30), look(31))
    assert ran(ledger, 1, at=2).breaks == ()
    assert len(ran(ledger, 10).breaks) == 1


def counters(forks: int, tasks: int, before: int | None = None, after: int | None = None) -> Count:
    return replace(count(forks, tasks=tasks, used_ns=forks * 10**7), forks=(before, after))


@pytest.mark.parametrize(
    ("first", "last", "seen"),
    [
        ((0, 0), (100, 100), 100),
        ((0, 0), (90, 90), 90),  # ten are missing
        ((0, 2), (100, 104), 100),  # what happened between the two readings is nobody's fault
        ((5, 9), (100, 103), 98),  # at most 103 - 5 can have been seen
        ((0, 0), (103, 110), 103),  # more than the kernel counts: it was read later
        ((None, None), (100, 100), None),
    ],
)
def test_forks_seen_lie_between_what_is_sure(
    first: tuple[int, int], last: tuple[int, int], seen: int | None
) -> None:
    ledger = keep(hello(counted=counters(0, 50, *first)), look(1, counted=counters(100, 50, *last)))
    assert ran(ledger, 1).completeness.forks_seen == seen


def test_exits_are_the_forks_less_those_who_are_more_now() -> None:
    ledger = keep(
        hello(counted=count(1000, tasks=50)), look(1, ended("a", 90), counted=count(1100, tasks=57))
    )
    seen = ran(ledger, 1).completeness
    assert (seen.forks_counted, seen.exits_counted, seen.exits_captured) == (100, 93, 90)
    assert seen.captured_percent == 96.7
    fewer = keep(hello(counted=count(1000, tasks=50)), look(1, counted=count(1000, tasks=60)))
    assert ran(fewer, 1).completeness.exits_counted == 0
    assert ran(fewer, 1).completeness.captured_percent is None


def test_exits_of_threads_count_where_the_rung_tells_them() -> None:
    def tasks(forks: int, exits: int) -> Count:
        return replace(count(forks), task_exits=exits)

    ledger = keep(hello(counted=tasks(0, 7)), look(1, ended("a", 3), counted=tasks(10, 17)))
    assert ran(ledger, 1).completeness.exits_captured == 10


def test_a_window_over_two_runs_counts_each_by_its_own_counters() -> None:
    ledger = keep(
        hello(counted=counters(100, 50, 0, 0)),
        look(1, counted=counters(110, 50, 10, 10)),
        lost(1),
        hello(at=9, counted=counters(9000, 50, 0, 0)),
        look(10, counted=counters(9005, 50, 5, 5)),
    )
    seen = ran(ledger, 60).completeness
    assert (seen.forks_counted, seen.forks_seen) == (15, 15)
    assert seen.cpu_used_seconds == pytest.approx(0.15)
    assert seen.cpu_all_seconds == pytest.approx(0.3)


def test_what_was_lost_is_added_up_and_a_fallen_rung_is_told() -> None:
    ledger = keep(
        hello(),
        look(1, lost={"a": 1}),
        Trouble(rung="ebpf", text="gone"),
        look(2, rung="proc", lost={"a": 2, "b": 3}),
    )
    seen = ran(ledger, 10).completeness
    assert seen.events_lost == {"a": 3, "b": 3}
    assert seen.lost == 6
    assert (seen.rung, seen.cpu) == ("proc", "none")
    assert "ebpf: gone" in seen.remarks


def test_the_probe_s_own_cost_is_that_of_the_window() -> None:
    looks = [replace(look(at), cost=replace(COST, cpu_seconds=0.1 + at / 10)) for at in (1, 2, 3)]
    assert ran(keep(hello(), *looks), 2).completeness.probe_cpu_seconds == pytest.approx(0.2)


def test_children_that_nobody_saw_are_told_by_their_starter() -> None:
    starters = replace(look_at(), starters=(Starter(pid=5, name="make", cpu_ns=2_000_000_000),))
    seen: Look = replace(look(1, rung="proc"), living=starters)
    told = [(one.name, one.cpu_seconds) for one in ran(keep(hello(rung="none"), seen), 1).rows if one.unnamed]
    assert told == [("make", 2.0)]
    assert not [one for one in ran(keep(hello(rung="proc"), seen), 1).rows if one.unnamed]


def fleet() -> Sequence[Frame | Lost]:
    docker = f"/system.slice/docker-{'ab' * 32}.scope"
    cron = replace(ended("mail", 4, status=256, parent="cron"), cgroup="/system.slice/cron.service")
    boxed = replace(ended("mail", 2, status=9, parent="sh"), cgroup=docker, uid=33)
    sample = Sample(name="hald-addon-stor", path="/usr/lib/hal/hald-addon-storage", arguments=("-d",))
    return [
        hello(),
        look(
            1,
            cron,
            boxed,
            ended("hald-addon-stor", parent="hald"),
            ended("kworker/0:1", parent="kthreadd"),
            ended("kworker/u8:2", 2, parent="kthreadd"),
            samples=[sample],
        ),
    ]


def test_who_only_calls_itself_a_worker_of_the_kernel_is_not_hidden_among_them() -> None:
    told = look(1, ended("kworker/0:1", parent="kthreadd"), ended("kworker/9:9"), ended("kworker/*"))
    names = {one.name for one in ran(keep(hello(), told), 1).rows}
    assert names == {"kworker/*", "kworker/9:9", r"kworker/\x2a"}


@pytest.mark.parametrize(
    ("grouping", "names"),
    [
        (
            Grouping.PROGRAM,
            {"mail": 6, "hald-addon-storage": 1, "kworker/*": 3},
        ),
        (Grouping.SERVICE, {"cron.service": 4, "": 6}),
        (Grouping.PARENT, {"cron": 4, "sh": 2, "hald": 1, "kthreadd": 3}),
        (Grouping.USER, {"0": 8, "33": 2}),
        (Grouping.CONTAINER, {"abababababab": 2, "": 8}),
    ],
)
def test_rows_are_grouped(grouping: Grouping, names: dict[str, int]) -> None:
    found = ran(keep(*fleet()), 1, grouping=grouping)
    assert {one.name: one.ended for one in found.rows} == names


def test_a_row_tells_how_its_members_ended_and_who_they_were() -> None:
    mail = row(ran(keep(*fleet()), 1), "mail")
    assert (dict(mail.exit_codes), dict(mail.signals)) == ({1: 4}, {9: 2})
    assert dict(mail.users) == {0: 4, 33: 2}
    assert dict(mail.parents) == {"cron": 4, "sh": 2}
    assert mail.mean_life_seconds == pytest.approx(0.002)
    assert mail.container == ""
    hald = row(ran(keep(*fleet()), 1), "hald-addon-storage")
    assert (hald.comm, hald.executable) == ("hald-addon-stor", "/usr/lib/hal/hald-addon-storage")
    assert hald.commands == ("-d",)
