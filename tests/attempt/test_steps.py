"""Own transactions of steps, against a real web server."""

import itertools
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.sight.web_server import Answer, Answers, page, raw, serve

from tenmatsu.attempt.fill import NoSuchVariable, fill_text, make_ask
from tenmatsu.attempt.judge_answer import find_fault
from tenmatsu.attempt.steps import run_steps
from tenmatsu.attempt.take import follow, take_value
from tenmatsu.model.attempt import Attempt
from tenmatsu.model.evidence import Outcome
from tenmatsu.model.exchange import Exchange
from tenmatsu.model.probe_plan import Expect, ProbePlan, Source, Step, Take
from tenmatsu.model.reason import read_reason
from tenmatsu.reach.http import HttpAsker

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def run(plan: ProbePlan, **secrets: str) -> Attempt:
    with HttpAsker() as asker:
        return run_steps(plan, asker, secrets, "mark-1", lambda: NOW)


def plan_of(server: Answers, *steps: Mapping[str, object], clean_up: tuple[Step, ...] = ()) -> ProbePlan:
    filled = [Step(**{"name": "", "method": "GET", "url": server.url, **one}) for one in steps]  # type: ignore[arg-type]  # as the test says
    return ProbePlan(name="p", steps=tuple(filled), clean_up=clean_up)


def test_what_one_answer_says_goes_into_the_next_request() -> None:
    first = page(200, b'{"entry": {"id": 12}}', content_type="application/json")
    with serve(first, page(200, b"fine")) as server:
        took = Take(name="id", source=Source.JSON, what="entry.id")
        plan = plan_of(
            server,
            {"takes": (took,)},
            {"method": "POST", "form": {"id": "{id}", "mark": "{mark}", "password": "{password}"}},
        )
        done = run(plan, password="a&b")
    assert (done.outcome, done.status, done.method) == (Outcome.OK, 200, "POST")
    assert server.bodies == [b"id=12&mark=mark-1&password=a%26b"]


def test_it_stops_at_the_step_that_fails_and_cleans_up_all_the_same() -> None:
    fault = page(
        200, b"<methodResponse><fault><value><string>locked</string></value></fault></methodResponse>"
    )
    with serve(fault, page(200, b"gone")) as server:
        clean_up = (Step(name="remove", method="GET", url=f"{server.url}&remove={{mark}}"),)
        plan = plan_of(
            server,
            {"name": "write", "method": "POST", "xmlrpc": "newPost", "values": ("{mark}", 3)},
            {"name": "never"},
            clean_up=clean_up,
        )
        done = run(plan)
    assert (done.outcome, done.step, done.status, done.page_maker) == (
        Outcome.FAILED,
        "write",
        200,
        "application",
    )
    assert b"<methodName>newPost</methodName>" in server.bodies[0]
    assert b"<string>mark-1</string>" in server.bodies[0]
    assert [path.rpartition("&")[2] for path in server.paths[1:]] == ["remove=mark-1"]
    assert done.left_behind == ()


def test_what_could_not_be_removed_is_told() -> None:
    with serve(page(200, b"ok"), page(500, b"no")) as server:
        clean_up = (Step(name="remove it", method="DELETE", url=server.url),)
        done = run(plan_of(server, {"method": "POST"}, clean_up=clean_up))
    assert done.outcome is Outcome.OK
    assert [(one.what, one.mark) for one in done.left_behind] == [("remove it", "mark-1")]


@pytest.mark.parametrize(
    ("answer_to_look", "found"),
    [
        (page(200, b"mark-1"), True),
        (page(200, b"none"), False),
        (page(404, b""), False),
        (page(502, b""), None),
    ],
)
def test_after_a_failure_it_is_looked_for(answer_to_look: Answer, found: bool | None) -> None:
    with serve(page(500, b"no"), answer_to_look, page(200, b"gone")) as server:
        look = (Step(name="look", method="GET", url=server.url, expect=Expect(holds=("{mark}",))),)
        clean_up = (Step(name="remove", method="GET", url=server.url),)
        plan = replace(plan_of(server, {"method": "POST"}, clean_up=clean_up), look=look)
        done = run(plan)
        assert len(server.paths) == 3
    assert (done.outcome, done.status, done.mark_found) == (Outcome.FAILED, 500, found)


def test_who_made_an_error_page_is_told_a_proxy_too() -> None:
    proxys = page(
        502, b"<html><body><h1>502 Bad Gateway</h1>\nThe server returned nothing.\n</body></html>\n"
    )
    with serve(proxys) as server:
        assert run(plan_of(server, {})).page_maker == "proxy"


def test_without_writing_there_is_nothing_to_clean_up() -> None:
    with serve(page(500, b"no")) as server:
        done = run(plan_of(server, {}, clean_up=(Step(name="x", method="GET", url=server.url),)))
        assert (done.mark, len(server.paths)) == ("", 1)


def test_a_variable_that_nobody_gave_is_said() -> None:
    with serve(page(200, b"")) as server:
        done = run(plan_of(server, {"url": "{nowhere}/x", "name": "go"}))
    assert (done.outcome, done.step, done.reason) == (
        Outcome.FAILED,
        "go",
        "nothing gave a value for nowhere",
    )
    assert read_reason(done.reason).ja == "nowhere の値なし"


def test_a_value_that_the_answer_does_not_hold_is_said() -> None:
    with serve(page(200, b"no id here")) as server:
        done = run(plan_of(server, {"takes": (Take(name="id", source=Source.PATTERN, what=r"id=(\d+)"),)}))
    assert (done.outcome, done.reason) == (Outcome.FAILED, "the answer does not say id")


def test_nobody_there_is_hopeless_and_a_cut_answer_is_not() -> None:
    plan = ProbePlan(name="p", steps=(Step(name="", method="GET", url="http://127.0.0.1:1/"),))
    assert run(plan).hopeless
    with serve(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nabc")) as server:
        done = run(plan_of(server, {}))
    assert (done.outcome, done.stage, done.hopeless) == (Outcome.FAILED, "body", False)


def answer(body: bytes, status: int = 200, seconds: float = 0.1, **headers: str) -> Exchange:
    return Exchange(
        time=NOW,
        method="GET",
        url="http://a/",
        status=status,
        headers=tuple((name.replace("_", "-"), value) for name, value in headers.items()),
        body=body,
        size_bytes=len(body),
        duration_seconds=seconds,
    )


@pytest.mark.parametrize(
    ("expect", "got", "said"),
    [
        (Expect(), answer(b"fine"), None),
        (Expect(), answer(b"x", 500), "500, the application's page"),
        (Expect(status=(500,)), answer(b"x", 500), None),
        (Expect(status=(302,)), answer(b"x"), "status 200 instead of 302"),
        (Expect(status=(200,)), answer(b"x", 500), "500, the application's page"),
        (
            Expect(),
            answer(b"<title>Error</title>oh", content_type="text/html"),
            "the page carries an error: Error",
        ),
        (Expect(may_say_error=True), answer(b"<title>Error</title>oh", content_type="text/html"), None),
        (Expect(holds=("Saved",)), answer(b"x"), "the answer lacks “Saved”"),
        (Expect(lacks=("trouble",)), answer(b"trouble"), "the answer says “trouble”"),
        (Expect(headers={"X-A": "^1$"}), answer(b"", x_a="2"), "the header X-A does not match ^1$"),
        (Expect(least_bytes=3), answer(b"ab"), "2 bytes, fewer than 3"),
        (Expect(most_bytes=1), answer(b"ab"), "2 bytes, more than 1"),
        (Expect(most_seconds=1), answer(b"", seconds=2), "2.00 s, longer than 1 s"),
        (Expect(whole_page=True), answer(b"<html><body>a"), "the page ends early, after 13 bytes"),
        (Expect(whole_page=True), answer(b"<html>a</HTML>\n<!-- made by x -->\n"), None),
    ],
)
def test_an_answer_is_judged(expect: Expect, got: Exchange, said: str | None) -> None:
    found = find_fault(expect, got)
    assert (found[0].en if found else None) == said
    assert found is None or read_reason(found[0].en) == found[0]


@pytest.mark.parametrize(
    ("source", "what", "value"),
    [
        (Source.PATTERN, r"id=(\d+)", "7"),
        (Source.PATTERN, r"id=\d+", "id=7"),
        (Source.HEADER, "x-a", "1"),
        (Source.HEADER, "x-b", None),
        (Source.JSON, "a", None),
        (Source.FIELD, "token", "abc"),
        (Source.FIELD, "none", None),
        (Source.XMLRPC, "0", None),
    ],
)
def test_values_are_taken(source: Source, what: str, value: str | None) -> None:
    assert (
        take_value(
            Take(name="v", source=source, what=what),
            answer(b"<form><input type=hidden name=token value=abc></form>id=7", X_A="1"),
        )
        == value
    )


def test_a_path_is_followed_as_far_as_it_leads() -> None:
    content = {"entries": [{"id": 3, "tags": ["a"]}]}
    assert follow("entries.0.id", content) == "3"
    assert follow("entries.0.tags", content) == '["a"]'
    assert follow("entries.1.id", content) is None
    assert follow("entries.x", content) is None


def test_a_value_cannot_break_out_of_an_address() -> None:
    step = Step(name="", method="GET", url="https://a/{id}?x={id}")
    assert make_ask(step, {"id": "../b?c&d"}).url == "https://a/..%2Fb%3Fc%26d?x=..%2Fb%3Fc%26d"
    assert (
        make_ask(Step(name="", method="GET", url="{where}"), {"where": "https://b/?q=1"}).url
        == "https://b/?q=1"
    )
    with pytest.raises(NoSuchVariable):
        fill_text("{a}", {})


def test_each_attempt_has_a_mark_of_its_own() -> None:
    from tenmatsu.attempt.series import make_mark

    marks = {make_mark() for _ in range(100)}
    assert len(marks) == 100
    assert all(one.startswith("tenmatsu-") for one in itertools.islice(marks, 3))
