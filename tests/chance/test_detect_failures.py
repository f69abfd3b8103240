"""The detector: how often it cries wolf, how soon it sees a rise, and what it takes as one trial."""

from collections.abc import Iterator
from itertools import count
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenmatsu.chance.detect_failures import FailureDetector
from tenmatsu.chance.false_alarms import YEAR_SECONDS, count_between
from tenmatsu.chance.grouping import Grouping
from tenmatsu.chance.mixture import Mixture, draw_successes, find_sizes


def transactions_until_raised(detector: FailureDetector, random: Random, rate: float) -> int:
    detector.clear()
    transactions = 0
    while not detector.raised:
        successes = draw_successes(random.random(), rate)
        detector.add_successes(successes)
        detector.add(True)
        transactions += successes + 1
    return transactions


# 1,500 waits have a standard error of 2.6 %, and the promise is 10 %: two errors more are chance.
@pytest.mark.parametrize(
    ("usual", "every"), [(0.001, 20_000), (0.01, 5000), (0.1, 1000), (0.3, 500), (1e-5, 5e5)]
)
def test_chance_alone_raises_it_as_often_as_was_chosen(usual: float, every: float) -> None:
    detector, random = FailureDetector(usual=usual, false_alarm_every=every), Random(7)
    waits = [transactions_until_raised(detector, random, usual) for _ in range(1500)]
    assert sum(waits) / len(waits) == pytest.approx(every, rel=0.15)


def test_a_rise_of_any_size_is_seen_within_a_few_failures() -> None:
    detector, random = FailureDetector(usual=0.001, false_alarm_every=100_000), Random(7)
    for rate, most in [(0.01, 520), (0.05, 70), (0.2, 14), (0.5, 5.1)]:
        waits = [transactions_until_raised(detector, random, rate) for _ in range(2000)]
        assert sum(waits) / len(waits) <= most
        assert detector.likely_rate is not None
        assert detector.likely_rate > 0.001


@settings(deadline=None)
@given(st.lists(st.booleans(), max_size=200))
def test_one_by_one_or_many_at_once_is_the_same(outcomes: list[bool]) -> None:
    one, many = (FailureDetector(usual=0.01, false_alarm_every=10_000) for _ in range(2))
    for failed in outcomes:
        one.add(failed)
        if failed:
            many.add(True)
        else:
            many.add_successes(1)
    assert one.raised == many.raised


def test_it_stays_raised_until_cleared() -> None:
    detector = FailureDetector(usual=0.001, false_alarm_every=100_000)
    assert detector.likely_rate is None
    assert [detector.add(True) for _ in range(3)] == [False, True, True]
    assert detector.add(False)
    detector.clear()
    assert not detector.raised
    assert not detector.add(True)


def test_where_a_failure_is_rarer_than_the_false_alarms_each_one_is_an_alarm() -> None:
    assert FailureDetector(usual=0.0001, false_alarm_every=5000).add(True)


@settings(deadline=None)
@given(st.floats(1e-6, 0.49))
def test_the_sizes_climb_from_the_usual_rate(usual: float) -> None:
    sizes = find_sizes(usual)
    assert all(low < high for low, high in zip((usual, *sizes), (*sizes, 1.0), strict=True))


def test_successes_taken_at_once_are_those_taken_singly() -> None:
    mixture, sums = Mixture(0.01, [0.2]), 0.0
    for _ in range(5):
        sums = (1 + sums) * (0.8 / 0.99)
    assert mixture.fail(5) == pytest.approx((1 + sums) * 20)


def test_a_year_in_transactions() -> None:
    assert count_between(YEAR_SECONDS, a_second=0.5) == 15_778_800
    assert count_between(1, a_second=0) == 1


@pytest.mark.parametrize(("usual", "every"), [(0.0, 100), (0.5, 100), (0.1, 0.5), (float("nan"), 100)])
def test_what_makes_no_detector_is_refused(usual: float, every: float) -> None:
    with pytest.raises(ValueError, match=r"usual rate|false alarm"):
        FailureDetector(usual=usual, false_alarm_every=every)


def test_tries_again_are_one_trial_and_a_success_hides_no_failure() -> None:
    grouping = Grouping(together_seconds=10)
    assert grouping.add(0, "a", "/x", False) == []
    assert grouping.add(1, "a", "/x", True) == [True]
    assert grouping.add(2, "a", "/x", True) == []
    assert grouping.add(3, "a", "/y", False) == []
    assert grouping.add(4, "b", "/x", True) == [True]
    assert grouping.add(13, "a", "/x", False) == [False]  # /y of 3 s; what failed was told already
    assert grouping.close() == [False]


def outcomes_with_tries_again(random: Random, rate: float) -> Iterator[tuple[float, str, bool]]:
    """A new client each second; one that fails tries twice more at once, and fails again."""
    for second in count():
        failed = random.random() < rate
        for trial in range(3 if failed else 1):
            yield second + trial / 10, f"client {second}", failed


@pytest.mark.parametrize(("grouped", "least", "most"), [(True, 850, 1300), (False, 0, 150)])
def test_tries_again_cry_wolf_unless_they_are_one_trial(grouped: bool, least: float, most: float) -> None:
    random, waits = Random(5), []
    detector = FailureDetector(usual=0.01, false_alarm_every=1000)
    for _ in range(300):
        detector.clear()
        grouping, seconds = Grouping(), 0.0
        for seconds, client, failed in outcomes_with_tries_again(random, 0.01):
            trials = grouping.add(seconds, client, "/", failed) if grouped else [failed]
            if any(detector.add(one) for one in trials):
                break
        waits.append(seconds)
    assert least <= sum(waits) / len(waits) <= most


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 100), st.sampled_from("ab"), st.booleans())), st.integers(1, 4))
def test_every_trial_is_told_once(asked: list[tuple[float, str, bool]], most: int) -> None:
    grouping = Grouping(most_open=most)
    told = [one for time, client, failed in sorted(asked) for one in grouping.add(time, client, "/", failed)]
    told += grouping.close()
    assert any(told) == any(failed for *_, failed in asked)
    assert len(told) <= len(asked)
    assert bool(told) == bool(asked)
