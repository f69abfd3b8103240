"""A mock of Proxmox VE's API: the schema server behind a front that is to us what pveproxy is.

The schema server (`proxmox_app.py`) knows paths, parameters and types, but neither TLS nor users, nodes that
are down, or the envelope of the answers. The front adds those, and breaks what a test wants: a reset, a
hang, a 401 in the middle, another certificate, a node that does not answer.
"""

from __future__ import annotations

import hashlib
import json
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

ROOT = Path(__file__).resolve().parents[2]
TOKEN_USER = "tenmatsu@pve!look"
TOKEN = "8a7c2f64-0f5e-4a43-9a55-3f9a1d8c7b21"
PASSWORD = "Nelson & 1"
USER = "tenmatsu@pve"


@dataclass
class Fault:
    """What happens to a path instead of an answer: `status` with `message`, a `reset`, a `hang`, a `dribble`.

    Or a `body` as it is, with its `encoding`. A dribble sends a letter of an endless header now and then: no
    single read ever waits for long. It wears off after `times`.
    """

    status: int = 0
    message: str = ""
    reset: bool = False
    hang: bool = False
    dribble: bool = False
    body: bytes | None = None
    encoding: str = ""
    times: int = 1 << 30


@dataclass
class Front:
    """The front while it runs. `asked` are the paths in their order; `answers` go before the schema server's.

    `tickets` are those that are accepted now; so many questions on, `revoke_after`, all sessions run out.
    `closing` holds what is closed before the front is.
    """

    backend: int
    certificate: Path
    fingerprint: str
    answers: dict[str, Any] = field(default_factory=dict)
    faults: dict[str, Fault] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    tickets: set[str] = field(default_factory=set)
    ahead_seconds: float = 0.0
    second_factor: bool = False
    revoke_after: int = 0
    released: threading.Event = field(default_factory=threading.Event)
    closing: ExitStack = field(default_factory=ExitStack)
    port: int = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def revoke(self) -> None:
        """Let the sessions run out, if it is time."""
        if self.revoke_after:
            self.revoke_after -= 1
            if not self.revoke_after:
                self.tickets.clear()

    def fetch(self, path: str) -> tuple[int, Any]:
        """What the schema server answers, without the nulls that it adds and Proxmox VE does not."""
        if urlsplit(path).path in self.answers:
            return 200, self.answers[urlsplit(path).path]
        return ask_schema_server(self.backend, path)


@cache
def ask_schema_server(backend: int, path: str) -> tuple[int, Any]:
    """Its answer, asked for once: nothing changes there."""
    answer = httpx.get(f"http://127.0.0.1:{backend}/api2/json{path}", timeout=30, trust_env=False)
    return answer.status_code, drop_nulls(answer.json()) if answer.is_success else None


def drop_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: drop_nulls(one) for key, one in value.items() if one is not None}
    return [drop_nulls(one) for one in value] if isinstance(value, list) else value


class Handler(BaseHTTPRequestHandler):
    """Answers as pveproxy does."""

    protocol_version = "HTTP/1.1"

    @property
    def front(self) -> Front:
        assert isinstance(self.server, Server)
        return self.server.front

    def do_GET(self) -> None:
        path = self.path.removeprefix("/api2/json")
        self.front.asked.append(path)
        self.front.revoke()
        if self.suffers(find_fault(self.front, urlsplit(path).path)):
            return
        if not self.is_known():
            self.answer(401, None, "No ticket")
            return
        status, value = self.front.fetch(path)
        self.answer(status, value, "" if status == 200 else f"Method 'GET {path}' not implemented")

    def do_POST(self) -> None:
        self.front.asked.append(self.path.removeprefix("/api2/json"))
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if self.suffers(find_fault(self.front, self.path.removeprefix("/api2/json"))):
            return
        if form.get("password") != [PASSWORD] or form.get("username") != [USER]:
            self.answer(401, None, "authentication failure")
            return
        ticket = f"PVE:{USER}:{len(self.front.asked):08X}::signature=="
        self.front.tickets.add(ticket)
        second = {"NeedTFA": 1} if self.front.second_factor else {}
        self.answer(200, {"ticket": ticket, "username": USER, "CSRFPreventionToken": "x", **second}, "")

    def is_known(self) -> bool:
        if self.headers.get("Authorization") == f"PVEAPIToken={TOKEN_USER}={TOKEN}":
            return True
        return self.headers.get("Cookie", "").removeprefix("PVEAuthCookie=") in self.front.tickets

    def suffers(self, fault: Fault | None) -> bool:
        if fault is None or fault.times <= 0:
            return False
        fault.times -= 1
        if fault.dribble:
            self.dribble()
        if fault.hang:
            self.front.released.wait(60)
        if fault.reset or fault.hang or fault.dribble:
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            self.connection.close()
            return True
        if fault.body is not None:
            self.send(200, "OK", fault.body, fault.encoding)
        else:
            self.answer(fault.status, None, fault.message)
        return True

    def dribble(self) -> None:
        try:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not self.front.released.wait(0.05):
                self.wfile.write(b"x")
        except OSError:
            return  # the client has had enough

    def answer(self, status: int, value: Any, message: str) -> None:
        body = json.dumps({"data": value} | ({"message": f"{message}\n"} if message else {})).encode()
        self.send(status, message or "OK", body)

    def send(self, status: int, reason: str, body: bytes, encoding: str = "") -> None:
        self.send_response_only(status, reason)
        self.send_header("Date", formatdate(time.time() + self.front.ahead_seconds, usegmt=True))
        self.send_header("Content-Type", "application/json;charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        if encoding:
            self.send_header("Content-Encoding", encoding)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def find_fault(front: Front, path: str) -> Fault | None:
    """The fault of a path, or of what it stands below."""
    return next((fault for start, fault in front.faults.items() if path.startswith(start)), None)


class Server(ThreadingHTTPServer):
    """TLS in each connection's own thread: a client that hangs up in the handshake stops nobody."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, front: Front, certificate: Path) -> None:
        self.front = front
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        super().__init__(("127.0.0.1", 0), Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        with self.context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what these tests are about."""


def make_certificate(folder: Path, name: str) -> tuple[Path, str]:
    """A certificate of its own authority for 127.0.0.1 with its key, and its SHA-256."""
    made = folder / f"{name}.pem"
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2".split()
    words += ["-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"]
    words += ["-keyout", str(made), "-out", str(folder / f"{name}.crt")]
    subprocess.run(words, check=True, capture_output=True)
    text = (folder / f"{name}.crt").read_text()
    made.write_text(made.read_text() + text)
    return made, hashlib.sha256(ssl.PEM_cert_to_DER_cert(text)).hexdigest()


@contextmanager
def schema_server() -> Iterator[int]:
    """Run the schema server; its port."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.mocks.proxmox_app"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


@contextmanager
def front_of(backend: int, folder: Path, name: str = "pve1") -> Iterator[Front]:
    """Run a front before the schema server."""
    certificate, fingerprint = make_certificate(folder, name)
    front = Front(backend=backend, certificate=folder / f"{name}.crt", fingerprint=fingerprint)
    with ExitStack() as stack:
        server = Server(front, certificate)
        stack.callback(server.server_close)
        front.port = server.server_address[1]
        serving = threading.Thread(target=server.serve_forever, args=(0.05,))
        serving.start()
        stack.callback(serving.join)
        stack.callback(server.shutdown)
        stack.callback(front.released.set)
        stack.enter_context(front.closing)
        yield front
