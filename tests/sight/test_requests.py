"""Our own requests, asked of a real web server: well, ill, hostile, gone, and too slow."""

import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler

import pytest
from tests.sight.looking import watch
from tests.sight.web_server import page, raw, serve

from tenmatsu.model.evidence import Outcome, Transaction
from tenmatsu.reach.local import LocalReach
from tenmatsu.sight import requests
from tenmatsu.sight.scene import Notebook, Scene

GOOD = b"<!DOCTYPE html><html><head><title>Saved</title></head><body><h1>Saved</h1></body></html>"
NGINX = b"<center><h1>502 Bad Gateway</h1></center>\n<hr><center>nginx</center>"
FULL = (
    b"<html><head><title>Error</title></head><body>An error occurred: database or disk is full</body></html>"
)


@dataclass(kw_only=True)
class OneRequestScene(Scene):
    """A window that is over once the first request has ended, however long the start took."""

    over: bool = False

    @property
    def left_seconds(self) -> float:
        return 0.0 if self.over else self.seconds

    def wait(self, seconds: float) -> None:
        self.over = True


def ask(url: str, *, seconds: float = 8.0) -> Transaction:
    """Return the one request of a window in which so many seconds are left for it."""
    here = LocalReach()
    scene = OneRequestScene(
        reach=here, component="here", start=here.now(), seconds=seconds, since=here.now(), url=url
    )
    notebook = Notebook("requests", "here")
    requests.SIGHT.look(scene, notebook)
    (one,) = notebook.close(here.now(), here.now(), complete=True).transactions
    return one


def outcome(one: Transaction) -> tuple[Outcome, int | None, str, str]:
    return one.outcome, one.status, one.stage, one.reason


def test_a_good_answer() -> None:
    with serve(page(200, GOOD, content_type="text/html")) as server:
        one = ask(server.url)
    assert outcome(one) == (Outcome.OK, 200, "done", "")
    assert (one.maker, one.method, one.path) == ("probe", "GET", "/blog/mt.cgi")
    assert one.size_bytes == len(GOOD)
    assert one.duration_seconds is not None
    assert 0 < one.duration_seconds < 5
    assert server.paths == ["/blog/mt.cgi?x=1"]
    assert server.agents[0].startswith("tenmatsu/")


def test_it_asks_again_and_again_but_at_most_twice_a_second() -> None:
    with serve(page(200, GOOD), page(500, b"<h1>no</h1>"), page(200, GOOD)) as server:
        found = watch(requests.SIGHT, reach=LocalReach(), seconds=0.75, url=server.url)
    assert [one.outcome for one in found.made_by("probe")][:2] == [Outcome.OK, Outcome.FAILED]
    assert 2 <= len(server.paths) <= 3
    assert found.looks[0].read.en == f"{len(server.paths)} requests"


@pytest.mark.parametrize(
    ("status", "body", "kind", "reason"),
    [
        (500, b"<html><h1>sorry</h1></html>", "text/html", "500, the application's page"),
        (502, NGINX, "text/html", "502, the server's own page"),
        (200, FULL, "text/html", "the page carries an error: database or disk is full"),
        (
            200,
            b"Got an error: Bad CGIPath",
            "text/plain",
            "the page carries an error: Got an error: Bad CGIPath",
        ),
        (200, b"", "text/html", ""),
        (204, b"", "text/html", ""),
        (401, b"<h1>Unauthorized</h1>", "text/html", ""),
        (404, b"<html><h1>Not found</h1></html>", "text/html", "404, the application's page"),
    ],
)
def test_the_status_and_what_the_page_says_both_count(
    status: int, body: bytes, kind: str, reason: str
) -> None:
    with serve(page(status, body, content_type=kind)) as server:
        one = ask(server.url)
    assert outcome(one) == (Outcome.FAILED if reason else Outcome.OK, status, "done", reason)


def test_a_body_that_is_cut_off_has_failed() -> None:
    with serve(page(200, GOOD, content_length=str(len(GOOD) + 500))) as server:
        one = ask(server.url)
    assert (one.outcome, one.status, one.stage) == (Outcome.FAILED, None, "body")
    assert "without sending complete message body" in one.reason


def test_a_body_that_is_not_what_it_says_has_failed() -> None:
    with serve(page(200, b"no gzip", content_encoding="gzip")) as server:
        one = ask(server.url)
    assert one.outcome is Outcome.FAILED
    assert one.reason


def test_a_connection_that_is_closed_without_a_word_has_failed() -> None:
    with serve(raw(b"")) as server:
        one = ask(server.url)
    assert (one.outcome, one.stage) == (Outcome.FAILED, "first_byte")
    assert one.reason == "Server disconnected without sending a response."


def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but not listening
        one = ask(f"http://127.0.0.1:{taken.getsockname()[1]}/")
    assert (one.outcome, one.status, one.stage, one.path) == (Outcome.FAILED, None, "connect", "/")
    assert "refused" in one.reason


@pytest.mark.parametrize("host", ["a..b", "x" * 70 + ".invalid", "xn--", "999.1.1.1"])
def test_a_name_that_cannot_be_one(host: str) -> None:
    one = ask(f"http://{host}/")
    assert (one.outcome, one.stage) == (Outcome.FAILED, "name")
    assert one.reason


def test_no_certificate() -> None:
    with serve(page(200, GOOD)) as server:
        one = ask(server.url.replace("http:", "https:"))
    assert (one.outcome, one.stage) == (Outcome.FAILED, "tls")
    assert "SSL" in one.reason


def test_a_redirect_is_followed_but_not_for_ever() -> None:
    with serve(page(302, b"", location="/elsewhere"), page(200, GOOD)) as server:
        assert outcome(ask(server.url)) == (Outcome.OK, 200, "done", "")
        assert server.paths == ["/blog/mt.cgi?x=1", "/elsewhere"]
    with serve(page(302, b"", location="/again")) as server:
        one = ask(server.url)
    assert one.outcome is Outcome.FAILED
    assert "redirects" in one.reason
    assert len(server.paths) == 6


@pytest.mark.parametrize(
    "location",
    [
        "http://xn--/",
        "http://a..b/",
        "http://127.0.0.1:99999/",
        "http://[::1/",
        "//",
        "file:///etc/passwd",
        "http://999.1.1.1/",
        "\xff\xfe",
    ],
)
def test_a_redirect_to_nowhere_has_failed_and_is_no_fault_of_ours(location: str) -> None:
    with serve(page(302, b"", location=location)) as server:
        one = ask(server.url)
    assert one.outcome is Outcome.FAILED
    assert one.reason.isprintable()


@pytest.mark.parametrize(
    "data",
    [
        b"\x1b[2J\x1b]0;owned\x07\r\n\r\n",
        b"HTTP/1.1 200 \x1b[31mOK\r\nX: \x1b[2J\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nX\x1b: y\r\n\r\n",
        b"HTTP/9.9 999999 x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nSet-Cookie: \xff=\x00; path=\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nSet-Cookie: \xff=1; expires=never; domain=..\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Type: \xe2\x80\xaehtml; charset=x\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"a" * 200_000 + b"\r\n\r\n",
        b"HTTP/1.1 500 \xff\xfe\r\nContent-Length: 30\r\n\r\n<html><h1>Error \x1b[2J</h1></html>",
        b"SSH-2.0-OpenSSH_9.2\r\n",
    ],
)
def test_hostile_bytes_end_in_an_outcome_that_is_fit_to_print(data: bytes) -> None:
    with serve(raw(data)) as server:
        one = ask(server.url)
    assert one.outcome in (Outcome.OK, Outcome.FAILED)
    assert one.reason.isprintable()
    assert len(one.reason) <= 200


def pour(handler: BaseHTTPRequestHandler, over: threading.Event) -> int:
    """Send a body without an end, and return how many bytes of it went."""
    sent = 0
    try:
        while not over.is_set():
            sent += handler.wfile.write(b"x" * 65536)
    except OSError:  # whoever asked has had enough
        handler.close_connection = True
    return sent


def test_an_answer_that_the_windows_end_cuts_off_proves_nothing() -> None:
    over = threading.Event()
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    answers: dict[str, Callable[[BaseHTTPRequestHandler], object]] = {
        "nothing": lambda handler: over.wait(20),
        "half a body": lambda handler: (handler.wfile.write(head + b"<html>"), over.wait(20)),
        "no end": lambda handler: (handler.wfile.write(head), pour(handler, over)),
    }
    with ExitStack() as ends, ThreadPoolExecutor() as pool:
        ends.callback(over.set)
        servers = {name: ends.enter_context(serve(answer)) for name, answer in answers.items()}
        asked = {name: pool.submit(ask, server.url, seconds=0.1) for name, server in servers.items()}
        found = {name: one.result(timeout=10) for name, one in asked.items()}
    why = "the window ended first"
    assert outcome(found["nothing"]) == (Outcome.UNKNOWN, None, "first_byte", why)
    assert outcome(found["half a body"]) == (Outcome.UNKNOWN, None, "body", why)
    assert outcome(found["no end"]) == (Outcome.UNKNOWN, None, "body", why)
    for one in found.values():
        assert one.duration_seconds is not None
        assert 1.0 <= one.duration_seconds < 4


def test_without_a_url_nothing_is_asked() -> None:
    found = watch(requests.SIGHT, reach=LocalReach(), seconds=0.05)
    assert (found.transactions, found.gaps) == ((), ())
