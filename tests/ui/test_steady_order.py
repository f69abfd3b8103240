"""Rows change places only when that means something."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenmatsu.ui.steady_order import exceeds, order_steadily

Item = tuple[str, float]


def order(items: Sequence[Item], before: Sequence[str], *, counts: bool = False) -> list[str]:
    found = order_steadily(
        items, before, identity=lambda one: one[0], measure=lambda one: one[1], counts=counts
    )
    return [name for name, _ in found]


def test_without_an_order_before_all_are_sorted() -> None:
    assert order([("a", 1.0), ("b", 3.0), ("c", 2.0)], ()) == ["b", "c", "a"]


def test_nearly_equal_rows_stay() -> None:
    assert order([("a", 1.0), ("b", 1.09)], "ab") == ["a", "b"]


def test_a_clearly_larger_row_passes_all_that_it_exceeds() -> None:
    assert order([("a", 3.0), ("b", 1.0), ("c", 1.05), ("d", 2.0)], "abcd") == ["a", "d", "b", "c"]


def test_slow_growth_passes_in_the_end() -> None:
    """Each exceeds its neighbour by too little, the last one the first by much."""
    assert order([("a", 1.0), ("b", 1.09), ("c", 1.18)], "abc") == ["c", "a", "b"]


@pytest.mark.parametrize(("value", "passes"), [(110, False), (128, False), (135, True)])
def test_counts_must_differ_by_more_than_chance(value: int, passes: bool) -> None:
    assert order([("a", 100.0), ("b", float(value))], "ab", counts=True) == (
        ["b", "a"] if passes else ["a", "b"]
    )


def test_new_rows_stand_where_a_sorted_list_has_them() -> None:
    assert order([("a", 5.0), ("b", 1.0), ("n", 3.0), ("m", 0.5)], "ab") == ["a", "n", "b", "m"]


def test_rows_that_have_gone_leave_no_place() -> None:
    assert order([("c", 1.0), ("a", 1.0)], "abc") == ["a", "c"]


ITEMS = st.dictionaries(st.sampled_from("abcdefghijkl"), st.floats(0, 1000) | st.integers(0, 9).map(float))
BEFORE = st.permutations("abcdefghijkl").flatmap(lambda all: st.integers(0, 12).map(lambda n: all[:n]))


@given(ITEMS, BEFORE, st.booleans())
def test_no_row_stands_below_one_that_it_clearly_exceeds(
    items: dict[str, float], before: Sequence[str], counts: bool
) -> None:
    found = order(list(items.items()), before, counts=counts)
    assert sorted(found) == sorted(items)
    for at, name in enumerate(found):
        assert not any(exceeds(items[name], items[above], counts=counts) for above in found[:at])


@given(ITEMS, BEFORE, st.booleans())
def test_what_did_not_change_stays_where_it_is(
    items: dict[str, float], before: Sequence[str], counts: bool
) -> None:
    once = order(list(items.items()), before, counts=counts)
    assert order(list(items.items()), once, counts=counts) == once
