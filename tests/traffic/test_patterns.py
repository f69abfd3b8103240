"""What failing requests have in common."""

import pytest

from tenmatsu.parse.request_kind import RequestKind
from tenmatsu.traffic.patterns import contrast, find_same_time, find_slow
from tenmatsu.traffic.tally import BUCKETS, Asked, Count, Durations, Failure

MT = Asked("POST", "/mt.cgi")


@pytest.mark.parametrize(
    ("inside", "outside", "only"),
    [
        (Count(100, 30), Count(5000, 0), True),
        (Count(100, 30), Count(5000, 20), False),
        (Count(100, 4), Count(5000, 0), None),  # too few
        (Count(100, 30), Count(100, 20), None),  # hardly more often
        (Count(1000, 10), Count(10, 0), None),  # nearly all are writes: no wonder
        (Count(0, 0), Count(0, 0), None),
        (Count(100, 30), Count(0, 0), None),
    ],
)
def test_what_fails_is_contrasted_with_all_else(inside: Count, outside: Count, only: bool | None) -> None:
    found = contrast(inside, outside)
    assert (found.only if found else None) == only


def durations(**seconds: tuple[int, int]) -> Durations:
    total, failed = [0] * BUCKETS, [0] * BUCKETS
    for power, (all_of_them, bad) in seconds.items():
        total[int(power[1:])], failed[int(power[1:])] = all_of_them, bad
    return Durations(total=tuple(total), failed=tuple(failed))


def test_slow_ones_that_fail_are_told_from_fast_ones() -> None:
    found = find_slow(MT, durations(b20=(500, 0), b21=(500, 1), b25=(50, 30)))
    assert found
    assert 1.0 < found.seconds <= 2**24 / 1e6
    assert found.contrast.only
    assert find_slow(MT, durations(b20=(500, 50), b25=(50, 5))) is None
    assert find_slow(MT, durations(b0=(500, 50))) is None


def failed(seconds: float) -> Failure:
    return Failure(0.0, "192.0.2.1", MT, RequestKind.PERSON, 500, None, int(seconds * 1e6))


def test_a_limit_is_seen_in_equal_durations() -> None:
    found = find_same_time(MT, [failed(60 + n / 100) for n in range(20)] + [failed(n) for n in range(9)])
    assert found
    assert found.seconds == pytest.approx(60, abs=0.5)
    assert find_same_time(MT, [failed(1.2**n) for n in range(20)]) is None
    assert find_same_time(MT, [failed(60)] * 3) is None
