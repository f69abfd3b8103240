"""Our own requests: failing, slow, failing at a fixed time."""

import pytest
from tests.evidence_builder import EvidenceBuilder, at

from tenmatsu.diagnose.findings import failures_at_fixed_time, requests_fail, requests_slow
from tenmatsu.model.evidence import Outcome
from tenmatsu.model.finding import FindingKind, State

URL = "http://www.example.org/mt/mt.cgi"
OWN = "500, the server's own page"


def asked(*outcomes: Outcome, seconds: float | None = 0.3) -> EvidenceBuilder:
    made = EvidenceBuilder(url=URL).looked("requests")
    for outcome in outcomes:
        made.request(outcome, seconds, reason=OWN if outcome is Outcome.FAILED else "")
    return made


def failed_after(*seconds: float) -> EvidenceBuilder:
    made = EvidenceBuilder(url=URL).looked("requests")
    for one in seconds:
        made.request(Outcome.FAILED, one, reason=OWN)
    return made


CASES = {
    "requests-fail": (
        lambda: asked(*[Outcome.FAILED] * 7, *[Outcome.OK] * 13),
        lambda: asked(*[Outcome.OK] * 20),
    ),
    "requests-slow": (
        lambda: asked(*[Outcome.OK] * 3, seconds=9.0),
        lambda: asked(*[Outcome.OK] * 20),
    ),
    "failures-at-fixed-time": (
        lambda: failed_after(3.01, 3.0, 3.05),
        lambda: failed_after(1.0, 2.0, 7.5),
    ),
}


def test_one_failure_is_enough_and_its_onset_is_known() -> None:
    made = asked(Outcome.OK, Outcome.FAILED, Outcome.OK, Outcome.FAILED, Outcome.OK)
    found = requests_fail.KIND(made.build())
    assert (found.state, found.strength, found.harm) == (State.PRESENT, 1.0, True)
    assert (found.since, found.last) == (at(1), at(3))
    assert dict(found.values) == {"failures": 2, "total": 5, "low": 0.053, "high": 0.853}
    assert found.sentence.en == f"2 of 5 own requests failed (true rate 5% to 85%): {OWN}"


@pytest.mark.parametrize(("failures", "strength"), [(1, 0.75), (2, 1.0), (3, 1.0)])
def test_a_second_failure_makes_sure(failures: int, strength: float) -> None:
    made = asked(*[Outcome.FAILED] * failures, *[Outcome.OK] * 9)
    assert requests_fail.KIND(made.build()).strength == strength


def test_the_commonest_reason_is_said() -> None:
    made = asked(Outcome.FAILED, Outcome.FAILED).request(Outcome.FAILED, 1.0, reason="connection refused")
    assert requests_fail.KIND(made.build()).sentence.en.endswith(OWN)


@pytest.mark.parametrize(("good", "state"), [(2, State.UNKNOWN), (3, State.ABSENT)])
def test_three_successes_are_needed_to_say_that_all_is_well(good: int, state: State) -> None:
    assert requests_fail.KIND(asked(*[Outcome.OK] * good).build()).state is state


def test_the_more_successes_the_more_is_excluded() -> None:
    few, many = (requests_fail.KIND(asked(*[Outcome.OK] * number).build()) for number in (3, 30))
    assert 0.3 < few.strength < 0.7
    assert many.strength == 1.0


def test_what_the_windows_end_cut_off_counts_as_neither() -> None:
    assert requests_fail.KIND(asked(*[Outcome.OK] * 3, Outcome.UNKNOWN).build()).values["total"] == 3
    assert requests_fail.KIND(asked(*[Outcome.UNKNOWN] * 9).build()).state is State.UNKNOWN


def test_users_requests_are_not_our_own() -> None:
    made = asked(*[Outcome.OK] * 3)
    for _ in range(5):
        made.request(Outcome.FAILED, 9.0, maker="user")
    assert requests_fail.KIND(made.build()).state is State.ABSENT
    assert requests_slow.KIND(made.build()).state is State.ABSENT


@pytest.mark.parametrize("kind", [requests_fail.KIND, requests_slow.KIND, failures_at_fixed_time.KIND])
def test_without_a_url_nothing_is_known_and_it_says_why(kind: FindingKind) -> None:
    found = kind(EvidenceBuilder().gap("requests").build())
    assert (found.state, found.sentence.en) == (State.UNKNOWN, "no URL was named to be asked (--url)")


def test_the_url_cannot_break_out_of_the_command_to_see_it() -> None:
    made = EvidenceBuilder(url="http://www.example.org/'$(reboot)'").request(Outcome.FAILED, 1.0, reason="x")
    (command,) = requests_fail.KIND(made.build()).see
    assert "'http://www.example.org/%27$(reboot)%27'" in command


@pytest.mark.parametrize(
    ("seconds", "state", "strength", "harm"),
    [
        (3.99, State.ABSENT, 1.0, False),
        (4.0, State.PRESENT, 0.5, False),
        (7.99, State.PRESENT, 0.99875, False),
        (8.0, State.PRESENT, 1.0, True),
    ],
)
def test_four_seconds_are_slow_and_eight_harm(
    seconds: float, state: State, strength: float, harm: bool
) -> None:
    found = requests_slow.KIND(asked(*[Outcome.OK] * 3, seconds=seconds).build())
    assert (found.state, round(found.strength, 5), found.harm) == (state, strength, harm)


def test_the_median_is_what_most_people_wait() -> None:
    made = asked(*[Outcome.OK] * 3, seconds=0.5).request(Outcome.OK, 25.0)
    found = requests_slow.KIND(made.build())
    assert (found.state, found.values["longest_seconds"]) == (State.ABSENT, 25.0)


def test_a_request_cut_off_by_the_windows_end_counts_with_its_time_so_far() -> None:
    assert requests_slow.KIND(asked(Outcome.UNKNOWN, seconds=4.0).build()).state is State.PRESENT
    assert requests_slow.KIND(asked(Outcome.UNKNOWN, seconds=3.9).build()).state is State.UNKNOWN


def test_one_quick_request_is_too_few_to_call_it_quick() -> None:
    assert requests_slow.KIND(asked(Outcome.OK).build()).state is State.UNKNOWN
    assert requests_slow.KIND(asked(Outcome.OK, seconds=None).build()).state is State.UNKNOWN


@pytest.mark.parametrize(
    ("times", "state"),
    [
        ((3.0, 3.0), State.UNKNOWN),
        ((3.0, 3.0, 3.0), State.PRESENT),
        ((25.0, 25.0, 28.0), State.PRESENT),
        ((25.0, 25.0, 28.1), State.ABSENT),
        ((1.0, 1.0, 1.0), State.PRESENT),
        ((0.99, 0.99, 0.99), State.ABSENT),
        ((0.0, 0.0, 0.0), State.ABSENT),
    ],
)
def test_a_time_out_fails_three_times_within_twelve_percent_and_after_a_second(
    times: tuple[float, ...], state: State
) -> None:
    assert failures_at_fixed_time.KIND(failed_after(*times).build()).state is state


def test_only_failures_are_compared() -> None:
    made = failed_after(3.0, 3.1, 3.05).request(Outcome.OK, 9.0).request(Outcome.UNKNOWN, 20.0)
    found = failures_at_fixed_time.KIND(made.build())
    assert found.sentence.en == "every failure comes 3.0 s after its start"
    assert dict(found.values) == {"median_seconds": 3.05, "spread_ratio": 0.033, "failures": 3}
