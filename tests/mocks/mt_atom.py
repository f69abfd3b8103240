"""The mock's AtomPub, `mt-atom.cgi/1.0` and the older `mt-atom.cgi/weblog`.

Shapes: lib/MT/AtomServer.pm (parameters as path parts, `/blog_id=1/entry_id=7`; X-WSSE with the password for
web services, a nonce that holds once; 401 without, 403 for a wrong one; `<error>…</error>`; service and feed
documents; 201 with Location for a new entry; an unknown entry is a 400). Basic is not Movable Type's: it is
there for the servers of others.
"""

from __future__ import annotations

import base64
import hashlib
import re
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from .movable_type import API_PASSWORD, BLOG_ID, BLOG_NAME, USER, Entry, MovableType, Reply, Request

ATOM = "{http://www.w3.org/2005/Atom}"
_WSSE_FIELD = re.compile(r'(\w+)="([^"]*)"')
_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'


def answer(engine: MovableType, request: Request) -> Reply:
    """Answer a service document, a feed, or a call for one entry."""
    refused = _refused(engine, request)
    if refused is not None:
        return refused
    named = dict(part.split("=", 1) for part in request.path.split("/") if "=" in part)
    if "blog_id" not in named:
        return Reply(body=_service(engine), type="application/atomsvc+xml")
    if named["blog_id"] != BLOG_ID:
        return _error(400, f"Invalid blog ID '{named['blog_id']}'")
    if "entry_id" in named and named["entry_id"] not in engine.entries:
        return _error(400, "Invalid entry_id")
    return _for_blog(engine, request, named.get("entry_id"))


def _for_blog(engine: MovableType, request: Request, id: str | None) -> Reply:
    if request.method == "GET":
        return _atom(_feed(engine) if id is None else _HEAD + _entry(engine, engine.entries[id]))
    if request.method == "DELETE" and id is not None:
        engine.delete(id)
        return Reply(type="text/xml")
    try:
        sent = ET.fromstring(request.body)
    except ET.ParseError:
        return _error(500, "Error Parsing XML Input")
    title, text = (sent.findtext(f"{ATOM}{name}") or "" for name in ("title", "content"))
    entry = engine.save(title, text, entry_id=id)
    body = _HEAD + _entry(engine, entry)
    if id is not None:
        return _atom(body)
    return Reply(status=201, body=body, type=_TYPE, headers={"Location": _edit_url(engine, entry)})


def _refused(engine: MovableType, request: Request) -> Reply | None:
    if "x-wsse" in request.headers:
        return (
            None
            if _is_token_valid(engine, request.headers["x-wsse"])
            else _unauthorized(403, "Invalid login")
        )
    login = base64.b64encode(f"{USER}:{API_PASSWORD}".encode()).decode()
    if request.headers.get("authorization") == f"Basic {login}":
        return None
    return _unauthorized(401, "X-WSSE authentication required")


def _is_token_valid(engine: MovableType, header: str) -> bool:
    sent = dict(_WSSE_FIELD.findall(header))
    if not sent.keys() >= {"Username", "PasswordDigest", "Nonce", "Created"}:
        return False
    if sent["Nonce"] in engine.nonces:
        return False
    engine.nonces.add(sent["Nonce"])
    nonce = base64.b64decode(sent["Nonce"])
    digest = hashlib.sha1(nonce + sent["Created"].encode() + API_PASSWORD.encode()).digest()
    wanted = base64.b64encode(digest).decode().rstrip("=")
    return (sent["Username"], sent["PasswordDigest"].rstrip("=")) == (USER, wanted)


def _unauthorized(status: int, message: str) -> Reply:
    headers = {"WWW-Authenticate": 'WSSE profile="UsernameToken"'}
    return Reply(status=status, body=f"<error>{message}</error>", type="text/xml", headers=headers)


def _error(status: int, message: str) -> Reply:
    return Reply(status=status, body=f"<error>{escape(message)}</error>", type="text/xml")


def _collection_url(engine: MovableType) -> str:
    return f"{engine.base_url}/mt/mt-atom.cgi/1.0/blog_id={BLOG_ID}"


def _edit_url(engine: MovableType, entry: Entry) -> str:
    return f"{_collection_url(engine)}/entry_id={entry.id}"


def _service(engine: MovableType) -> str:
    url = _collection_url(engine)
    return (
        f'{_HEAD}<service xmlns="http://www.w3.org/2007/app" xmlns:atom="http://www.w3.org/2005/Atom">'
        f'<workspace><atom:title>{BLOG_NAME}</atom:title><collection href="{url}">'
        f'<atom:title>{BLOG_NAME}: Entries</atom:title><categories href="{url}/svc=categories"/>'
        "</collection></workspace></service>"
    )


def _feed(engine: MovableType) -> str:
    entries = "".join(_entry(engine, entry) for entry in engine.newest()[:21])
    return (
        f'{_HEAD}<feed xmlns="http://www.w3.org/2005/Atom"><title>{BLOG_NAME}</title>'
        f'<link rel="alternate" type="text/html" href="{engine.site_url}"/>{entries}</feed>'
    )


def _entry(engine: MovableType, entry: Entry) -> str:
    return (
        f'<entry xmlns="http://www.w3.org/2005/Atom"><title>{escape(entry.title)}</title>'
        f"<id>tag:127.0.0.1,2026:/diary//{BLOG_ID}.{entry.id}</id>"
        f'<content type="html">{escape(entry.text)}</content>'
        f'<link rel="alternate" type="text/html" href="{engine.page_url(entry.id)}"/>'
        f'<link rel="edit" type="{_TYPE}" href="{_edit_url(engine, entry)}"/></entry>'
    )


_TYPE = "application/atom+xml"


def _atom(body: str) -> Reply:
    return Reply(body=body, type=f"{_TYPE}; charset=utf-8")
