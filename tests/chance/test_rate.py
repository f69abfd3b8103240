"""A rate's interval, against sums of the binomial distribution itself."""

from math import comb, isclose

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenmatsu.chance.rate import beta_chance, estimate_rate


def binomial_chance(failures: int, total: int, rate: float) -> float:
    return comb(total, failures) * rate**failures * (1 - rate) ** (total - failures)


def chance_of_more(failures: int, total: int, rate: float) -> float:
    return sum(binomial_chance(count, total, rate) for count in range(failures, total + 1))


@settings(deadline=None)
@given(st.integers(1, 60).flatmap(lambda total: st.tuples(st.integers(1, total), st.just(total))))
def test_each_end_is_where_the_counted_failures_become_too_rare(counts: tuple[int, int]) -> None:
    failures, total = counts
    low = estimate_rate(failures, total).low
    assert isclose(chance_of_more(failures, total, low), 0.025, rel_tol=1e-8)
    high = estimate_rate(total - failures, total).high
    assert isclose(high, 1 - low, rel_tol=1e-9)


@pytest.mark.parametrize("total", [1, 7, 30, 100])
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_it_covers_every_true_rate_as_often_as_it_says(total: int, confidence: float) -> None:
    rates = [estimate_rate(failures, total, confidence=confidence) for failures in range(total + 1)]
    for step in range(1, 200):
        true = step / 200
        covered = sum(
            binomial_chance(one.failures, total, true) for one in rates if one.low <= true <= one.high
        )
        assert covered >= confidence - 1e-9


@settings(deadline=None)
@given(st.floats(0.001, 0.999), st.integers(1, 40), st.integers(1, 40))
def test_the_incomplete_beta_function_is_a_sum_of_binomial_chances(at: float, a: int, b: int) -> None:
    assert isclose(beta_chance(at, a, b), chance_of_more(a, a + b - 1, at), rel_tol=1e-9, abs_tol=1e-14)


# Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 5.
PUBLISHED = [
    (81, 263, 0.2527, 0.3676),
    (15, 148, 0.0578, 0.1617),
    (0, 20, 0.0, 0.1684),
    (1, 29, 0.0009, 0.1776),
]


@pytest.mark.parametrize(("failures", "total", "low", "high"), PUBLISHED)
def test_published_values(failures: int, total: int, low: float, high: float) -> None:
    rate = estimate_rate(failures, total)
    assert (round(rate.low, 4), round(rate.high, 4)) == (low, high)
    assert estimate_rate(total, total).high == 1.0


def test_a_million_trials() -> None:
    rate = estimate_rate(1000, 1_000_000)
    assert 0.000938 < rate.low < 0.000940
    assert 0.001063 < rate.high < 0.001065
    assert estimate_rate(500_000, 1_000_000).low == pytest.approx(0.49902, abs=1e-5)


def test_nothing_tried_is_nothing_known() -> None:
    rate = estimate_rate(0, 0)
    assert (rate.estimate, rate.low, rate.high) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize(("failures", "total", "confidence"), [(-1, 3, 0.95), (4, 3, 0.95), (1, 3, 1.0)])
def test_impossible_counts_are_refused(failures: int, total: int, confidence: float) -> None:
    with pytest.raises(ValueError, match="failures"):
        estimate_rate(failures, total, confidence=confidence)
