"""Resolvers asked for real: good ones, bad ones, and none."""

import socket
import threading
import time
from pathlib import Path

import dns.rcode
import pytest
from tests.sight.folder_reach import FolderReach
from tests.sight.looking import look_at
from tests.sight.name_server import address, code, cut_off, name_servers, nothing

from tenmatsu.errors import NotPermitted
from tenmatsu.model.evidence import Event
from tenmatsu.sight import name_resolution
from tenmatsu.sight.scene import Page

NOBODY = "127.83.99.99"


def look(folder: Path, text: str, *, url: str | None = None) -> Page:
    """Return what one round of questions brings; a second is left for each answer."""
    (folder / "0" / "etc").mkdir(parents=True)
    (folder / "0" / "etc" / "resolv.conf").write_text(text)
    (folder / "0" / "proc" / "sys" / "kernel").mkdir(parents=True)
    (folder / "0" / "proc" / "sys" / "kernel" / "hostname").write_text("web1\n")
    return look_at(name_resolution.SIGHT, FolderReach(folder), rounds=1, url=url)


def lookups(page: Page) -> list[Event]:
    return [event for event in page.events if event.name == "dns.lookup"]


def codes(page: Page, server: str) -> set[str]:
    return {event.text("code") for event in lookups(page) if event.text("server.address") == server}


def test_each_resolver_is_asked_for_the_root_for_us_and_for_the_symptoms_host(tmp_path: Path) -> None:
    with name_servers(one=address("192.0.2.8", "192.0.2.7"), two=code(dns.rcode.NXDOMAIN)) as servers:
        (one, first), (two, second) = servers["one"], servers["two"]
        page = look(tmp_path, f"nameserver {one}\nnameserver {two}\n", url="http://www.example.org/mt.cgi")
    assert sorted(first.asked) == sorted(second.asked) == [".", "web1.", "www.example.org."]
    (config,) = [event for event in page.events if event.name == "dns.config"]
    assert dict(config.attributes) == {"servers": f"{one}, {two}", "count": 2}
    assert (codes(page, one), codes(page, two)) == ({"NOERROR"}, {"NXDOMAIN"})
    found = next(event for event in lookups(page) if event.text("dns.question.name") == "www.example.org")
    assert {event.text("dns.question.name") for event in lookups(page)} == {".", "web1", "www.example.org"}
    assert all(0 <= (event.number("duration_seconds") or 0) < 1 for event in lookups(page))
    assert max(event.text("records") for event in lookups(page)) == "192.0.2.7,192.0.2.8"
    assert found.text("server.address") in (one, two)
    assert page.look.read.en == "2 resolvers"


def test_a_resolver_that_fails_one_that_is_silent_and_one_that_is_not_there(tmp_path: Path) -> None:
    with name_servers(fails=code(dns.rcode.SERVFAIL), silent=nothing) as servers:
        fails, silent = servers["fails"][0], servers["silent"][0]
        began = time.monotonic()
        page = look(
            tmp_path, f"nameserver {fails}\nnameserver {silent}\nnameserver {NOBODY}\noptions timeout:1\n"
        )
    assert time.monotonic() - began < 4
    assert (codes(page, fails), codes(page, silent)) == ({"SERVFAIL"}, {"timeout"})
    assert codes(page, NOBODY) == {"refused"}
    late = [event.number("duration_seconds") for event in lookups(page) if event.text("code") == "timeout"]
    assert all(seconds is not None and seconds >= 1 for seconds in late)


def test_silence_that_was_cut_off_before_the_c_library_would_give_up_proves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(name_resolution, "_LIMIT_SECONDS", 0.2)
    with name_servers(silent=nothing) as servers:
        page = look(tmp_path, f"nameserver {servers['silent'][0]}\n")
    assert lookups(page) == []


def test_rubbish_is_no_answer_and_a_long_answer_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(name_resolution, "_LIMIT_SECONDS", 0.2)
    with name_servers(rubbish=lambda _: b"\x1b[2J\xff", long=cut_off, closes=cut_off) as servers:
        rubbish, long, closes = (servers[name][0] for name in ("rubbish", "long", "closes"))
        with socket.create_server((closes, 53)) as listening:
            threading.Thread(target=close_each, args=(listening, 2), daemon=True).start()
            text = "".join(f"nameserver {server}\n" for server in (rubbish, long, closes))
            page = look(tmp_path, f"{text}options timeout:0\n")
    assert codes(page, rubbish) == {"timeout"}
    assert codes(page, long) == {"refused"}  # nobody listens there on TCP
    assert codes(page, closes) <= {"EOFError", "refused"}


def close_each(listening: socket.socket, count: int) -> None:
    for _ in range(count):
        listening.accept()[0].close()


def test_no_way_to_a_resolver_is_told_from_silence(tmp_path: Path) -> None:
    page = look(tmp_path, "nameserver fe80::1%no-such-interface\n")
    assert codes(page, "fe80::1%no-such-interface") == {"unreachable"}


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.1/",
        "http://[2001:db8::1]:8080/x",
        "http://localhost/",
        "http://a..b/",
        f"http://{'x' * 64}.example/",
        None,
    ],
)
def test_an_address_and_what_cannot_be_a_name_are_not_asked_for(tmp_path: Path, url: str | None) -> None:
    page = look(tmp_path, f"nameserver {NOBODY}\n", url=url)
    assert {event.text("dns.question.name") for event in lookups(page)} == {".", "web1"}


def test_no_resolver_configured_is_said(tmp_path: Path) -> None:
    page = look(tmp_path, "# nothing\n")
    (config,) = page.events
    assert config.attributes["count"] == 0


def test_without_the_file_the_c_library_asks_this_machine(tmp_path: Path) -> None:
    (tmp_path / "0").mkdir()
    page = look_at(name_resolution.SIGHT, FolderReach(tmp_path), rounds=1)
    (config,) = [event for event in page.events if event.name == "dns.config"]
    assert config.attributes["servers"] == "127.0.0.1"


def test_a_file_that_may_not_be_read_is_not_taken_for_a_missing_one(tmp_path: Path) -> None:
    (tmp_path / "0").mkdir()
    with pytest.raises(NotPermitted):
        look_at(name_resolution.SIGHT, FolderReach(tmp_path, forbidden=["/etc/resolv.conf"]), rounds=1)
