"""A row in words and figures, and which rows are shown."""

from datetime import UTC, datetime

import pytest

from tenmatsu.cli.top import SORTS as OFFERED
from tenmatsu.model.processes import Completeness, Grouping, Ran, Row
from tenmatsu.ui.process_choice import (
    GROUPED_BY,
    SORTED_BY,
    SORTS,
    choose_rows,
    keep_order,
    sort_rows,
    turn_round,
)
from tenmatsu.ui.process_words import (
    describe_capture,
    describe_cpu,
    find_meaning,
    name_row,
    show_ends,
    show_life,
    show_parents,
    show_rate,
)

HOSTILE = "[bold red]x[/]\n\x1b[31m\u202eabc"


def row(name: str, **more: object) -> Row:
    return Row(host="localhost", name=name, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, "-"),
        (0.0000005, "0.5µs"),
        (0.00065, "650µs"),
        (0.0099, "9.9ms"),
        (0.151, "151ms"),
        (1.0, "1.0s"),
        (99.0, "99s"),
        (150.0, "2.5min"),
        (7200.0, "2.0h"),
        (200_000.0, "2d"),
    ],
)
def test_a_life_has_three_digits_at_most(seconds: float | None, shown: str) -> None:
    assert show_life(seconds) == shown


def test_signals_come_before_exit_codes_and_these_before_success() -> None:
    assert show_ends(row("x", exit_codes={0: 90, 1: 2}, signals={11: 3})) == "SEGV:3 1:2 0:90"
    assert show_ends(row("x", exit_codes={0: 1, 1: 1, 2: 1, 3: 1})) == "1:1 2:1 3:1 …"
    assert show_ends(row("x", signals={200: 1})) == "signal 200:1"
    assert show_ends(row("x")) == ""


def test_a_rate_needs_a_time() -> None:
    assert [show_rate(5, 10.0), show_rate(2000, 1.0), show_rate(5, 0.0)] == ["0.5", "2,000", "0.0"]


def test_names_of_a_guest_are_shown_safely() -> None:
    shown = r"[bold red]x[/]\x0a\x1b[31m\u202eabc"
    assert name_row(row(HOSTILE), Grouping.PROGRAM).en == shown
    assert name_row(row(HOSTILE, unnamed=True), Grouping.PROGRAM).en == f"(unseen children of {shown})"
    assert show_parents({HOSTILE: 1, "": 2}) == f"{shown}, ?"


@pytest.mark.parametrize("grouping", Grouping)
def test_what_has_no_name_is_called_so(grouping: Grouping) -> None:
    assert name_row(row(""), grouping).en.startswith("(")
    assert grouping in GROUPED_BY


@pytest.mark.parametrize(
    "name", ["(unseen children of cron)", "(cron の見えない子)", "(names not kept)", "(名前なし)"]
)
def test_a_name_that_imitates_one_of_our_rows_is_told_apart(name: str) -> None:
    shown = name_row(Row(host="h", name=name), Grouping.PROGRAM)
    assert (shown.en, shown.ja) == (rf"\x28{name[1:]}",) * 2
    assert name_row(Row(host="h", name="(sd-pam)"), Grouping.PROGRAM).en == "(sd-pam)"


def test_a_guess_by_the_beginning_alone_is_not_shown() -> None:
    assert find_meaning("sshd", "/usr/sbin/sshd", "")
    assert find_meaning("", "", "") is None
    assert find_meaning("nobody-knows-it", "", "") is None


def test_what_is_missing_is_never_rounded_away() -> None:
    seen = Completeness(rung="ebpf", exits_captured=99_999, exits_counted=100_000, forks_counted=100_000)
    assert "99,999 of 100,000 ends seen (99.9%)" in describe_capture(seen, 10.0).en
    assert "LOST" not in describe_capture(seen, 10.0).en
    less = Completeness(rung="perf", events_lost={"buffer": 7})
    assert "7 events LOST" in describe_capture(less, 10.0).en
    assert "(-、perf)" in describe_capture(less, 10.0).ja


def test_cpu_that_nobody_accounts_for_is_told() -> None:
    seen = Completeness(
        cpu_attributed_seconds=6.0,
        cpu_used_seconds=8.0,
        cpu_all_seconds=20.0,
        steal_seconds=1.0,
        limit_cores=1.5,
    )
    assert describe_cpu(seen).en == (
        "CPU 40.0% busy, 75.0% of that shown (2.00 s not); steal 5.0%; limit 1.5 cores"
    )
    assert "no limit seen" in describe_cpu(Completeness()).en


def test_what_is_offered_is_what_can_be_done() -> None:
    assert OFFERED == SORTS
    assert set(SORTS) == set(SORTED_BY)


@pytest.mark.parametrize(
    ("sort", "names"),
    [("cpu", "bac"), ("started", "abc"), ("alive", "cab"), ("name", "abc"), ("life", "abc")],
)
def test_rows_are_sorted_by_what_was_asked(sort: str, names: str) -> None:
    rows = [
        row("c", alive=9),
        row("b", started=5, ended=5, cpu_seconds=2.0),
        row("a", started=9, ended=9, cpu_seconds=1.0, alive=1, mean_life_seconds=1.0),
    ]
    assert "".join(one.name for one in sort_rows(rows, sort=sort, grouping=Grouping.PROGRAM)) == names


def test_rows_that_did_nothing_come_last_also_the_other_way_round() -> None:
    rows = [row("idle", alive=9), row("a", started=1), row("b", started=40)]
    kept = keep_order(rows, (), sort="cpu", grouping=Grouping.PROGRAM)
    assert [one.name for one in kept] == ["a", "b", "idle"]
    assert [one.name for one in turn_round(kept, sort="cpu")] == ["b", "a", "idle"]
    standing = keep_order(rows, (), sort="alive", grouping=Grouping.PROGRAM)
    assert [one.name for one in turn_round(standing, sort="alive")][-1] == "idle"


@pytest.mark.parametrize(
    ("text", "found"), [("", 2), ("CRON", 1), ("/usr", 1), ("--loud", 1), ("web1", 2), ("[bold", 0)]
)
def test_the_filter_reads_names_paths_starters_and_command_lines(text: str, found: int) -> None:
    time = datetime(2026, 11, 20, tzinfo=UTC)
    rows = (
        Row(host="web1", name="a", executable="/usr/bin/a", parents={"cron": 1}),
        Row(host="web1", name="b", commands=("b --loud",)),
    )
    ran = Ran(host="web1", begun=time, ended=time, seconds=1.0, completeness=Completeness(), rows=rows)
    assert len(choose_rows([ran], text=text, sort="cpu", grouping=Grouping.PROGRAM)) == found
