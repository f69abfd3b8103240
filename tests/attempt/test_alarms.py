"""More failures, or more slowness, than when all was well."""

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from tenmatsu.attempt.alarms import Alarms, What
from tenmatsu.model.attempt import Attempt
from tenmatsu.model.evidence import Outcome

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
WELL = [0.5 + 0.001 * (number % 100) for number in range(400)]


def attempts(rates: Iterable[float], seconds: float = 0.5, seed: int = 1) -> list[Attempt]:
    chance = random.Random(seed)
    return [
        Attempt(
            time=START + timedelta(seconds=2 * number),
            outcome=Outcome.FAILED if chance.random() < rate else Outcome.OK,
            duration_seconds=seconds,
        )
        for number, rate in enumerate(rates)
    ]


def alarms(failures: int = 0, total: int = 400) -> Alarms:
    return Alarms(failures=failures, total=total, durations=WELL, every_seconds=2)


def test_a_rise_is_told_soon_and_once() -> None:
    watching = alarms()
    told = [one for one in map(watching.add, attempts([0.0] * 200 + [0.3] * 200)) if one]
    assert [one.what for one in told] == [What.FAILURES]
    assert START + timedelta(seconds=400) < told[0].time < START + timedelta(seconds=480)
    assert watching.raised == told
    assert 0.1 < told[0].share < 0.7


@pytest.mark.parametrize("seed", range(5))
def test_what_is_usual_is_no_alarm(seed: int) -> None:
    watching = alarms(failures=8)
    for one in attempts([0.02] * 3000, seed=seed):
        watching.add(one)
    assert watching.raised == []


def test_slowness_is_told_though_nothing_fails() -> None:
    watching = alarms()
    for one in [*attempts([0.0] * 100), *attempts([0.0] * 100, seconds=0.9)]:
        watching.add(one)
    assert [one.what for one in watching.raised] == [What.SLOW]


def test_what_nobody_knows_is_left_out() -> None:
    watching = alarms()
    unknown = Attempt(time=START, outcome=Outcome.UNKNOWN, duration_seconds=99)
    assert [watching.add(unknown) for _ in range(100)] == [None] * 100


def test_few_durations_tell_nothing_of_slowness() -> None:
    watching = Alarms(failures=0, total=50, durations=WELL[:50], every_seconds=2)
    assert not watching.tells_slow
    for one in attempts([0.0] * 100, seconds=99):
        watching.add(one)
    assert watching.raised == []


@pytest.mark.parametrize(("failures", "total"), [(50, 100), (0, 3)])
def test_what_was_not_well_is_no_normal(failures: int, total: int) -> None:
    with pytest.raises(ValueError, match="usual"):
        alarms(failures, total)
