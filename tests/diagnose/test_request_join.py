"""Requests joined with their lines and processes: by client and worker, else by time, with a probability."""

from typing import Any

import pytest
from tests.evidence_builder import at
from tests.findings.made_web_evidence import WebEvidence, served

from tenmatsu.diagnose.line_join import MOST_BY_TIME
from tenmatsu.diagnose.request_join import JoinedRequest, join_requests
from tenmatsu.model.evidence import Outcome


def joined(made: WebEvidence) -> list[JoinedRequest]:
    evidence = made.build()
    return list(join_requests(evidence, sorted(evidence.transactions, key=lambda one: one.time)))


def user(
    made: WebEvidence,
    start: float,
    duration: float | None,
    *,
    failed: bool = True,
    client: str = "",
    pid: int | None = None,
) -> None:
    made.request(
        Outcome.FAILED if failed else Outcome.OK,
        duration,
        maker="user",
        time=at(start),
        status=500 if failed else 200,
        client=client,
        path="/cgi-bin/mt.cgi",
        pid=pid,
    )


def test_by_client_a_line_finds_its_request_among_many_at_once() -> None:
    made = served()
    for number in range(10):
        user(made, 3, 2.0, client=f"192.0.2.{number}")
    made.line("script-ended-early", 5.4, client__address="192.0.2.7", module="cgi")
    found = [one for one in joined(made) if one.lines]
    assert [one.transaction.client for one in found] == ["192.0.2.7"]
    assert found[0].lines[0][1] > 0.97


def test_another_workers_line_is_none_of_a_requests() -> None:
    made = served()
    for pid in (101, 102):
        user(made, 3, 2.0, pid=pid)
    made.line("script-ended-early", 5.4, module="cgi", process__pid=102)
    found = {one.transaction.pid: one.lines for one in joined(made)}
    assert found[101] == ()
    assert MOST_BY_TIME >= found[102][0][1] > 0.9


def test_without_client_a_line_is_shared_among_all_that_were_open_and_is_never_sure() -> None:
    made = served()
    for start in (3, 3, 3, 9):
        user(made, start, 2.0, client=f"192.0.2.{start}")
    made.line("script-ended-early", 5.4, module="cgid").line("script-ended-early", 11.4, module="cgid")
    shares = [round(one.lines[0][1], 2) for one in joined(made)]
    assert shares == [0.33, 0.33, 0.33, 0.95]


def test_a_request_that_had_not_yet_begun_or_was_over_makes_no_line() -> None:
    made = served()
    user(made, 1, 0.5)
    user(made, 8, 2.0)
    made.line("script-ended-early", 5.0)
    assert [one.lines for one in joined(made)] == [(), ()]


def test_where_the_log_gives_no_duration_the_one_just_begun_is_likelier_than_an_old_one() -> None:
    made = served()
    user(made, 1, None)
    user(made, 9, None)
    made.line("script-ended-early", 10.0)
    old, new = ((one.lines or ((None, 0.0),))[0][1] for one in joined(made))
    assert old < 0.05
    assert 0.8 < new < 0.95


def test_an_answer_that_was_whole_is_hardly_that_of_a_script_that_ended_early() -> None:
    made = served()
    user(made, 3, 2.0, failed=False)
    user(made, 3, 2.0)
    made.line("script-ended-early", 5.4)
    shares = {one.transaction.outcome: one.lines for one in joined(made)}
    assert not shares[Outcome.OK]
    assert shares[Outcome.FAILED][0][1] > 0.94


def test_lines_of_no_request_are_joined_to_none() -> None:
    made = served()
    user(made, 3, 2.0)
    made.line("lifecycle", 5.0).line("other", 5.0).line("script-ended-early", 5.0, dated=False)
    assert joined(made)[0].lines == ()


def test_a_failure_is_joined_to_its_process_with_signal_and_cpu_from_both_sources() -> None:
    made = served()
    user(made, 3, 2.0, client="192.0.2.7")
    made.line("script-ended-early", 5.52, client__address="192.0.2.7", module="cgi", process__pid=70)
    made.script(5.5, cpu=0.2, lived=2.3, process__command="mt.cgi", process__parent_pid=70)
    made.script(5.5, cpu=0.9, lived=1.1, process__command="mt.cgi", process__parent_pid=71)
    for signal, lived in ((9, 2.4), (0, 1.15)):
        ended: dict[str, Any] = {"signal": signal} if signal else {"exit_code": 0}
        made.event(
            "process.ended",
            seconds=5.0,
            process__command="mt.cgi",
            processes=1,
            end_within_seconds=0.5,
            lived_seconds=lived,
            cpu_seconds=0.24 if signal else 0.1,
            **ended,
        )
    (one,) = joined(made)
    assert one.process is not None
    assert (one.process.signal, one.process.exit_code) == (9, None)
    assert (one.process.cpu_seconds, one.process.lived_seconds) == (0.24, 2.3)
    assert one.probability > 0.9


def test_a_script_too_short_to_be_looked_at_is_known_by_the_probe_alone() -> None:
    made = served().request(Outcome.FAILED, 0.05, time=at(5.3), status=500, path="/cgi-bin/mt.cgi")
    made.event(
        "process.ended",
        seconds=5.5,
        process__command="mt.cgi",
        processes=1,
        end_within_seconds=0.5,
        lived_seconds=0.04,
        exit_code=2,
    )
    (one,) = joined(made)
    assert one.process is not None
    assert (one.process.exit_code, one.process.signal) == (2, None)
    assert 0.5 < one.probability < 1.0


def test_one_process_is_that_of_one_request_only() -> None:
    made = served().request(Outcome.FAILED, 1.0, time=at(4), status=500)
    made.request(Outcome.FAILED, 1.0, time=at(4.03), status=500).script(5.01, cpu=1, lived=1)
    assert sum(one.process is not None for one in joined(made)) == 1


@pytest.mark.parametrize("outcome", [Outcome.OK, Outcome.UNKNOWN])
def test_only_failures_are_joined_to_processes(outcome: Outcome) -> None:
    made = served().request(outcome, 1.0, time=at(4)).script(5.0, cpu=1, lived=1)
    assert joined(made)[0].process is None


def test_thousands_of_requests_are_joined_quickly_enough() -> None:
    made = served(seconds=600)
    made.users(20_000, failed=2_000, step=0.03, duration_seconds=0.4)
    for number in range(1_000):
        made.line("script-ended-early", number * 0.6)
    assert len(joined(made)) == 20_000


@pytest.mark.parametrize("duration", [1e300, -1e300, 0.0])
def test_a_hostile_duration_breaks_nothing(duration: float) -> None:
    made = served().line("script-ended-early", 5.0).script(5.0, cpu=1, lived=1)
    user(made, 3, duration)
    assert len(joined(made)) == 1
