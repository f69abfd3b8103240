"""Attempts one after the other: pace, ends, and what failures have in common. The clock is the test's own."""

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from tenmatsu.attempt.series import MOST_HOPELESS, MakeAttempt, Series, Stop
from tenmatsu.attempt.shape import Kind, find_shape
from tenmatsu.model.attempt import Attempt
from tenmatsu.model.evidence import Outcome
from tenmatsu.model.probe_plan import Pace

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def attempt(outcome: Outcome = Outcome.OK, seconds: float = 0.1, **more: object) -> Attempt:
    return Attempt(time=NOW, outcome=outcome, duration_seconds=seconds, **more)  # type: ignore[arg-type]  # as the test says


class Clock:
    """Time passes by waiting, and by making an attempt."""

    def __init__(self, *attempts: Attempt) -> None:
        self.now = 0.0
        self.waits: list[float] = []
        self.begun: list[float] = []
        self._attempts = attempts

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def make(self, mark: str) -> Attempt:
        assert mark
        one = self._attempts[min(len(self.begun), len(self._attempts) - 1)]
        self.begun.append(self.now)
        self.now += one.duration_seconds
        return one


def series_of(clock: Clock, **more: object) -> Series:
    make: MakeAttempt = clock.make
    pace = Pace(every_seconds=2, jitter=0)
    return Series(make, pace, wait=clock.wait, clock=lambda: clock.now, **more)  # type: ignore[arg-type]  # as the test says


def test_as_many_as_were_asked_for_at_their_pace() -> None:
    clock = Clock(attempt())
    series = series_of(clock, most=4)
    assert len(list(series.run())) == 4
    assert clock.begun == pytest.approx([0, 2, 4, 6])
    assert series.stopped is Stop.COUNT


def test_a_slow_site_is_left_half_of_the_time() -> None:
    clock = Clock(attempt(seconds=10))
    list(series_of(clock, most=3).run())
    assert clock.begun == pytest.approx([0, 20, 40])


def test_the_time_is_kept() -> None:
    clock = Clock(attempt())
    series = series_of(clock, seconds=5)
    assert len(list(series.run())) == 3
    assert series.stopped is Stop.TIME
    assert clock.now == pytest.approx(5)


def test_nobody_there_for_long_ends_it_but_not_now_and_then() -> None:
    gone = attempt(Outcome.FAILED, hopeless=True)
    series = series_of(Clock(gone), most=100)
    assert len(list(series.run())) == MOST_HOPELESS
    assert series.stopped is Stop.DOWN
    now_and_then = [gone, attempt()] * 20
    series = series_of(Clock(*now_and_then), most=40)
    assert len(list(series.run())) == 40
    assert series.stopped is Stop.COUNT


def test_one_refusal_for_good_is_enough() -> None:
    series = series_of(Clock(attempt(Outcome.FAILED, hopeless=True, status=200)), most=9)
    assert len(list(series.run())) == 1
    assert series.stopped is Stop.DOWN


def test_whoever_watches_may_end_it() -> None:
    series = series_of(Clock(attempt()), most=9)
    for _ in series.run():
        series.end()
    assert series.stopped is Stop.DECIDED


def test_jitter_stays_within_its_share() -> None:
    clock = Clock(attempt(seconds=0.0))
    list(
        Series(
            clock.make, Pace(every_seconds=2, jitter=0.2), most=200, wait=clock.wait, clock=lambda: clock.now
        ).run()
    )
    assert min(clock.waits) >= 1.6
    assert max(clock.waits) <= 2.4
    assert max(clock.waits) - min(clock.waits) > 0.4


def with_failures(seconds: Iterable[float], good: float = 1.0) -> list[Attempt]:
    return [attempt(seconds=good)] * 5 + [attempt(Outcome.FAILED, one) for one in seconds]


@pytest.mark.parametrize(
    ("failed", "kind"),
    [
        ([0.002, 0.004, 0.003], Kind.AT_ONCE),
        ([30.0, 30.02, 30.01, 30.05], Kind.FIXED),
        ([0.4, 3.0, 1.2], Kind.VARIED),
        ([0.99, 1.0, 1.01], Kind.VARIED),  # as long as the good ones: that is the work, no limit
        ([30.0, 30.0], Kind.FEW),
        ([], Kind.FEW),
    ],
)
def test_what_failures_have_in_common(failed: list[float], kind: Kind) -> None:
    assert find_shape(with_failures(failed)).kind is kind
