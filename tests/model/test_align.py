"""Times of another clock, told in ours."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tenmatsu.model.align import align
from tenmatsu.model.evidence import Event, Evidence, Kind, Look, Outcome, Series, Transaction, Window
from tenmatsu.model.words import Words

NOON = datetime(2026, 3, 11, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def make(time: datetime = NOON) -> Evidence:
    """Evidence in which everything that has a time has this one, or one near it."""
    return Evidence(
        window=Window(start=time, end=time + MINUTE),
        since=time - MINUTE,
        component="web1",
        series=(
            Series(
                sight="cpu",
                component="web1",
                name="cpu",
                unit="s",
                kind=Kind.COUNTER,
                attributes={},
                points=((time, 1.0), (time + MINUTE, 2.0)),
            ),
        ),
        events=(Event(sight="cpu", component="web1", name="seen", time=time, attributes={"a": 1}),),
        transactions=(
            Transaction(
                sight="requests", component="web1", time=time, outcome=Outcome.OK, maker="probe", path="/"
            ),
        ),
        looks=(
            Look(
                sight="cpu",
                component="web1",
                started=time,
                ended=time + MINUTE,
                complete=True,
                found=1,
                read=Words("", ""),
            ),
        ),
    )


def test_everything_that_has_a_time_is_moved_by_what_the_clock_is_ahead() -> None:
    assert align(make(NOON + timedelta(hours=1)), 3600.0) == make(NOON)
    assert align(make(NOON - timedelta(seconds=2.5)), -2.5) == make(NOON)
    assert align(make(), 0.0) == make()


@given(st.floats(-1e9, 1e9).map(round))
def test_there_and_back_is_the_same(ahead: float) -> None:
    assert align(align(make(), ahead), -ahead) == make()


def test_a_time_that_would_leave_the_calendar_stays_at_its_edge() -> None:
    late = make(datetime(9999, 12, 31, 23, 50, tzinfo=UTC))
    assert align(late, -86_400.0).events[0].time.year == 9999
    early = make(datetime(1, 1, 1, 0, 10, tzinfo=UTC))
    assert align(early, 86_400.0).events[0].time.year == 1
