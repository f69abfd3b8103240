"""The proof of the end: its errors and its length, by exact count and by trial."""

from math import log
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenmatsu.chance.sequential_test import Decision, EndTest, find_walls
from tenmatsu.chance.walk import Course, Walk, follow

CASES = [(0.22, 0.001), (0.5, 0.001), (0.05, 0.001), (0.22, 0.05), (0.1, 0.05), (0.25, 0.2), (0.004, 0.0001)]


def course(still: float, usual: float, rate: float, error: float = 0.01) -> Course:
    walls = find_walls(still, usual, error, error)
    up, down = log(still / usual), log((1 - usual) / (1 - still))
    return follow(Walk(up=up, down=down, floor=walls.over, ceiling=walls.still), rate)


def said(test: EndTest) -> tuple[Decision | None, int | None, float]:
    return test.decision, test.clean_needed, test.confidence


def clean_until_over(test: EndTest) -> int:
    count = 0
    while test.decision is None:
        test.add(False)
        count += 1
    assert test.decision is Decision.OVER
    return count


@pytest.mark.parametrize(("still", "usual"), CASES)
def test_neither_error_is_more_than_stated(still: float, usual: float) -> None:
    assert course(still, usual, still).at_floor <= 0.01
    assert course(still, usual, usual).at_ceiling <= 0.01


@pytest.mark.parametrize(("still", "usual"), CASES)
def test_it_needs_hardly_more_than_walds_bound(still: float, usual: float) -> None:
    drift = (1 - usual) * log((1 - usual) / (1 - still)) - usual * log(still / usual)
    bound = (0.99 * log(0.99 / 0.01) - 0.01 * log(0.99 / 0.01)) / drift
    assert bound <= course(still, usual, usual).mean_trials <= 1.1 * bound


@settings(deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(CASES[:5]), st.booleans())
def test_what_is_promised_to_be_needed_is_needed(seed: int, rates: tuple[float, float], fails: bool) -> None:
    test, random = EndTest(still=rates[0], usual=rates[1]), Random(seed)
    for _ in range(random.randrange(100)):
        test.add(random.random() < (rates[0] if fails else rates[1]))
    needed = test.clean_needed
    if test.decision is Decision.STILL:
        assert needed is None
    else:
        assert needed == clean_until_over(test)
        assert test.clean_needed == 0


def test_the_counted_chances_are_those_of_trials() -> None:
    random, still, wrong, trials = Random(1), 0.3, 0, 0
    for _ in range(4000):
        test = EndTest(still=still, usual=0.05, error_over=0.05, error_still=0.05)
        while test.decision is None:
            test.add(random.random() < still)
            trials += 1
        wrong += test.decision is Decision.OVER
    counted = course(still, 0.05, still, error=0.05)
    assert wrong / 4000 == pytest.approx(counted.at_floor, abs=0.012)
    assert trials / 4000 == pytest.approx(counted.mean_trials, rel=0.05)


def test_a_failure_is_judged_not_a_reset() -> None:
    test = EndTest(still=0.22, usual=0.02)
    whole = test.clean_needed
    assert whole is not None
    for _ in range(whole - 1):
        test.add(False)
    assert test.clean_needed == 1
    test.add(True)
    assert test.decision is None
    assert test.clean_needed is not None
    assert 1 < test.clean_needed < whole


def test_where_nothing_ever_failed_the_first_failure_decides() -> None:
    test = EndTest(still=0.3, usual=0.0)
    assert test.clean_needed == 13
    test.add(False)
    test.add(True)
    assert said(test) == (Decision.STILL, None, 1.0)


def test_confidence_grows_with_what_is_seen_and_a_decision_stays() -> None:
    test = EndTest(still=0.22, usual=0.001)
    assert (test.confidence, test.decision) == (0.0, None)
    seen = [test.confidence]
    while test.decision is None:
        test.add(False)
        seen.append(test.confidence)
    assert seen == sorted(seen)
    assert seen[-1] >= 0.99
    test.add(True)
    assert (test.decision, test.leaning) == (Decision.OVER, Decision.OVER)


@pytest.mark.parametrize(("still", "usual"), [(0.1, 0.1), (0.1, 0.2), (1.0, 0.1), (0.2, -0.1)])
def test_rates_that_make_no_test_are_refused(still: float, usual: float) -> None:
    with pytest.raises(ValueError, match="usual rate"):
        EndTest(still=still, usual=usual)


def test_errors_that_make_no_test_are_refused() -> None:
    with pytest.raises(ValueError, match="errors"):
        EndTest(still=0.3, usual=0.1, error_over=0.5)
