"""Our own requests: where each of them ends, and how long each part took."""

import gzip
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from tests.sight.web_server import page, raw, serve

from tenmatsu.errors import NotThere, WrongUse
from tenmatsu.model.exchange import Ask, Exchange
from tenmatsu.reach.http import MOST_BODY_BYTES, HttpAsker
from tenmatsu.reach.http_body import for_each_piece

GZIP_HEADER = b"\x1f\x8b\x08" + bytes(7)


def ask(url: str, *, limit_seconds: float = 8.0) -> Exchange:
    with HttpAsker() as asker:
        return asker.ask(Ask(method="GET", url=url, limit_seconds=limit_seconds))


@contextmanager
def silent_server(greeting: bytes = b"") -> Iterator[str]:
    """Listen, take what is asked, answer so much of it, and keep the line open."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve_one() -> None:
            with suppress(OSError), listening.accept()[0] as line:
                line.recv(65536)
                line.sendall(greeting)
                over.wait(20)

        serving = threading.Thread(target=serve_one)
        serving.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            over.set()
            listening.close()
            serving.join()


def test_a_whole_answer_has_all_of_its_parts() -> None:
    with serve(page(200, b"hello")) as server:
        got = ask(server.url)
    assert (got.status, got.stage, got.body, got.size_bytes, got.reason) == (200, "done", b"hello", 5, "")
    parts = got.timings
    assert parts.tls is None
    assert None not in (parts.name, parts.connect, parts.first_byte, parts.body)
    known = [one for one in (parts.name, parts.connect, parts.first_byte, parts.body) if one is not None]
    assert 0 < sum(known) <= got.duration_seconds


def test_nobody_has_the_name() -> None:
    got = ask("http://no-such-host.invalid/")
    assert (got.status, got.stage) == (None, "name")
    assert got.timings.connect is None
    assert got.reason


def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        got = ask(f"http://127.0.0.1:{taken.getsockname()[1]}/")
    assert (got.stage, got.timings.first_byte) == ("connect", None)
    assert "refused" in got.reason


def test_it_speaks_no_tls() -> None:
    with serve(page(200, b"")) as server:
        got = ask(server.url.replace("http:", "https:"))
    assert (got.stage, got.timings.first_byte) == ("tls", None)
    assert got.timings.connect is not None


def test_no_answer_begins_in_time() -> None:
    with silent_server() as url:
        got = ask(url, limit_seconds=0.3)
    assert (got.status, got.stage, got.timed_out) == (None, "first_byte", True)
    assert got.reason == "no answer within 0.3 s"


def test_the_answer_does_not_end_in_time() -> None:
    with silent_server(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc") as url:
        got = ask(url, limit_seconds=0.3)
    assert (got.status, got.stage, got.timed_out, got.body) == (200, "body", True, b"abc")


def test_a_cut_body_is_kept_as_far_as_it_came() -> None:
    with serve(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nabc")) as server:
        got = ask(server.url)
    assert (got.status, got.stage, got.timed_out, got.body, got.size_bytes) == (200, "body", False, b"abc", 3)


def test_a_packed_body_is_unpacked_as_far_as_it_is_kept() -> None:
    with serve(page(200, gzip.compress(b"\0" * 30_000_000), content_encoding="gzip")) as server:
        got = ask(server.url)
    assert (got.stage, got.size_bytes, len(got.body)) == ("done", 30_000_000, MOST_BODY_BYTES)


def test_what_is_packed_comes_in_small_pieces() -> None:
    packed = gzip.compress(b"\0" * 30_000_000)
    response = httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(packed))
    sizes = [len(piece) for piece in for_each_piece(response)]
    assert sum(sizes) == 30_000_000
    assert max(sizes) <= 1 << 16


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "deflate"])
def test_what_is_packed_in_a_way_that_was_not_asked_for_is_said(encoding: str) -> None:
    body = gzip.compress(gzip.compress(b"\0" * (16 << 20)))
    with serve(page(200, body, content_encoding=encoding)) as server:
        got = ask(server.url)
    assert (got.status, got.stage, got.body, got.timed_out) == (200, "body", b"", False)
    assert "not asked for" in got.reason


@pytest.mark.parametrize("body", [b"no gzip", GZIP_HEADER + b"\xff" * 40])
def test_what_is_packed_badly_is_said(body: bytes) -> None:
    with serve(page(200, body, content_encoding="gzip")) as server:
        got = ask(server.url)
    assert (got.status, got.stage) == (200, "body")
    assert got.reason


def test_the_body_of_an_answer_that_leads_on_is_not_waited_for() -> None:
    with serve(page(200, b"here")) as server:
        leads_on = f"HTTP/1.1 302 Found\r\nLocation: {server.url}\r\nContent-Length: 9\r\n\r\nabc"
        with silent_server(leads_on.encode()) as url:
            got = ask(url)
    assert (got.status, got.stage, got.body, got.url) == (200, "done", b"here", server.url)


def test_cookies_are_kept_until_they_are_forgotten() -> None:
    with serve(page(200, b"", set_cookie="who=me; Path=/")) as server, HttpAsker() as asker:
        for _ in range(2):
            asker.ask(Ask(method="GET", url=server.url))
        asker.forget()
        asker.ask(Ask(method="GET", url=server.url))
    assert server.cookies == ["", "who=me", ""]


@pytest.mark.parametrize("url", ["ftp://localhost/", "http://", "http://a..b/", "nonsense", "http://[::1"])
def test_what_is_no_address_is_said(url: str) -> None:
    got = ask(url)
    assert (got.status, got.stage) == (None, "name")
    assert got.reason


def test_authorities_are_read_from_a_file(tmp_path: Path) -> None:
    with pytest.raises(NotThere):
        HttpAsker(ca_file=str(tmp_path / "none")).ask(Ask(method="GET", url="https://127.0.0.1:1/"))
    (tmp_path / "no.pem").write_text("nothing")
    with pytest.raises(WrongUse):
        HttpAsker(ca_file=str(tmp_path / "no.pem")).ask(Ask(method="GET", url="https://127.0.0.1:1/"))


def test_secrets_are_not_shown() -> None:
    ask = Ask(method="POST", url="http://a/", headers={"Authorization": "s3cret"}, body=b"s3cret")
    assert "s3cret" not in repr(ask)
