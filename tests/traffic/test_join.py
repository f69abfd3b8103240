"""Failed requests and the lines of error logs that say why."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from tests.parse.test_machine_properties import quick

from tenmatsu.parse.error_line import ErrorLine
from tenmatsu.parse.error_messages import ErrorClass
from tenmatsu.parse.request_kind import RequestKind
from tenmatsu.traffic.join import FailureJoin, Joined
from tenmatsu.traffic.tally import Asked, Failure

ENDED = "End of script output before headers: mt.cgi"
MT = Asked("POST", "/mt.cgi")
BEGIN = 1_763_820_300.0


def failure(begin: float, client: str = "192.0.2.1", micros: int | None = 30_000_000) -> Failure:
    return Failure(BEGIN + begin, client, MT, RequestKind.PERSON, 500, 611, micros)


def said(at: float, client: str = "", message: str = ENDED) -> ErrorLine:
    return ErrorLine(datetime.fromtimestamp(BEGIN + at, UTC), "error", message, "cgi", 7, client)


def join(failures: list[Failure], *lines: ErrorLine) -> Joined:
    found = FailureJoin(failures)
    found.take(lines)
    return found.joined()


def test_another_workers_line_is_none_of_its() -> None:
    mine, others = failure(0)._replace(pid=7), failure(0)._replace(pid=8)
    joined = join([mine, others], said(30.6))
    assert (joined.explained, joined.stray) == (0.999, 0)
    assert join([others], said(30.6)).stray == 1


def test_a_line_at_a_requests_end_is_its_own() -> None:
    joined = join([failure(0), failure(500)], said(30.6, "192.0.2.1:4711"))
    assert (joined.explained, joined.stray) == (1.0, 0)
    (reason,) = joined.reasons
    assert (reason.kind, reason.sure, reason.likely) == (ErrorClass.SCRIPT_ENDED, 1, 0.0)
    assert reason.example == ENDED


def test_a_script_speaks_while_it_runs_and_its_reason_counts() -> None:
    lines = (said(12, "192.0.2.1:1", "harmless"), said(15, "192.0.2.1:1", "Out of memory!"))
    joined = join([failure(0)], *lines, said(30.5, "192.0.2.1:1", "harmless"))
    assert [one.kind for one in joined.reasons] == [ErrorClass.OUT_OF_MEMORY]


def test_another_time_or_client_is_not_meant() -> None:
    joined = join(
        [failure(0)], said(60, "192.0.2.1:1"), said(30.5, "192.0.2.9:1"), said(-5, "192.0.2.1:1"), said(15)
    )
    assert (joined.explained, joined.stray, joined.reasons) == (0.0, 4, ())


def test_without_a_client_each_that_ended_then_has_its_share() -> None:
    joined = join([failure(0, "192.0.2.1"), failure(0, "192.0.2.2"), failure(900)], said(30.5))
    (reason,) = joined.reasons
    assert reason.sure == 0
    assert 0.99 < reason.likely < 1.0


def test_too_many_that_are_meant_say_nothing() -> None:
    joined = join([failure(0, f"192.0.2.{n}") for n in range(100)], said(30.5))
    assert (joined.undecided, joined.explained) == (1, 0.0)


def test_without_durations_the_clients_last_request_is_meant() -> None:
    joined = join([failure(0, micros=None), failure(100, micros=None)], said(20, "192.0.2.1:1"))
    assert joined.explained == 1.0


def test_addresses_are_known_with_and_without_ports() -> None:
    for asked, told in (
        ("2001:db8::1", "2001:db8::1"),
        ("2001:db8::1", "[2001:db8::1]:80"),
        ("::1", "::1:80"),
    ):
        assert join([failure(0, asked)], said(30.5, told)).explained == 1.0


PLACES = st.floats(-100, 100)
CLIENTS = st.sampled_from(["", "a", "b:1", "c", ":", "x:y"])


@quick
@given(
    failures=st.lists(st.builds(failure, PLACES, st.sampled_from("ab"), st.none() | st.integers(0, 10**8))),
    lines=st.lists(st.builds(said, PLACES, CLIENTS, st.text(max_size=9))),
)
def test_no_more_is_explained_than_failed(failures: list[Failure], lines: list[ErrorLine]) -> None:
    joined = join(failures, *lines)
    assert joined.explained <= len(failures) + 1e-9
    assert joined.stray + joined.undecided <= joined.lines == len(lines)
    assert sum(one.sure + one.likely for one in joined.reasons) <= len(failures) + 1e-9
