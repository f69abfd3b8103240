"""A real web server on this machine that answers as it is told, well or badly. For tests only."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], object]


class Answers:
    """What was asked of a server, and the event for which its late answers wait."""

    def __init__(self, url: str, release: threading.Event) -> None:
        self.url = url
        self.release = release
        self.paths: list[str] = []
        self.agents: list[str] = []
        self.cookies: list[str] = []
        self.bodies: list[bytes] = []


def page(status: int, body: bytes, **headers: str) -> Answer:
    """Return an answer with that status, body and headers (`content_type` for Content-Type)."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"content_length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        with contextlib.suppress(OSError):  # whoever asked has gone
            handler.wfile.write(body)

    return answer


def raw(data: bytes) -> Answer:
    """Return an answer of exactly these bytes, whether HTTP or not."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(data)
        handler.close_connection = True

    return answer


@contextlib.contextmanager
def serve(*answers: Answer) -> Iterator[Answers]:
    """Answer the first request with the first answer and so on, the last one for all that follow."""
    release = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.bodies.append(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
            self.do_GET()

        def do_GET(self) -> None:
            told.cookies.append(self.headers.get("Cookie", ""))
            told.agents.append(self.headers.get("User-Agent", ""))
            told.paths.append(self.path)
            answers[min(len(told.paths), len(answers)) - 1](self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with bounded(ThreadingHTTPServer(("127.0.0.1", 0), Handler), release) as port:
        told = Answers(f"http://127.0.0.1:{port}/blog/mt.cgi?x=1", release)
        yield told


@contextlib.contextmanager
def bounded(server: ThreadingHTTPServer, release: threading.Event) -> Iterator[int]:
    """Run the server in a thread until the test is over; its late answers are then let go."""
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        release.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
