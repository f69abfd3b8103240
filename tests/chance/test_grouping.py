"""Outcomes that belong together are one trial, told one after the other or only counted."""

from collections.abc import Iterable
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tenmatsu.chance.grouping import Grouping, TrialCount

Outcome = tuple[float, str, bool]


def told(outcomes: Iterable[Outcome]) -> list[bool]:
    grouping = Grouping()
    found = [trial for time, client, failed in outcomes for trial in grouping.add(time, client, "/", failed)]
    return [*found, *grouping.close()]


def counted(outcomes: Iterable[Outcome], block: int = 1000) -> tuple[int, int]:
    count, known = TrialCount(), list(outcomes)
    for begin in range(0, len(known), block):
        times, clients, failed = zip(*known[begin : begin + block], strict=True)
        count.take(times, clients, failed)
    return count.total, count.failed


def test_fifty_tries_again_are_one_failure() -> None:
    hammered = [(number / 10, "hammer", True) for number in range(50)]
    others = [(number / 10, f"person {number}", False) for number in range(50)]
    assert counted(sorted(hammered + others)) == (51, 1)


def test_a_try_again_that_succeeds_hides_nothing() -> None:
    assert counted([(0.0, "a", False), (1.0, "a", True), (2.0, "a", False)]) == (1, 1)


def test_who_comes_back_later_is_news_again() -> None:
    assert counted([(0.0, "a", True), (10.5, "a", True)]) == (2, 2)


def test_older_files_may_come_later() -> None:
    assert counted([(5000.0, "a", True), (100.0, "a", True), (101.0, "a", False)]) == (2, 2)


@given(st.integers(0, 2**32), st.integers(1, 90))
def test_both_ways_count_the_same_however_it_is_cut_into_blocks(seed: int, block: int) -> None:
    random = Random(seed)
    outcomes = sorted(
        (random.uniform(0, 60), random.choice("abcd"), random.random() < 0.3) for _ in range(80)
    )
    trials = told(outcomes)
    assert counted(outcomes, block) == (len(trials), sum(trials))


def test_memory_is_bounded() -> None:
    count = TrialCount(most_open=100)
    count.take([5.0] * 1000, range(1000), [False] * 1000)
    assert count.total == 1000
    assert len(count._open) <= 100
