"""Since when more fails: made series whose onset is known."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenmatsu.chance.onset import Count, Onset, find_onset


def series(random: Random, before: float, after: float, onset: int, length: int) -> list[Count]:
    rates = [before] * onset + [after] * (length - onset)
    return [Count(float(time), int(random.random() < rate), 1) for time, rate in enumerate(rates)]


def a_minute(counts: list[Count], size: int = 60) -> list[Count]:
    parts = [counts[start : start + size] for start in range(0, len(counts), size)]
    return [Count(part[0].time, sum(one.failures for one in part), len(part)) for part in parts]


@pytest.mark.parametrize(("before", "after"), [(0.001, 0.05), (0.001, 0.3), (0.02, 0.2), (0.0, 0.31)])
def test_the_interval_holds_the_true_onset_as_often_as_it_says(before: float, after: float) -> None:
    found = [find_onset(series(Random(seed), before, after, 700, 1000)) for seed in range(300)]
    held = [one.low <= 700 <= one.high for one in found if one is not None]
    assert len(held) >= 285  # fifteen failures more are not always enough to be sure
    assert sum(held) / len(held) >= 0.92  # 95 % of 300, less two and a half standard errors


def test_by_the_minute_it_is_the_same_to_a_minute() -> None:
    held = []
    for seed in range(100):
        counts = series(Random(seed), 0.001, 0.2, 6_030, 9_000)
        one, found = find_onset(counts), find_onset(a_minute(counts))
        assert one is not None
        assert found is not None
        assert abs(found.at - one.at) <= 90
        held.append(found.low <= 6_030 <= found.high)
    assert sum(held) / len(held) >= 0.92


def test_both_rates_come_with_it() -> None:
    counts = [Count(float(time), int(time >= 50 and time % 2 == 0), 1) for time in range(100)]
    found = find_onset(counts)
    assert found is not None
    assert (found.at, found.low < 50 <= found.high) == (50, True)
    assert (found.before.failures, found.before.total) == (0, 50)
    assert (found.after.failures, found.after.total) == (25, 50)
    assert found.strength > 0.999


def test_chance_alone_is_seldom_called_a_rise() -> None:
    for rate in (0.002, 0.05, 0.3):
        wrong = sum(find_onset(series(Random(seed), rate, rate, 0, 600)) is not None for seed in range(300))
        assert wrong <= 0.05 * 300


def test_getting_better_is_no_onset() -> None:
    assert find_onset(series(Random(1), 0.5, 0.01, 300, 600)) is None


@pytest.mark.parametrize(
    "counts", [[], [Count(1, 1, 1)], [Count(1, 0, 5), Count(2, 0, 0)], [Count(1, 1, 1)] * 9]
)
def test_where_nothing_changes_nothing_is_found(counts: list[Count]) -> None:
    assert find_onset(counts) is None


def test_a_million_transactions() -> None:
    found = find_onset(series(Random(1), 0.001, 0.05, 900_000, 1_000_000))
    assert found is not None
    assert found.low <= 900_000 <= found.high
    assert found.high - found.low < 500


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1e9), st.integers(0, 5), st.integers(0, 5)), max_size=60))
def test_any_series_has_an_answer(made: list[tuple[float, int, int]]) -> None:
    found = find_onset([Count(time, failures, failures + clean) for time, failures, clean in made])
    assert found is None or isinstance(found, Onset)
    if found is not None:
        assert found.low <= found.at <= found.high


def test_an_impossible_confidence_is_refused() -> None:
    with pytest.raises(ValueError, match="confidence"):
        find_onset([], confidence=1.0)
