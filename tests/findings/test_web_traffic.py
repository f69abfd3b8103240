"""Findings on requests: failing, slow, far more than before; workers; attackers; logs that stopped."""

import pytest
from tests.evidence_builder import EvidenceBuilder, at
from tests.findings.made_web_evidence import ACCESS_LOG, WebEvidence, served

from tenmatsu.diagnose.findings import (
    attack_noise,
    request_surge,
    user_requests_fail,
    user_requests_slow,
    web_log_stopped,
    workers_exhausted,
)
from tenmatsu.model.evidence import Outcome
from tenmatsu.model.finding import FindingKind, State

URL = "http://127.0.0.1/mt.cgi"
ALL = [
    attack_noise.KIND,
    request_surge.KIND,
    user_requests_fail.KIND,
    user_requests_slow.KIND,
    web_log_stopped.KIND,
    workers_exhausted.KIND,
]


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.id)
def test_nobody_could_look(kind: FindingKind) -> None:
    made = EvidenceBuilder().event("web.server", server="apache").gap("web_logs")
    assert kind(made.build()).state is State.UNKNOWN


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.id)
def test_a_healthy_server_shows_none_of_it(kind: FindingKind) -> None:
    made = served(url=URL, since=600).users(300, begin=-580, step=1.9, duration_seconds=0.2)
    made.users(12, step=1.5, duration_seconds=0.2).script(18, cpu=0.1, lived=0.2)
    made.gauge("linux.tcp.waiting", 0, 0, 1, 0, server__port=80)
    made.gauge("web.worker.count", 6, 6, 6, 6, process__pid=100).gauge("web.cgi.running", 0, 1, 1, 0)
    found = kind(made.build())
    assert (found.state, found.harm) == (State.ABSENT, False)


def test_the_path_that_fails_is_told_apart_from_those_that_do_not() -> None:
    made = served(since=3600).users(2000, begin=-3000, step=1.4)
    made.users(135, failed=45, begin=-3000, step=22, path="/mt/mt.cgi")
    found = user_requests_fail.KIND(made.build())
    assert (found.state, found.harm, found.strength) == (State.PRESENT, True, 1.0)
    assert found.sentence.en == "45 of 135 requests for /mt/mt.cgi failed (33%; true rate 25% to 42%)"
    assert found.values["total"] == 2135
    assert found.since == at(-3000)
    assert found.see == (f"grep -E '\" 5[0-9][0-9] ' {ACCESS_LOG} | tail",)


@pytest.mark.parametrize(
    ("sizes", "said"),
    [((611,) * 9, True), ((611,) * 4 + (612,) * 5, False), ((611,) * 4, False), ((None,) * 9, False)],
)
def test_that_all_failures_are_one_page_is_said_by_its_size(
    sizes: tuple[int | None, ...], said: bool
) -> None:
    made = served(since=3600).users(40, begin=-3000)
    for number, size in enumerate(sizes):
        made.users(1, failed=1, begin=-2000 + 100 * number, size_bytes=size)
    found = user_requests_fail.KIND(made.build())
    assert found.state is State.PRESENT
    assert (found.values.get("failure_bytes"), "same page, 611 bytes" in found.sentence.en) == (
        (611, True) if said else (None, False)
    )


def test_few_failures_among_many_requests_are_no_fault() -> None:
    made = served(since=3600).users(3000, failed=6, begin=-3000, step=1)
    assert user_requests_fail.KIND(made.build()).state is State.ABSENT


def test_failures_that_were_followed_by_enough_successes_are_over() -> None:
    made = served(since=3600).users(20, failed=10, begin=-3000, step=1).users(60, begin=-1000, step=10)
    found = user_requests_fail.KIND(made.build())
    assert (found.state, found.harm, found.strength) == (State.PRESENT, False, 0.2)


def test_two_requests_tell_nothing() -> None:
    assert user_requests_fail.KIND(served().users(2).build()).state is State.UNKNOWN


def test_counted_requests_weigh_as_well() -> None:
    made = served().users(10).gauge("web.request.count", 900, status="2xx", path="*")
    made.gauge("web.request.count", 90, status="5xx", path="*")
    found = user_requests_fail.KIND(made.build())
    assert (found.state, found.values["failures"], found.values["total"]) == (State.PRESENT, 90, 1000)


@pytest.mark.parametrize(
    ("slow", "state", "harm"),
    [(1, State.ABSENT, False), (4, State.PRESENT, False), (12, State.PRESENT, True)],
)
def test_slow_requests(slow: int, state: State, *, harm: bool) -> None:
    made = served().users(20 - slow, duration_seconds=0.3).users(slow, duration_seconds=9.0)
    found = user_requests_slow.KIND(made.build())
    assert (found.state, found.harm) == (state, harm)


def test_durations_that_the_log_does_not_give_are_asked_for() -> None:
    found = user_requests_slow.KIND(served().users(20).build())
    assert found.state is State.UNKNOWN
    assert "%D" in found.sentence.en


def test_large_downloads_take_their_time() -> None:
    made = served().users(20, duration_seconds=60.0, size_bytes=700 << 20)
    assert user_requests_slow.KIND(made.build()).state is State.UNKNOWN


def flood(**more: float) -> WebEvidence:
    """As recorded: two clients, one page, 18 requests a second on two cores; our own post takes 9 s."""
    made = served(url=URL, **more).users(360, step=0.055, clients=2, path="/cgi-bin/blog.cgi")
    made.gauge("linux.tcp.waiting", 5, 7, 8, 6, server__port=80)
    made.gauge("web.worker.count", 15, 15, 15, 15, process__pid=100)
    made.gauge("web.cgi.running", 15, 15, 14, 15)
    return made.request(Outcome.OK, 9.0, time=at(5), status=200)


def test_a_flood_without_a_past() -> None:
    found = request_surge.KIND(flood().build())
    assert (found.state, found.strength, found.harm) == (State.PRESENT, 1.0, False)
    assert found.sentence.en == (
        "19 requests a second (no past to compare with); 100% from 2 clients, 100% for /cgi-bin/blog.cgi"
    )
    assert found.values["before_per_second"] == -1.0


def test_a_flood_after_quiet_times() -> None:
    found = request_surge.KIND(flood(since=600).users(60, begin=-590, step=9.5).build())
    assert (found.state, found.strength) == (State.PRESENT, 1.0)
    assert "(0.1 before)" in found.sentence.en


def test_the_same_crowd_as_before_is_no_surge() -> None:
    made = flood(since=600).users(10_000, begin=-590, step=0.055, clients=2)
    assert request_surge.KIND(made.build()).state is State.ABSENT


def test_a_surge_that_nobody_suffers_from_weighs_less() -> None:
    made = served(since=600).users(60, begin=-590, step=9.5).users(360, step=0.055, clients=2)
    found = request_surge.KIND(made.build())
    assert (found.state, found.strength) == (State.PRESENT, 0.4)


def test_slow_scripts_that_fill_the_workers_are_no_surge() -> None:
    made = served(url=URL).users(30, step=0.6, clients=12, path="/cgi-bin/blog.cgi")
    made.gauge("linux.tcp.waiting", 5, 7, 8, 6, server__port=80).gauge("web.cgi.running", 15, 15, 15, 15)
    made.request(Outcome.OK, 9.0, time=at(5), status=200)
    assert request_surge.KIND(made.build()).state is State.ABSENT


def test_busy_but_served_is_no_surge() -> None:
    made = served(url=URL).users(400, step=0.05, clients=2, path="/index.html")
    made.gauge("linux.tcp.waiting", 0, 0, 0, 0, server__port=80).request(Outcome.OK, 0.2, time=at(5))
    assert request_surge.KIND(made.build()).state is State.ABSENT


def test_full_workers_with_a_queue_before_them() -> None:
    found = workers_exhausted.KIND(flood().build())
    assert (found.state, found.harm, found.strength) == (State.PRESENT, True, 1.0)
    assert found.sentence.en.startswith("all 15 workers are taken (15 scripts at a time), and 6 connections")


def test_a_queue_with_free_workers_is_a_moment() -> None:
    made = served().gauge("linux.tcp.waiting", 2, 0, 0, 0, server__port=80)
    made.gauge("web.worker.count", 15, 15, 15, 15, process__pid=100)
    assert workers_exhausted.KIND(made.build()).state is State.ABSENT


@pytest.mark.parametrize(("second", "strength", "harm"), [(5, 0.35, True), (-500, 0.3, False)])
def test_the_servers_own_words(second: float, strength: float, *, harm: bool) -> None:
    made = served(since=600).users(200, begin=-590, step=2.9)
    made.line("out-of-workers", second, "server reached MaxRequestWorkers setting")
    made.gauge("linux.tcp.waiting", 0, 0, server__port=80)
    found = workers_exhausted.KIND(made.build())
    assert (found.state, found.strength, found.harm) == (State.PRESENT, strength, harm)


def test_workers_of_an_event_server_are_threads() -> None:
    made = WebEvidence().server(threads_per_process=25, max_request_workers=50, cgi_module="mod_cgid").logs()
    made.gauge("web.worker.count", 3, 3, 3, process__pid=100)
    made.gauge("linux.tcp.waiting", 4, 4, 4, server__port=443)
    assert workers_exhausted.KIND(made.build()).state is State.PRESENT


def test_attackers_are_bystanders() -> None:
    made = served().users(50).users(9, status=404, path="/.env", reason="attack")
    found = attack_noise.KIND(made.line("attack", 3, "client denied by server configuration").build())
    assert (found.state, found.harm, found.values["tries"]) == (State.PRESENT, False, 9)


def test_a_log_that_lost_its_file() -> None:
    found = web_log_stopped.KIND(WebEvidence().server().logs(state="deleted").build())
    assert found.state is State.PRESENT
    assert "a deleted file" in found.sentence.en


def test_a_log_behind_what_was_served() -> None:
    made = WebEvidence(url=URL).server().logs(last=2.0).script(15, cpu=0.1, lived=0.2)
    found = web_log_stopped.KIND(made.build())
    assert (found.state, found.since) == (State.PRESENT, at(2))
    assert found.sentence.en.startswith(f"{ACCESS_LOG} is 13 s behind")


def test_our_own_requests_show_that_a_log_stopped() -> None:
    made = WebEvidence(url=URL).server().logs(last=2.0).request(Outcome.OK, 0.5, time=at(12), status=200)
    assert web_log_stopped.KIND(made.build()).state is State.PRESENT
    made = WebEvidence(url="http://www.example.org/").server().logs(last=2.0)
    made.request(Outcome.OK, 0.5, time=at(12), status=200)
    assert web_log_stopped.KIND(made.build()).state is State.ABSENT


def test_a_long_request_is_written_down_by_its_beginning() -> None:
    made = WebEvidence(url=URL).server().logs(last=6.0).request(Outcome.OK, 6.5, time=at(6), status=200)
    made.script(12.4, cpu=0.1, lived=6.4)
    assert web_log_stopped.KIND(made.build()).state is State.ABSENT
