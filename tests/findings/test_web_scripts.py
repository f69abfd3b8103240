"""Findings on CGI scripts while they run: at their CPU limit, at one age, and what limits there are."""

from datetime import timedelta

import pytest
from tests.evidence_builder import START, EvidenceBuilder, at
from tests.findings.made_web_evidence import WebEvidence, served

from tenmatsu.diagnose.cgi_ends import find_cgi_ends
from tenmatsu.diagnose.findings import cgi_dies_at_cpu_limit, cgi_dies_at_same_age, cgi_limit_set
from tenmatsu.model.finding import State


def died(made: WebEvidence, end: float, *, cpu: float, lived: float, limit: int | None = None) -> WebEvidence:
    """Add a script that died, with the line that the server writes some milliseconds later."""
    limits = {} if limit is None else {"limit_cpu_seconds": limit}
    return made.script(end, cpu=cpu, lived=lived, ended=True, **limits).line("script-ended-early", end + 0.02)


def limited() -> WebEvidence:
    """As recorded: RLimitCPU 1, posts of 0.4 to 1.6 s of CPU on a crowded machine."""
    made = served().script(2, cpu=0.72, lived=1.5, limit_cpu_seconds=1)
    for end, cpu, lived in ((5.0, 0.95, 1.3), (8.0, 1.02, 2.4), (11.0, 0.98, 1.7)):
        died(made, end, cpu=cpu, lived=lived, limit=1)
    return made


def watched() -> WebEvidence:
    """As recorded: a watchdog of 2.5 s, posts that get little CPU in bursts of a storm."""
    made = served()
    for end, cpu in ((3.0, 0.24), (6.0, 0.25), (12.0, 0.27), (15.0, 0.23)):
        died(made, end, cpu=cpu, lived=2.7)
    for end, cpu, lived in ((8.0, 0.82, 1.8), (9.4, 0.67, 1.4), (16.5, 0.56, 1.4)):
        made.script(end, cpu=cpu, lived=lived)
    return made


def test_deaths_at_the_cpu_limit() -> None:
    found = cgi_dies_at_cpu_limit.KIND(limited().build())
    assert (found.state, found.strength, found.harm) == (State.PRESENT, 1.0, True)
    assert (found.since, found.last) == (at(5), at(11))
    assert dict(found.values) == {
        "deaths": 3,
        "deaths_otherwise": 0,
        "limit_cpu_seconds": 1,
        "script": "/srv/mt.cgi",
    }
    assert "(0.9 to 1.0 s) came to the limit, 1 s (/srv/mt.cgi)" in found.sentence.en


def test_one_that_went_over_the_limit_says_that_it_is_none() -> None:
    made = limited().script(18, cpu=2.5, lived=3.0, limit_cpu_seconds=1)
    assert cgi_dies_at_cpu_limit.KIND(made.build()).state is State.ABSENT


def test_deaths_of_another_kind_make_the_limit_less_likely() -> None:
    made = limited()
    for end in (13, 14, 15):
        died(made, end, cpu=0.2, lived=0.3, limit=1)
    found = cgi_dies_at_cpu_limit.KIND(made.build())
    assert (found.state, found.strength) == (State.PRESENT, 0.5)


def test_scripts_that_end_well_near_their_limit_have_not_died() -> None:
    made = served().script(2, cpu=0.95, lived=1.5, limit_cpu_seconds=1)
    assert cgi_dies_at_cpu_limit.KIND(made.build()).state is State.ABSENT


def test_scripts_without_a_limit_cannot_die_of_it() -> None:
    found = cgi_dies_at_cpu_limit.KIND(watched().build())
    assert (found.state, found.strength) == (State.ABSENT, 1.0)
    assert cgi_dies_at_cpu_limit.KIND(served().build()).state is State.ABSENT
    assert (
        cgi_dies_at_cpu_limit.KIND(WebEvidence().server(rlimit_cpu_seconds=9).build()).state is State.UNKNOWN
    )


def test_without_logs_a_death_is_only_half_as_sure() -> None:
    made = WebEvidence().server()
    for end in (3, 6, 9):
        made.script(end, cpu=0.97, lived=2.0, limit_cpu_seconds=1)
    found = cgi_dies_at_cpu_limit.KIND(made.build())
    assert (found.state, found.strength) == (State.PRESENT, 0.5)


@pytest.mark.parametrize("kind", [cgi_dies_at_cpu_limit.KIND, cgi_dies_at_same_age.KIND, cgi_limit_set.KIND])
def test_nobody_could_look(kind: object) -> None:
    assert callable(kind)
    made = EvidenceBuilder().event("web.server", server="apache").gap("cgi")
    assert kind(made.build()).state is State.UNKNOWN


def test_deaths_at_one_age() -> None:
    found = cgi_dies_at_same_age.KIND(watched().build())
    assert (found.state, found.strength, found.harm) == (State.PRESENT, 1.0, False)
    assert found.sentence.en == "4 scripts died 2.7 s after their start, having used 0.2 to 0.3 s of CPU"
    assert found.values["server_timeout_seconds"] == 300.0


def test_deaths_at_one_age_with_differing_work() -> None:
    made = served()
    for end, cpu in ((3, 0.3), (6, 0.9), (12, 0.6)):
        died(made, end, cpu=cpu, lived=2.6)
    assert cgi_dies_at_same_age.KIND(made.build()).state is State.PRESENT


def test_deaths_at_one_age_and_after_the_same_work_may_be_their_own() -> None:
    made = served()
    for end in (3, 6, 12):
        died(made, end, cpu=1.0, lived=1.1, limit=1)
    found = cgi_dies_at_same_age.KIND(made.build())
    assert (found.state, found.values["cpu_spread_ratio"]) == (State.ABSENT, 0.0)


@pytest.mark.parametrize("lived", [(1.6, 2.0, 2.4), (0.3, 0.3, 0.3), (2.6, 3.1, 3.6)])
def test_no_fixed_age_or_one_too_short_to_tell(lived: tuple[float, ...]) -> None:
    made = served()
    for number, seconds in enumerate(lived):
        died(made, 3 + 4 * number, cpu=0.1 + 0.2 * number, lived=seconds)
    assert cgi_dies_at_same_age.KIND(made.build()).state is State.ABSENT


def test_one_that_lived_longer_says_that_nothing_ends_them() -> None:
    made = watched().script(18, cpu=0.3, lived=6.0)
    assert cgi_dies_at_same_age.KIND(made.build()).state is State.ABSENT


def test_two_deaths_are_too_few_and_none_is_none() -> None:
    made = served()
    died(died(made, 3, cpu=0.3, lived=2.6), 6, cpu=0.9, lived=2.6)
    assert cgi_dies_at_same_age.KIND(made.build()).state is State.UNKNOWN
    assert cgi_dies_at_same_age.KIND(served().script(3, cpu=1, lived=1).build()).state is State.ABSENT


def test_deaths_that_nobody_saw_leave_it_open() -> None:
    made = watched()
    for second in (1, 4, 7, 9):
        made.line("script-ended-early", second + 0.5)
    assert cgi_dies_at_same_age.KIND(made.build()).state is State.UNKNOWN


def test_each_failure_is_joined_to_one_end_at_its_time() -> None:
    made = served().script(5, cpu=1, lived=1).script(5.02, cpu=1, lived=1).script(9, cpu=1, lived=1)
    made.line("script-ended-early", 5.03).line("script-ended-early", 9.5)
    ends = find_cgi_ends(made.build())
    assert [one.event.time - START for one in ends.died] == [timedelta(seconds=5.02)]
    assert (len(ends.seen), ends.failures) == (3, 2)


def test_a_small_limit_is_told_with_what_was_used() -> None:
    made = WebEvidence().server(rlimit_cpu_seconds=1).script(5, cpu=0.8, lived=1, rss_bytes=20_000_000)
    found = cgi_limit_set.KIND(made.build())
    assert found.state is State.PRESENT
    assert found.sentence.en == "scripts have a limit that they can come to: 1 s of CPU (most used: 0.8 s)"


@pytest.mark.parametrize(
    ("settings", "state"),
    [
        ({}, State.ABSENT),
        ({"rlimit_cpu_seconds": 240}, State.ABSENT),
        ({"rlimit_mem_bytes": 100 << 20}, State.PRESENT),
        ({"rlimit_mem_bytes": 2 << 30}, State.ABSENT),
    ],
)
def test_limits_small_and_large(settings: dict[str, int], state: State) -> None:
    made = WebEvidence().server(**settings).script(5, cpu=0.8, lived=1, rss_bytes=20_000_000)
    assert cgi_limit_set.KIND(made.build()).state is state


def test_where_no_server_runs_no_script_is_limited() -> None:
    assert cgi_limit_set.KIND(WebEvidence().build()).state is State.ABSENT
