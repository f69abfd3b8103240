"""When and which requests fail: writes only, in bursts of load, the slow ones; and what chance alone does."""

from itertools import combinations
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evidence_builder import EvidenceBuilder, at
from tests.findings.made_web_evidence import WebEvidence, served

from tenmatsu.diagnose import exact_tests
from tenmatsu.diagnose.exact_tests import rank_chance, share_chance
from tenmatsu.diagnose.findings import fails_in_bursts, fails_on_writes_only, fails_when_slow
from tenmatsu.model.evidence import Outcome
from tenmatsu.model.finding import FindingKind, State

SECONDS = 40.0
BLOG = "/cgi-bin/mt.cgi"
# Forks counted each second: bursts of 300 in seconds 5 to 8, 15 to 18 and 28 to 31.
BURSTS = ((5, 8), (15, 18), (28, 31))


def forks(made: EvidenceBuilder, *bursts: tuple[int, int]) -> EvidenceBuilder:
    total, states = 0.0, [0.0]
    for second in range(int(SECONDS)):
        total += 300 if any(begin <= second < end for begin, end in bursts) else 3
        states.append(total)
    return made.counter("system.process.created", *states)


def asked_each_second(*failing: tuple[int, int], seconds: float = 0.4) -> EvidenceBuilder:
    """Ask once a second; those asked within the times given fail."""
    made = EvidenceBuilder(seconds=SECONDS).looked("requests", "web_logs", "cpu", "cgroups")
    for second in range(int(SECONDS)):
        fails = any(begin <= second < end for begin, end in failing)
        outcome = Outcome.FAILED if fails else Outcome.OK
        made.request(outcome, seconds, time=at(second + 0.1), status=500 if fails else 200)
    return made


def stormy() -> EvidenceBuilder:
    return forks(asked_each_second(*BURSTS), *BURSTS)


def calm_with_failures() -> EvidenceBuilder:
    return forks(asked_each_second(*BURSTS))


def blog(*, writes: int, failed: int, reads: int, reads_failed: int = 0, path: str = BLOG) -> WebEvidence:
    """A blog whose users write and read, by the same script unless said otherwise."""
    made = served(seconds=SECONDS)
    made.users(writes, failed=failed, path=BLOG, method="POST")
    return made.users(reads, failed=reads_failed, path=path, method="GET")


def written() -> EvidenceBuilder:
    return blog(writes=20, failed=7, reads=40)


def both_fail() -> EvidenceBuilder:
    return blog(writes=20, failed=7, reads=20, reads_failed=7)


def durations(failed: tuple[float, ...], well: tuple[float, ...]) -> EvidenceBuilder:
    made = EvidenceBuilder(seconds=SECONDS).looked("requests", "web_logs", "cgi", "programs")
    for seconds in failed:
        made.request(Outcome.FAILED, seconds, status=500)
    for seconds in well:
        made.request(Outcome.OK, seconds, status=200)
    return made


WELL = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2)


def slow_fail() -> EvidenceBuilder:
    return durations((2.1, 3.4, 4.8, 6.0), WELL)


def any_fail() -> EvidenceBuilder:
    return durations((0.55, 0.75, 0.95, 1.15), WELL)


CASES = {
    "fails-in-bursts": (stormy, calm_with_failures),
    "fails-on-writes-only": (written, both_fail),
    "fails-when-slow": (slow_fail, any_fail),
}


def test_failures_within_bursts_and_none_outside() -> None:
    found = fails_in_bursts.KIND(stormy().build())
    assert (found.state, found.strength, found.harm) == (State.PRESENT, 1.0, False)
    assert (found.values["bursts"], found.values["bursts_with_failures"]) == (3, 3)
    assert (found.since, found.last) == (at(5.1), at(30.1))
    assert found.sentence.en == (
        "requests fail while many processes begin (9 of 12), and hardly else (0 of 28)"
    )


def test_a_group_held_at_its_limit_makes_bursts_too() -> None:
    made = asked_each_second(*BURSTS)
    held, states = 0.0, [0.0]
    for second in range(int(SECONDS)):
        held += 9 if any(begin <= second < end for begin, end in BURSTS) else 1
        states.append(held)
    periods = [10.0 * number for number in range(int(SECONDS) + 1)]
    made.counter("linux.cgroup.cpu.periods", *periods, cgroup="/web")
    made.counter("linux.cgroup.cpu.throttled_periods", *states, cgroup="/web")
    found = fails_in_bursts.KIND(made.build())
    assert (found.state, found.values["kind"]) == (State.PRESENT, "held")


def test_failures_spread_over_bursts_and_calm_are_not_the_bursts() -> None:
    made = forks(asked_each_second((3, 7), (12, 16), (22, 24), (30, 34)), *BURSTS)
    assert fails_in_bursts.KIND(made.build()).state is State.ABSENT


def test_one_burst_is_one_coincidence() -> None:
    made = forks(asked_each_second((15, 18)), (14, 19))
    found = fails_in_bursts.KIND(made.build())
    assert (found.state, found.sentence.en.endswith("that may be chance")) == (State.UNKNOWN, True)


def test_bursts_all_the_time_leave_nothing_to_compare() -> None:
    made = forks(asked_each_second(*BURSTS), (0, 40))
    assert fails_in_bursts.KIND(made.build()).state is State.UNKNOWN


def test_pages_that_never_fail_do_not_thin_out_the_shares_of_what_fails() -> None:
    made = forks(asked_each_second(*BURSTS), *BURSTS)
    for number in range(200):
        made.request(Outcome.OK, 0.01, time=at(0.2 * number), path="/index.html", status=200)
    found = fails_in_bursts.KIND(made.build())
    assert (found.state, found.values["total_inside"], found.values["total_outside"]) == (
        State.PRESENT,
        12,
        28,
    )


def test_where_nothing_else_is_like_what_fails_all_requests_are_compared() -> None:
    made = EvidenceBuilder(seconds=SECONDS).looked("requests", "web_logs", "cpu", "cgroups")
    for number, (begin, end) in enumerate(BURSTS):
        for second in range(begin, end):
            made.request(Outcome.FAILED, 0.4, time=at(second + 0.1), path="/" + "a" * (second + number))
    for second in range(int(SECONDS)):
        made.request(Outcome.OK, 0.4, time=at(second + 0.3), path="/index.html")
    found = fails_in_bursts.KIND(forks(made, *BURSTS).build())
    assert (found.state, found.values["total_outside"]) == (State.PRESENT, 28)


def test_forks_that_the_requests_explain_are_no_burst() -> None:
    made = served(seconds=SECONDS).looked("cgroups", "cpu")
    for begin, end in BURSTS:
        made.users(60 * (end - begin), failed=3, begin=begin, step=1 / 60)
    assert fails_in_bursts.KIND(forks(made, *BURSTS).build()).values["bursts"] == 0


def test_a_long_request_meets_a_burst_no_more_easily_than_a_short_one() -> None:
    made = forks(asked_each_second(*BURSTS, seconds=30.0), *BURSTS)
    assert fails_in_bursts.KIND(made.build()).values["total_inside"] == 12


def test_only_one_of_two_sources_halves_what_no_burst_says() -> None:
    made = EvidenceBuilder(seconds=SECONDS).looked("requests", "cpu")
    for _ in range(3):
        made.request(Outcome.FAILED, 1.0)
    found = fails_in_bursts.KIND(forks(made).build())
    assert (found.state, found.strength) == (State.ABSENT, 0.5)


def test_writing_fails_and_reading_by_the_same_script_does_not() -> None:
    found = fails_on_writes_only.KIND(written().build())
    assert (found.state, found.values["same_script"], found.harm) == (State.PRESENT, True, False)
    assert found.strength > 0.9
    assert found.sentence.en == ("writing fails (7 of 20), reading by the same script does not (0 of 40)")


def test_against_other_pages_it_weighs_less() -> None:
    made = blog(writes=20, failed=7, reads=40, path="/index.html")
    found = fails_on_writes_only.KIND(made.build())
    assert (found.state, found.values["same_script"]) == (State.PRESENT, False)
    assert 0.5 < found.strength < 0.6


def test_where_the_log_gives_no_method_the_path_tells() -> None:
    made = served(seconds=SECONDS).users(20, failed=7, path="/mt/mt-xmlrpc.cgi", method="")
    made.users(40, path="/index.html", method="")
    assert fails_on_writes_only.KIND(made.build()).state is State.PRESENT


def test_attackers_posts_are_not_the_users() -> None:
    made = blog(writes=20, failed=7, reads=20, reads_failed=7)
    made.users(400, path="/xmlrpc.php", method="POST", reason="attack")
    assert fails_on_writes_only.KIND(made.build()).values["total_inside"] == 20


@pytest.mark.parametrize(("failed", "reads"), [(2, 40), (7, 0), (4, 3)])
def test_too_few_to_tell_writes_from_reads(failed: int, reads: int) -> None:
    made = blog(writes=8, failed=failed, reads=reads)
    assert fails_on_writes_only.KIND(made.build()).state is State.UNKNOWN


def test_the_slow_ones_fail() -> None:
    found = fails_when_slow.KIND(slow_fail().build())
    assert (found.state, found.values["shape"], found.values["chance"]) == (
        State.PRESENT,
        "slow end",
        round(1 / 495, 6),
    )


@pytest.mark.parametrize(
    ("failed", "shape", "state"),
    [
        ((0.02, 0.02, 0.03), "at once", State.ABSENT),
        ((3.0, 3.01, 3.02, 3.05), "fixed time", State.PRESENT),
        ((0.55, 0.75, 0.95, 1.15), "any", State.ABSENT),
    ],
)
def test_the_shape_of_failures(failed: tuple[float, ...], shape: str, state: State) -> None:
    found = fails_when_slow.KIND(durations(failed, WELL).build())
    assert (found.values["shape"], found.state) == (shape, state)


def test_where_all_fail_at_once_no_success_is_needed_to_say_so() -> None:
    found = fails_when_slow.KIND(durations((0.02, 0.03, 0.02), ()).build())
    assert (found.state, found.sentence.en) == (
        State.ABSENT,
        "requests fail at once (after 0.02 s), all of them",
    )


def test_death_at_a_fixed_cpu_time_is_told_from_one_at_a_fixed_time_and_how_it_ended() -> None:
    made = served(seconds=SECONDS)
    for number, seconds in enumerate((1.1, 1.9, 2.6, 3.3)):
        start = 4.0 + 8 * number
        made.request(Outcome.FAILED, seconds, time=at(start), status=500, path=BLOG)
        made.line("script-ended-early", start + seconds - 0.01)
        made.script(start + seconds - 0.02, cpu=0.95, lived=seconds - 0.1, process__command="mt.cgi")
        made.event(
            "process.ended",
            seconds=start + seconds,
            process__command="mt.cgi",
            processes=1,
            end_within_seconds=0.5,
            lived_seconds=seconds - 0.09,
            cpu_seconds=1.0,
            signal=9,
        )
    made.users(8, path=BLOG, duration_seconds=0.6)
    found = fails_when_slow.KIND(made.build())
    assert (found.state, found.values["shape"], found.values["ends"]) == (
        State.PRESENT,
        "fixed CPU time",
        "signal 9: 4",
    )
    assert found.sentence.en.endswith("always after 1 s of CPU; their processes ended by signal 9 × 4")


def test_other_pages_durations_are_not_compared() -> None:
    made = durations((0.55, 0.75, 0.95, 1.15), WELL)
    for _ in range(50):
        made.request(Outcome.OK, 0.001, path="/style.css")
    assert fails_when_slow.KIND(made.build()).state is State.ABSENT


def test_what_is_nearly_a_difference_speaks_little_against_one() -> None:
    nearly = fails_when_slow.KIND(durations((0.7, 0.95, 1.15, 1.3), WELL).build())
    assert nearly.state is State.ABSENT
    assert 0 < nearly.strength < 0.5


@pytest.mark.parametrize("kind", [fails_in_bursts.KIND, fails_on_writes_only.KIND, fails_when_slow.KIND])
def test_where_nothing_fails_there_is_nothing_to_compare(kind: FindingKind) -> None:
    found = kind(forks(asked_each_second(), *BURSTS).build())
    assert found.state is State.UNKNOWN


def test_shares_by_the_lady_who_tasted_tea() -> None:
    """Fisher's own example: three of four cups right, chance 17 in 70."""
    assert isclose(share_chance(3, 4, 1, 4), 17 / 70)
    assert isclose(share_chance(4, 4, 0, 4), 1 / 70)
    assert share_chance(0, 4, 0, 4) == share_chance(3, 4, 0, 0) == 1.0


@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=4), st.lists(st.integers(0, 4), min_size=1, max_size=5)
)
def test_ranks_are_counted_out_exactly_also_with_ties(higher: list[int], others: list[int]) -> None:
    everything = sorted([*higher, *others])
    ranks = {value: 2 * everything.index(value) + everything.count(value) + 1 for value in everything}
    seen = sum(ranks[value] for value in higher)
    sums = [sum(ranks[value] for value in chosen) for chosen in combinations([*higher, *others], len(higher))]
    expected = sum(one >= seen for one in sums) / len(sums)
    assert isclose(rank_chance(higher, others), expected)


def test_many_ranks_are_judged_by_the_normal_curve_much_as_by_counting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    higher, others = [number + 5.5 for number in range(15)], list(range(15))
    exact = rank_chance(higher, others)
    monkeypatch.setattr(exact_tests, "_MOST_STEPS", 0)
    assert 0.001 < exact < 0.01
    assert exact <= rank_chance(higher, others) <= 1.5 * exact  # it errs on the careful side
    assert rank_chance([1.0] * 500, [1.0] * 500) == 1.0
