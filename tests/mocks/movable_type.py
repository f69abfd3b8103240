"""A mock of Movable Type, which cannot be had here: its entries, what goes wrong in it, and its HTTP server.

It speaks the Data API (`mt_data_api.py`), the web form of mt.cgi (`mt_form.py`) and AtomPub (`mt_atom.py`),
and serves the published pages. A write commits the entry first and rebuilds its page and the index then, as
lib/MT/DataAPI/Endpoint/v1/Entry.pm (`create`: save_object, then post_save) and lib/MT/AtomServer.pm do.
"""

from __future__ import annotations

import html
import random
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

USER = "melody"
PASSWORD = "Nelson & 1"
API_PASSWORD = "web-services"
BLOG_ID = "1"
BLOG_NAME = "Diary for tests"
BLOCK_BYTES = 4096

# before, between, after: a 500 before the commit, before the rebuild, before the answer. error_page: status
# 200, an error on the page, nothing saved. cut_page: the site's disk is full, pages end after whole blocks.
HARMS = ("before", "between", "after", "error_page", "cut_page")

SERVER_ERROR = """<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">
<html><head>
<title>500 Internal Server Error</title>
</head><body>
<h1>Internal Server Error</h1>
<p>The server encountered an internal error or
misconfiguration and was unable to complete
your request.</p>
<hr>
<address>Apache/2.4.62 (Debian) Server at 127.0.0.1 Port 80</address>
</body></html>
"""
ERROR_PAGE = """<!DOCTYPE html>
<html><head><title>An error occurred | Movable Type</title></head>
<body><h1>An error occurred</h1>
<div id="generic-error" class="msg msg-error">Saving entry failed: database is locked</div>
</body></html>
"""


class KilledError(Exception):
    """The script was killed: the web server answers in its place."""


class SavingFailedError(Exception):
    """The engine could not save, and says so on a page."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An entry as it stands in the database."""

    id: str
    title: str
    text: str
    is_published: bool


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request: form fields are those of the query and of the body."""

    method: str
    path: str
    fields: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What is answered."""

    status: int = 200
    body: str = ""
    type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


class MovableType:
    """The engine behind all its ways in: `entries` and `pages` are the truth."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.pages: dict[str, str] = {}
        self.harms: list[str] = []  # what was done to each writing call since `inject`
        self.base_url = ""
        self.nonces: set[str] = set()
        self._chances: Mapping[str, float] = {}
        self._plan: list[str] = []
        self._lots = random.Random(1)
        self._last_id = 0
        self.lock = threading.Lock()

    def inject(
        self, chances: Mapping[str, float] | None = None, *, plan: Sequence[str] = (), seed: int = 1
    ) -> None:
        """Let writes go wrong by a plan (a word of HARMS or "none" a call), or by lot. Nothing: lift all."""
        unknown = {*(chances or {}), *plan} - {*HARMS, "none"}
        assert not unknown, unknown
        self._chances, self._plan = dict(chances or {}), list(plan)
        self._lots = random.Random(seed)
        self.harms.clear()

    def page_url(self, entry_id: str) -> str:
        """Return where an entry is published."""
        return f"{self.base_url}/diary/entry-{entry_id}.html"

    @property
    def site_url(self) -> str:
        """The published site, with a slash at the end."""
        return f"{self.base_url}/diary/"

    def save(self, title: str, text: str, *, publish: bool = True, entry_id: str | None = None) -> Entry:
        """Commit an entry, then rebuild. Raise KilledError or SavingFailedError at the stage injected."""
        harm = self._harm_of_this_write()
        id = entry_id or self._next_id()
        entry = Entry(id=id, title=title, text=text, is_published=publish)
        self.entries[id] = entry
        self._rebuild(entry, harm)
        return entry

    def delete(self, entry_id: str) -> Entry:
        """Remove an entry, then its page. Raises as `save` does."""
        harm = self._harm_of_this_write()
        entry = self.entries.pop(entry_id)
        self._rebuild(replace(entry, is_published=False), harm)
        return entry

    def newest(self) -> list[Entry]:
        """Return all entries, the newest first."""
        return list(reversed(self.entries.values()))

    def _next_id(self) -> str:
        self._last_id += 1  # the number of a deleted entry is never given again
        return str(self._last_id)

    def _harm_of_this_write(self) -> str:
        harm = self._plan.pop(0) if self._plan else self._drawn()
        self.harms.append(harm)
        if harm == "before":
            raise KilledError
        if harm == "error_page":
            raise SavingFailedError
        return harm

    def _drawn(self) -> str:
        lot = self._lots.random()
        for harm, chance in self._chances.items():
            lot -= chance
            if lot < 0:
                return harm
        return "none"

    def _rebuild(self, entry: Entry, harm: str) -> None:
        if harm == "between":
            raise KilledError
        path = f"/diary/entry-{entry.id}.html"
        self.pages.pop(path, None)
        if entry.is_published:
            self._write(path, _page(entry.title, entry.text), is_cut=harm == "cut_page")
        titles = [each.title for each in self.newest() if each.is_published]
        self._write("/diary/", _page(BLOG_NAME, "\n".join(titles)), is_cut=harm == "cut_page")
        if harm == "after":
            raise KilledError

    def _write(self, path: str, page: str, *, is_cut: bool) -> None:
        self.pages[path] = page.encode()[:BLOCK_BYTES].decode(errors="ignore") if is_cut else page


def _page(title: str, text: str) -> str:
    sidebar = "\n".join(f"<li>An earlier entry, of day {day}: nothing failed</li>" for day in range(120))
    shown = html.escape(title)
    return (
        f"<!DOCTYPE html>\n<html><head><title>{shown}</title></head>\n<body><h1>{shown}</h1>\n"
        f"<div>{text}</div>\n<ul>{sidebar}</ul>\n</body></html>\n"
    )


@contextmanager
def movable_type() -> Iterator[MovableType]:
    """Serve the mock on 127.0.0.1 until the block's end."""
    engine = MovableType()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(engine))
    server.daemon_threads = False  # closing waits for them
    engine.base_url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield engine
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(engine: MovableType) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """One request a connection, as with a CGI behind `Connection: close`."""

        server_version = "Apache/2.4.62"
        sys_version = ""

        def _serve(self) -> None:
            with engine.lock:
                self._send(_answer(engine, self._request()))

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _serve  # noqa: N815  # the library's names

        def _request(self) -> Request:
            address = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            is_form = "form-urlencoded" in (self.headers.get("Content-Type") or "")
            sent = f"{address.query}&{body.decode() if is_form else ''}"
            fields = {name: values[-1] for name, values in parse_qs(sent, keep_blank_values=True).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            return Request(method=self.command, path=address.path, fields=fields, headers=headers, body=body)

        def _send(self, reply: Reply) -> None:
            body = reply.body.encode()
            self.send_response(reply.status)
            headers = {"Content-Type": reply.type, "Content-Length": str(len(body)), **reply.headers}
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    return Handler


def _answer(engine: MovableType, request: Request) -> Reply:
    from . import mt_atom, mt_data_api, mt_form

    ways = {
        "/mt/mt-data-api.cgi": mt_data_api.answer,
        "/mt/mt.cgi": mt_form.answer,
        "/mt/mt-atom.cgi": mt_atom.answer,
    }
    try:
        for path, answer in ways.items():
            if request.path == path or request.path.startswith(f"{path}/"):
                return answer(engine, request)
    except KilledError:
        return Reply(status=500, body=SERVER_ERROR, type="text/html; charset=iso-8859-1")
    except SavingFailedError:
        return Reply(body=ERROR_PAGE)
    if request.path in engine.pages:
        return Reply(body=engine.pages[request.path])
    return Reply(status=404, body="<html><head><title>404 Not Found</title></head><body></body></html>\n")
