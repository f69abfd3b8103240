"""Since when more fail."""

import random

import pytest

from tenmatsu.traffic.since import find_end, find_rise
from tenmatsu.traffic.tally import Count

MINUTES = 1440
A_MINUTE = 50


def made(seed: int, rates: list[tuple[int, float]], total: int = A_MINUTE) -> list[tuple[int, Count]]:
    """Return minutes whose rate changes at (minute, rate)."""
    chance = random.Random(seed)
    found = []
    for minute in range(MINUTES):
        rate = [share for begin, share in rates if begin <= minute][-1]
        failed = sum(chance.random() < rate for _ in range(total))
        found.append((60 * minute, Count(total, failed)))
    return found


@pytest.mark.parametrize("seed", range(5))
def test_a_rise_is_found_and_lies_in_its_interval(seed: int) -> None:
    rise = find_rise(made(seed, [(0, 0.001), (1000, 0.05)]))
    assert rise
    assert rise.low <= rise.time <= rise.high
    assert rise.low <= 60_000 + 300
    assert rise.high >= 60_000 - 300
    assert rise.after.failed * rise.before.total > rise.before.failed * rise.after.total


def test_an_end_is_not_taken_for_a_begin() -> None:
    periods = made(1, [(0, 0.001), (700, 0.05), (1300, 0.001)])
    rise = find_rise(periods)
    assert rise
    assert abs(rise.time - 42_000) <= 600
    end = find_end(periods, rise)
    assert end
    assert abs(end.time - 78_000) <= 600
    assert find_rise(made(2, [(0, 0.05), (700, 0.0)])) is None


def test_a_steady_rate_has_no_begin() -> None:
    # 40 logs of a day: at the 1 % that is allowed, more than two would be met once in a hundred such tests
    # (binomial, 40 times 0.01: 0.8 %). Seeds are fixed.
    found = [find_rise(made(seed, [(0, 0.01)], total=10)) for seed in range(40)]
    assert sum(one is not None for one in found) <= 2


def test_little_is_no_change() -> None:
    assert find_rise([]) is None
    assert find_rise([(0, Count(5, 5))]) is None
    assert find_rise([(0, Count(5, 0)), (60, Count(5, 0))]) is None
    assert find_rise([(0, Count(5, 5)), (60, Count(5, 5))]) is None
