"""Watching goes on over lost lines, says each gap, and ends when it is told to."""

import sys
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from tenmatsu.errors import NotThere, WrongUse
from tenmatsu.parse.probe_frames import End, Hello, Look
from tenmatsu.probe.bundle import PYTHON_OPTIONS
from tenmatsu.probe.rung import Options
from tenmatsu.reach import watching as watching_module
from tenmatsu.reach.clock_offset import OffsetBounds
from tenmatsu.reach.probe import Lost, ProbeLine
from tenmatsu.reach.watching import Told, Watching, watch_host

OPTIONS = Options(interval_seconds=0.1, rungs=("none",))
PYTHON = (sys.executable, *PYTHON_OPTIONS)
FAILS = ("sh", "-c", "echo no >&2; exit 1")
MOST_TOLD = 100
# Two frames, then the line is cut.
SHORT = ("sh", "-c", '"$0" "$@" | head -n 3', *PYTHON)
# Somebody tells it to go.
SIGNALLED = ("sh", "-c", 'exec 3<&0; "$0" "$@" <&3 & sleep 0.5; kill $!; wait $!', *PYTHON)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching_module, "_PAUSES_SECONDS", (0.0, 0.05))


def lines(*commands: Sequence[str], options: Options = OPTIONS) -> Callable[[], ProbeLine]:
    """Open one after the other; the last one again and again."""
    left = list(commands)
    return lambda: ProbeLine(left.pop(0) if len(left) > 1 else left[0], options)


def kinds(told: Sequence[Told]) -> list[type]:
    return [type(one) for one in told]


def take(watching: Watching, until: Callable[[list[Told]], bool]) -> list[Told]:
    """Return all that is told until it fulfils that; the test's own words fail where it never does."""
    told: list[Told] = []
    for one in watching.frames():
        told.append(one)
        if until(told) or len(told) > MOST_TOLD:
            watching.close()
    return told


def test_a_cut_line_is_begun_anew_and_the_gap_told() -> None:
    watching = Watching(lines(SHORT, FAILS, FAILS, PYTHON))
    told = take(watching, lambda told: kinds(told[-2:]) == [Hello, Look] and len(told) > 4)
    assert kinds(told) == [Hello, Look, Lost, Lost, Lost, Hello, Look]
    losses = [one for one in told if isinstance(one, Lost)]
    assert {one.since for one in losses} == {losses[0].since}
    assert losses[0].noticed < losses[1].noticed < losses[2].noticed
    assert losses[-1].why.en == "the line was cut. no"
    assert watching.clock_offset


def test_it_ends_when_the_probes_time_is_over() -> None:
    watching = Watching(lines(PYTHON, options=OPTIONS._replace(limit_seconds=0.2)))
    assert kinds(list(watching.frames()))[-1] is End


def test_a_probe_that_somebody_ended_is_begun_anew() -> None:
    watching = Watching(lines(SIGNALLED, PYTHON))
    told = take(watching, lambda told: kinds(told).count(Hello) == 2)
    place = kinds(told).index(End)
    assert kinds(told[place:]) == [End, Lost, Hello]
    lost = told[place + 1]
    assert isinstance(lost, Lost)
    assert "signal 15" in lost.why.en


def test_what_will_never_work_is_tried_once() -> None:
    def missing() -> ProbeLine:
        raise NotThere("ssh")

    told = list(Watching(missing).frames())
    assert kinds(told) == [Lost]
    assert isinstance(told[0], Lost)
    assert told[0].why.en == "ssh is not there"


def test_a_closed_one_tells_nothing() -> None:
    watching = Watching(lines(PYTHON))
    watching.close()
    watching.close()
    assert list(watching.frames()) == []


def test_closing_ends_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching_module, "_PAUSES_SECONDS", (600.0,))
    watching = Watching(lines(FAILS))
    frames = watching.frames()
    assert isinstance(next(frames), Lost)
    threading.Timer(0.1, watching.close).start()
    assert list(frames) == []


def test_a_host_that_cannot_be_is_refused_before_anything_starts() -> None:
    with pytest.raises(WrongUse):
        watch_host("-oProxyCommand=id", OPTIONS)


NOON = datetime(2010, 3, 11, 12, tzinfo=UTC)


def seconds(value: float) -> datetime:
    return NOON + timedelta(seconds=value)


def test_the_offset_of_a_clock_is_narrowed_down() -> None:
    assert OffsetBounds().offset is None
    bounds = OffsetBounds()
    # Its clock is 60 s ahead. Sent at 0, read there at 0.8, here at 1.0.
    bounds.take_first(seconds(0), seconds(60.8), seconds(1), 0.0)
    assert bounds.offset
    assert bounds.offset.seconds == pytest.approx(60.3)
    assert bounds.offset.uncertainty_seconds == pytest.approx(0.5)
    bounds.take(seconds(62), seconds(2.1), 0.0)  # 0.1 s on the way back
    assert bounds.offset.uncertainty_seconds == pytest.approx(0.45)
    assert abs(bounds.offset.seconds - 60) <= bounds.offset.uncertainty_seconds
    bounds.take(seconds(70), seconds(15), 0.0)  # late: says nothing new
    assert bounds.offset.uncertainty_seconds == pytest.approx(0.45)
    bounds.take(seconds(220), seconds(20.1), 0.0)  # it was set, 140 s on
    assert abs(bounds.offset.seconds - 200) <= bounds.offset.uncertainty_seconds


def test_a_clock_that_is_read_coarsely_is_less_certain() -> None:
    bounds = OffsetBounds()
    bounds.take_first(seconds(0), seconds(0.1), seconds(0.2), 0.5)
    assert bounds.offset
    assert bounds.offset.uncertainty_seconds == pytest.approx(0.6)
