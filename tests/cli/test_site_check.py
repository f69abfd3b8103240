"""`tenmatsu site check` with real servers on this machine, a recorded hypervisor, SSH without a network."""

import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import dns.rcode
import pytest
from rich.cells import cell_len
from tests.cli.recorded_site import Ways
from tests.reach.fake_ssh import SSH, put_first
from tests.sight.name_server import code, name_servers, nothing

from tenmatsu.cli.main import main
from tenmatsu.cli.side_by_side import run_side_by_side
from tenmatsu.errors import NoConnection, TenmatsuError
from tenmatsu.model.words import plain

HOST = "127.83.11.1"


def check(*words: str) -> int:
    result = main(["--lang", "en", "site", "check", *words])
    sys.stdout.flush()
    return result


def found(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the tests of each entry, by what was tested."""
    answer = json.loads(capsys.readouterr().out)
    return {one["name"]: {test["tested"]: test for test in one["checks"]} for one in answer["entries"]}


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> Ways:
    ways = Ways()
    monkeypatch.setattr("tenmatsu.reach.open_hypervisor._find", ways.find)
    return ways


def write(text: str) -> None:
    Path("site.toml").write_text(text)


@contextmanager
def listener(host: str = HOST) -> Iterator[int]:
    with socket.create_server((host, 0)) as server:
        yield server.getsockname()[1]


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status = int(self.path.strip("/") or 200)
        self.send_response(status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def pages() -> Iterator[str]:
    with ThreadingHTTPServer((HOST, 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://{HOST}:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_what_answers_and_what_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server((HOST, 0)) as once:
        free = once.getsockname()[1]
    with listener() as port, pages() as url:
        write(
            f"[guest.a]\naddress = '{HOST}'\n[service.s]\non = 'a'\nport = {port}\n"
            f"[service.gone]\non = 'a'\nport = {free}\n[service.homeless]\nport = 1\n"
            f"[service.good]\nurl = '{url}/200'\n[service.locked]\nurl = '{url}/403'\n"
            f"[service.sick]\nurl = '{url}/503'\n[outside.nothing]\n"
        )
        assert check("--json") == 1
    tests = found(capsys)
    assert {name: {key: one["standing"] for key, one in told.items()} for name, told in tests.items()} == {
        "a": {"address": "ok"},
        "s": {"answer": "ok"},
        "gone": {"answer": "lacks"},
        "homeless": {"answer": "unknown"},
        "good": {"answer": "ok"},
        "locked": {"answer": "note"},
        "sick": {"answer": "lacks"},
        "nothing": {"address": "note"},
    }
    assert tests["gone"]["answer"]["said"] == f"{HOST} is there, but nobody listens at port {free}"
    assert tests["sick"]["answer"]["values"]["status"] == 503
    assert "tenmatsu investigate --url" in tests["sick"]["answer"]["close_by"]


def test_all_well_ends_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    with listener() as port:
        write(f"[guest.a]\naddress = '{HOST}'\n[service.s]\non = 'a'\nport = {port}\n[service.t]\nport = 1\n")
        assert check("a", "s") == 0
    page = capsys.readouterr().out
    assert page.startswith("2 entries: nothing lacks.\n")
    assert "service.t" not in page


def test_a_name_that_leads_nowhere(capsys: pytest.CaptureFixture[str]) -> None:
    write("[service.s]\nurl = 'http://nowhere.invalid/'\n")
    assert check("--json") == 1
    assert found(capsys)["s"]["name"]["said"] == "the name nowhere.invalid leads nowhere"


def test_name_servers_are_asked(capsys: pytest.CaptureFixture[str]) -> None:
    with name_servers(good=code(dns.rcode.NOERROR), silent=nothing) as servers:
        write(
            f"[outside.good]\naddress = '{servers['good'][0]}'\nport = 53\n"
            f"[outside.silent]\naddress = '{servers['silent'][0]}'\nport = 53\n"
        )
        assert check("--json") == 1
        assert servers["good"][1].asked == ["."]
    tests = found(capsys)
    assert tests["good"]["answer"]["said"].endswith("answers DNS (NOERROR)")
    assert tests["silent"]["answer"]["standing"] == "lacks"


ESX1 = "[host.esx1]\nhypervisor = 'libvirt'\napi = 'qemu:///system'\n"


def test_a_hypervisor(ways: Ways, capsys: pytest.CaptureFixture[str]) -> None:
    write(ESX1)
    assert check("--json") == 0
    tests = found(capsys)["esx1"]
    assert {key: one["standing"] for key, one in tests.items()} == {
        "hypervisor": "ok",
        "read": "ok",
        "act": "note",
        "clock": "ok",
    }
    assert tests["read"]["values"] == {"hosts": 1, "guests": 5}
    assert tests["clock"]["said"] == "its clock is +0.4 s from ours (± 0.1 s)"
    assert "PowerOff" in tests["act"]["said"]
    assert ways.hypervisor.closed == 1


RECORDING = (
    '"(PDH-CSV 4.0) (UTC)(0)","\\\\\\\\esx9\\\\Physical Cpu(_Total)\\\\% Util Time"\n'
    '"11/25/2026 10:00:00","4.0"\n'
)


def test_a_recording_is_no_host_in_the_network(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenmatsu.sight.entry_ways.fetch_certificate", pytest.fail)
    Path("esxtop.csv").write_text(RECORDING)
    write("[host.esx9]\nhypervisor = 'vmware'\napi = 'file:esxtop.csv'\n")
    assert check("--json") == 0
    checks = json.loads(capsys.readouterr().out)["entries"][0]["checks"]
    assert {(one["tested"], one["standing"]) for one in checks} == {
        ("hypervisor", "ok"),
        ("read", "ok"),
        ("read", "note"),
        ("act", "note"),
    }
    assert checks[0]["said"] == "esx9"


@pytest.mark.parametrize(
    ("api", "said", "close_by"),
    [
        (f"{HOST}:{{closed}}", "nobody listens at port", "correct `api`"),
        ("nowhere.invalid", "leads nowhere", "see whether it is on"),
        (f"{HOST}:https", f"'{HOST}:https' is not HOST or HOST:PORT", "then: tenmatsu site check esx1"),
    ],
)
def test_what_to_do_where_an_interface_is_not_reached(
    api: str, said: str, close_by: str, ways: Ways, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server((HOST, 0)) as once:
        closed = once.getsockname()[1]
    write(f"[host.esx1]\nhypervisor = 'vmware'\nuser = 'a'\napi = '{api.format(closed=closed)}'\n")
    assert check("--json") == 1
    tests = found(capsys)["esx1"]
    assert said in tests["certificate"]["said"]
    assert close_by in tests["certificate"]["close_by"]
    assert tests["hypervisor"]["said"].startswith("no password is named")
    assert tests["hypervisor"]["close_by"] == "then: tenmatsu site check esx1"


def test_an_interface_of_many_hosts_is_asked_once(ways: Ways, capsys: pytest.CaptureFixture[str]) -> None:
    host = "[host.h{}]\nhypervisor = 'libvirt'\napi = 'qemu:///system'\n"
    write(
        "".join(map(host.format, range(20))) + "[host.other]\nhypervisor = 'libvirt'\napi = 'lxc:///system'\n"
    )
    ways.hypervisor.error = NoConnection("vc1", plain("the password is wrong"), permanent=True)
    assert check("--json") == 1
    tests = found(capsys)
    assert [name for name, told in tests.items() if told["hypervisor"]["standing"] == "lacks"] == [
        "h0",
        "other",
    ]
    assert tests["h7"]["hypervisor"]["said"] == "has the same interface as h0, tested there"
    assert len(ways.secrets) == 2


def test_a_clock_an_hour_off_and_a_wrong_password(ways: Ways, capsys: pytest.CaptureFixture[str]) -> None:
    write(ESX1)
    ways.hypervisor.offset = -3600.0
    assert check("--json") == 1
    clock = found(capsys)["esx1"]["clock"]
    assert (clock["standing"], clock["values"]["offset_seconds"]) == ("lacks", -3600.0)
    ways.hypervisor.error = NoConnection("esx1", plain("the password is wrong\x1b[2J"), permanent=True)
    assert check() == 1
    page = capsys.readouterr().out
    assert "the password is wrong" in page
    assert "\x1b" not in page


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not there to make a certificate with")
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=esx1".split()
    key = file.with_name("key.pem")
    subprocess.run(["openssl", *words, "-keyout", key, "-out", file], check=True, capture_output=True)
    file.write_text(file.read_text() + key.read_text())
    return file


@contextmanager
def tls_server(certificate: Path) -> Iterator[int]:
    """Shake hands with whoever comes, as often as it takes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server((HOST, 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    raw, _ = server.accept()
                    with suppress(OSError), context.wrap_socket(raw, server_side=True) as line:
                        line.recv(1)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(5)


def test_certificates(
    ways: Ways,
    certificate: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ESX", "x")
    pem = certificate.read_text().partition("-----END CERTIFICATE-----")
    shown = sha256(ssl.PEM_cert_to_DER_cert(pem[0] + pem[1])).hexdigest()
    with tls_server(certificate) as port:
        base = f"hypervisor = 'vmware'\nuser = 'a'\npassword = 'env:ESX'\napi = '{HOST}:{port}'\n"
        write(
            f"[host.new]\n{base}[host.pinned]\n{base}certificate = '{shown}'\n"
            f"[host.other]\n{base}certificate = '{'0' * 64}'\n"
        )
        assert check("--json") == 1
    tests = {name: told["certificate"] for name, told in found(capsys).items()}
    assert {name: one["standing"] for name, one in tests.items()} == {
        "new": "note",
        "pinned": "ok",
        "other": "lacks",
    }
    assert f'certificate = "{shown}"' in tests["new"]["close_by"]
    assert tests["new"]["values"] == {"sha256": shown}
    assert shown in tests["other"]["said"]


def test_ssh_tells_the_rung_and_the_clock(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put_first(monkeypatch, tmp_path, SSH.format(path=os.environ["PATH"], shell="/bin/sh"))
    write("[guest.web1]\nssh = 'web1'\n")
    assert check("--json") == 0
    tests = found(capsys)["web1"]
    assert tests["ssh"]["standing"] == "ok"
    assert tests["probe"]["values"]["rung"] in tests["probe"]["said"]
    assert (
        abs(tests["clock"]["values"]["offset_seconds"])
        <= 1.0 + tests["clock"]["values"]["uncertainty_seconds"]
    )


def test_ssh_that_does_not_let_us_in(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put_first(
        monkeypatch, tmp_path, "#!/bin/sh\necho 'ssh: connect to host web1 port 22: refused' >&2\nexit 255\n"
    )
    write("[guest.web1]\nssh = 'web1'\n")
    assert check() == 1
    assert "web1" in capsys.readouterr().out


def test_one_that_hangs_does_not_hold_up_the_others() -> None:
    over = threading.Event()
    told: list[tuple[int, int, str]] = []

    def fail() -> int:
        raise TenmatsuError(plain("no"))

    def hang() -> int:
        over.wait()
        return 0

    jobs = [("hangs", hang), ("fails", fail), ("works", lambda: 7)]
    results = run_side_by_side(jobs, 0.5, lambda *words: told.append(words))
    over.set()
    assert results["hangs"] is None
    assert isinstance(results["fails"], TenmatsuError)
    assert results["works"] == 7
    assert told[-1] == (2, 3, "hangs")


def test_a_name_twice_is_one_job() -> None:
    told: list[tuple[int, int, str]] = []
    jobs = [("here", lambda: 1), ("here", lambda: 2)]
    assert run_side_by_side(jobs, 10.0, lambda *words: told.append(words)) == {"here": 2}
    assert told == [(0, 1, "here")]


def test_a_large_site_shows_only_what_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    with listener() as port:
        lines = [f"[service.s{at}]\nport = {port}\naddress = '{HOST}'" for at in range(30)]
        write("\n".join([*lines, "[service.x]\nport = 1"]))
        assert check() == 0
    page = capsys.readouterr().out
    assert "30 entries without anything to say: not shown." in page
    assert "x\n" in page
    assert max(map(cell_len, page.splitlines())) <= 80


def test_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert check() == 2
    write("[guest.a]\n")
    assert check("b") == 2
    assert "has no 'b'" in capsys.readouterr().err
    write("[probe.a]\nurl = 'https://a/'\n")
    assert check() == 2
