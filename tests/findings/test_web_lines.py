"""Findings on lines of error logs: there, not there, nobody could look, and over since."""

from dataclasses import replace

import pytest
from tests.evidence_builder import EvidenceBuilder, at
from tests.findings.made_web_evidence import END_OF_SCRIPT, ERROR_LOG, WebEvidence, served

from tenmatsu.diagnose.findings import (
    application_error_logged,
    cannot_fork_logged,
    disk_full_logged,
    name_lookup_failed_logged,
    out_of_memory_logged,
    script_ended_early,
    script_timeout_logged,
    server_child_crashed,
    upstream_failed,
)
from tenmatsu.model.evidence import Gap, Kind, Outcome, Series
from tenmatsu.model.finding import FindingKind, State
from tenmatsu.model.words import Words

CASES: dict[str, tuple[FindingKind, str, str]] = {
    "script-ended-early": (script_ended_early.KIND, "script-ended-early", END_OF_SCRIPT),
    "script-timeout-logged": (
        script_timeout_logged.KIND,
        "script-timeout",
        "Script timed out before returning headers: mt.cgi",
    ),
    "cannot-fork-logged": (
        cannot_fork_logged.KIND,
        "cannot-fork",
        "(11)Resource temporarily unavailable: couldn't create child process: 11: mt.cgi",
    ),
    "out-of-memory-logged": (out_of_memory_logged.KIND, "out-of-memory", "Out of memory!"),
    "disk-full-logged": (disk_full_logged.KIND, "disk-full", "cannot write: No space left on device"),
    "name-lookup-failed-logged": (
        name_lookup_failed_logged.KIND,
        "name-lookup",
        "Temporary failure in name resolution",
    ),
    "upstream-failed": (upstream_failed.KIND, "upstream", "(111)Connection refused: AH00957"),
    "server-child-crashed": (
        server_child_crashed.KIND,
        "child-crashed",
        "child pid 7 exit signal Segmentation fault (11)",
    ),
}
IDS = sorted(CASES)


@pytest.mark.parametrize("id", IDS)
def test_it_fires(id: str) -> None:
    kind, error, body = CASES[id]
    made = served(url="http://localhost/").users(40)
    for second in (3, 8, 14):
        made.line(error, second, body)
    found = kind(made.build())
    assert (found.id, found.state, found.strength) == (id, State.PRESENT, 1.0)
    assert found.harm is kind.harm
    assert (found.since, found.last) == (at(3), at(14))
    assert (found.values["count"], found.values["in_window"], found.values["requests"]) == (3, 3, 40)
    assert "3 times (7.5% of 40 requests)" in found.sentence.en
    assert "3 回 (リクエスト 40 件の 7.5%)" in found.sentence.ja
    assert found.see[0].endswith(f"{ERROR_LOG} | tail")


@pytest.mark.parametrize("id", IDS)
def test_it_stays_quiet(id: str) -> None:
    kind, _, _ = CASES[id]
    found = kind(served().users(40).line("other", 3, "entry 12 has no category").build())
    assert (found.state, found.strength, found.values["lines"]) == (State.ABSENT, 1.0, 100)


@pytest.mark.parametrize("id", IDS)
def test_nobody_could_look(id: str) -> None:
    kind, _, _ = CASES[id]
    made = EvidenceBuilder().event("web.server", server="apache").gap("web_logs")
    assert kind(made.build()).state is State.UNKNOWN


@pytest.mark.parametrize("id", IDS)
def test_where_no_server_runs_nothing_of_it_can_be(id: str) -> None:
    kind, _, _ = CASES[id]
    assert kind(WebEvidence().build()).state is State.ABSENT


def test_what_was_read_only_in_part_is_less_sure() -> None:
    words = Words("the log error.log", "ログ error.log")
    gap = Gap(sight="web_logs", component="x", what=words, why=words, close_by=words)
    made = replace(served().build(), gaps=(gap,))
    found = script_ended_early.KIND(made)
    assert (found.state, found.strength) == (State.ABSENT, 0.5)


def test_one_line_among_thousands_of_requests_harms_nobody() -> None:
    made = served(since=3600).users(4000, begin=-3000, step=0.7).line("script-ended-early", -600)
    found = script_ended_early.KIND(made.build())
    assert (found.state, found.harm) == (State.PRESENT, False)
    assert found.strength <= 0.25


def test_many_clean_requests_end_it() -> None:
    made = served(since=3600)
    for second in range(-1800, -1700, 5):
        made.line("script-ended-early", second)
    made.users(60, begin=-1800, step=1.6).users(300, begin=-1600, step=5)
    found = script_ended_early.KIND(made.build())
    assert (found.state, found.harm, found.strength) == (State.PRESENT, False, 0.2)
    assert found.sentence.en.endswith("no more since")


def test_without_requests_since_it_is_not_over() -> None:
    made = served(since=3600)
    for second in range(-400, -300, 5):
        made.line("script-ended-early", second)
    made.users(60, begin=-400, step=1.6)
    found = script_ended_early.KIND(made.build())
    assert (found.harm, found.strength) == (True, 1.0)


def test_where_nobody_counts_requests_a_long_pause_ends_it() -> None:
    made = served(since=3600)
    for second in (-3000, -2990, -2950):
        made.line("script-ended-early", second)
    assert script_ended_early.KIND(made.build()).harm is False
    assert script_ended_early.KIND(made.line("script-ended-early", 5).build()).harm is True


def test_lines_that_were_only_counted_count() -> None:
    made = served(since=3600).line("script-ended-early", 5).build()
    series = Series(
        sight="web_logs",
        component="x",
        name="web.error.count",
        unit="{line}",
        kind=Kind.GAUGE,
        attributes={"error.type": "script-ended-early"},
        points=((at(-600), 40.0), (at(-540), 2.0)),
    )
    found = script_ended_early.KIND(replace(made, series=(series,)))
    assert (found.values["count"], found.since) == (43, at(-600))


def test_the_most_frequent_error_is_told_and_can_be_searched_for() -> None:
    made = served().users(20, failed=5)
    text = "Can't locate Blog/Template.pm in @INC (you may need to install it)"
    for second in (1, 5, 9):
        made.line("application-error", second, text, module="cgi")
    made.line("application-error", 12, "syntax error at …/mt.cgi line #").line("script-ended-early", 12)
    found = application_error_logged.KIND(made.build())
    assert (found.state, found.harm, found.values["count"]) == (State.PRESENT, True, 4)
    assert "Can't locate Blog/Template.pm" in found.sentence.en
    words = "t locate Blog/Template.pm in @INC (you may need to install i"
    assert found.see == (f"grep -F '{words}' {ERROR_LOG} | tail",)


def test_an_error_that_was_caught_harms_nobody() -> None:
    made = served().users(20)
    for second in (1, 5, 9):
        made.line("application-error", second, "RuntimeError: no such entry")
    found = application_error_logged.KIND(made.build())
    assert (found.state, found.harm, found.strength) == (State.PRESENT, False, 0.4)


def test_application_errors_quiet_and_not_seen() -> None:
    assert application_error_logged.KIND(served().build()).state is State.ABSENT
    made = EvidenceBuilder().event("web.server", server="nginx").gap("web_logs")
    assert application_error_logged.KIND(made.build()).state is State.UNKNOWN


def test_our_own_failed_requests_make_an_error_harmful() -> None:
    made = served(url="http://localhost/").line("application-error", 5, "PHP Fatal error: x")
    made.request(Outcome.FAILED, 0.1, status=500)
    assert application_error_logged.KIND(made.build()).harm is True


def test_lines_in_the_journal_are_shown_from_there() -> None:
    made = served().line("upstream", 5, "connect() failed", log__file__path="journalctl")
    assert upstream_failed.KIND(made.build()).see == ("journalctl -r | grep -F -m 20 'connect() failed'",)
