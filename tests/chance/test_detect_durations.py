"""Slow transactions: whatever shape the durations have, false alarms are as many as was chosen."""

from collections.abc import Callable
from random import Random

import pytest

from tenmatsu.chance.detect_durations import LEAST_DURATIONS, DurationDetector, UsualDurations, learn_usual

Draw = Callable[[Random], float]
SHAPES: dict[str, Draw] = {
    "lognormal": lambda random: random.lognormvariate(-1, 0.5),
    "heavy tail": lambda random: random.paretovariate(1.1),
    "hit or miss": lambda random: random.gauss(0.01 if random.random() < 0.9 else 3, 0.001),
}


def wait(detector: DurationDetector, random: Random, draw: Draw, factor: float = 1) -> int:
    detector.clear()
    count = 0
    while not detector.raised:
        detector.add(factor * draw(random))
        count += 1
    return count


@pytest.mark.parametrize("name", SHAPES)
def test_chance_alone_raises_it_as_often_as_was_chosen(name: str) -> None:
    random, draw = Random(3), SHAPES[name]
    usual = learn_usual([draw(random) for _ in range(100_000)])
    assert usual is not None
    detector = DurationDetector(usual, false_alarm_every=500)
    waits = [wait(detector, random, draw) for _ in range(600)]
    assert sum(waits) / len(waits) == pytest.approx(500, rel=0.2)


def test_twice_as_slow_is_seen_soon() -> None:
    random, draw = Random(3), SHAPES["lognormal"]
    usual = learn_usual([draw(random) for _ in range(2000)])
    assert usual is not None
    detector = DurationDetector(usual, false_alarm_every=100_000)
    waits = [wait(detector, random, draw, 2) for _ in range(200)]
    assert sum(waits) / len(waits) < 40
    assert detector.likely_share is not None


def test_durations_in_whole_seconds_are_counted_as_they_are() -> None:
    usual = learn_usual([0.0] * 300 + [1.0] * 690 + [7.0] * 10)
    assert usual == UsualDurations(limit_seconds=1.0, slow_share=11 / 1001)
    assert learn_usual([1.0] * 999) == UsualDurations(limit_seconds=1.0, slow_share=1 / 1000)


def test_from_few_durations_nothing_is_learnt() -> None:
    assert learn_usual([1.0] * (LEAST_DURATIONS - 1)) is None


def test_it_stays_raised_until_cleared() -> None:
    detector = DurationDetector(UsualDurations(limit_seconds=1, slow_share=0.01), false_alarm_every=10_000)
    while not detector.add(2.0):
        pass
    assert detector.add(0.1)
    detector.clear()
    assert not detector.add(2.0)
