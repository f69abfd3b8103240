"""A blog by the Atom Publishing Protocol: Movable Type to 7 (`mt-atom.cgi/1.0`) and others.

Sources: RFC 5023, RFC 4287, Movable Type's lib/MT/AtomServer.pm. Logs in by WSSE (the UsernameToken in
`X-WSSE`, which sends no password), and by Basic where the server asks for that. The address is the service
document's. Movable Type's server answers 201 even where its rebuild failed: only the published page tells.
"""

import base64
import hashlib
import re
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit
from xml.sax.saxutils import escape

from tenmatsu.attempt.blog_api import (
    Answer,
    Entry,
    carries,
    check_blog,
    only_http,
    read_failure,
    read_page_failure,
    refuse,
    refuse_login,
    write_body,
)
from tenmatsu.attempt.blog_target import BlogTarget
from tenmatsu.errors import ParseError
from tenmatsu.model.exchange import Ask, Asker, Exchange
from tenmatsu.model.reason import NOT_UNDERSTOOD
from tenmatsu.parse.xml_tree import Node, parse_xml

_ENTRY_TYPE = "application/atom+xml;type=entry;charset=utf-8"
_BLOG_ID = re.compile(r"blog_id=(\d+)")
_MISSING = frozenset({404, 410})
_REFUSED = frozenset({401, 403})
# Movable Type says so with status 400.
_INVALID_ENTRY = re.compile(rb"<error>\s*Invalid entry_id")
_NOTHING = Node("")


class AtomPub:
    """The blog by AtomPub."""

    def __init__(self, target: BlogTarget, asker: Asker) -> None:
        self._target = target
        self._asker = asker
        self._basic = False
        self._collection = ""

    def open(self) -> Answer:
        """Read the service document: a workspace is a blog, its first collection takes the entries."""
        answer, root = self._call("GET", self._target.url)
        challenge = answer.exchange.header("WWW-Authenticate").lower()
        if answer.exchange.status in _REFUSED and "basic" in challenge:
            self._basic = True
            answer, root = self._call("GET", self._target.url)
        if answer.reason and answer.exchange.status in _REFUSED:
            return refuse_login(answer.exchange, answer.reason)
        if answer.reason or root.name != "service":
            return answer if answer.reason else _not_understood(answer)
        blogs = {self._key(number, one): one for number, one in enumerate(root.all("workspace"), 1)}
        chosen = blogs.get(self._target.blog, _NOTHING)
        self._collection = self._same_host(_collection_of(chosen))
        names = {key: one.said("title") for key, one in blogs.items()}
        checked = check_blog(self._target, answer.exchange, names)
        return checked if checked.reason or self._collection else _not_understood(checked)

    def write(self, mark: str) -> Answer:
        """Publish: not a draft. AtomPub knows nothing of pings; the blog's own settings hold."""
        entry = (
            '<?xml version="1.0" encoding="utf-8"?>\n'
            '<entry xmlns="http://www.w3.org/2005/Atom" xmlns:app="http://www.w3.org/2007/app">'
            f'<title type="text">{escape(mark)}</title>'
            f'<content type="html">{escape(write_body(mark))}</content>'
            f"<author><name>{escape(self._target.user)}</name></author>"
            "<app:control><app:draft>no</app:draft></app:control></entry>\n"
        )
        answer, root = self._call("POST", self._collection, entry.encode())
        if answer.reason:
            return answer
        made = self._read_entry(root)
        edit = self._same_host(answer.exchange.header("Location")) or made.id
        return replace(answer, entries=(replace(made, id=edit, title=mark),)) if edit else answer

    def find(self, mark: str) -> Answer:
        """Look for the mark among the newest entries of the collection."""
        answer, root = self._call("GET", self._collection)
        if answer.reason or root.name != "feed":
            return answer if answer.reason else _not_understood(answer)
        ours = (self._read_entry(one) for one in root.all("entry") if carries(one.said("title"), mark))
        return replace(answer, entries=tuple(one for one in ours if one.id))

    def delete(self, entry: Entry) -> Answer:
        """Delete; a deletion that failed may have been done, so look at what is there."""
        answer, _ = self._call("DELETE", entry.id)
        if not answer.reason:
            return replace(answer, gone=True)
        if _says_missing(answer.exchange):
            return Answer(exchange=answer.exchange, gone=True)
        return replace(answer, gone=_says_missing(self._ask("GET", entry.id)))

    def _key(self, number: int, workspace: Node) -> str:
        """Return a blog's id: Movable Type's own, else which one it is in the document."""
        found = _BLOG_ID.search(_collection_of(workspace))
        return found[1] if found else str(number)

    def _read_entry(self, node: Node) -> Entry:
        links = {link.attributes.get("rel", "alternate"): link.attributes for link in node.all("link")}
        edit = self._same_host(links.get("edit", {}).get("href", ""))
        url = only_http(links.get("alternate", {}).get("href", ""))
        return Entry(id=edit, title=node.said("title"), url=url)

    def _same_host(self, address: str) -> str:
        """Return an address made whole, or nothing where our log-in would go to another server."""
        try:
            whole = urljoin(self._target.url, address)
            ours, theirs = urlsplit(self._target.url), urlsplit(whole)
        except ValueError:
            return ""
        return whole if address and ours[:2] == theirs[:2] else ""

    def _call(self, method: str, url: str, body: bytes = b"") -> tuple[Answer, Node]:
        exchange = self._ask(method, url, body)
        failure = read_failure(exchange)
        try:
            root = parse_xml(exchange.body) if exchange.is_whole and exchange.body else _NOTHING
        except ParseError:
            reason = NOT_UNDERSTOOD.fill(format="Atom").en
            wrong = None if method == "DELETE" else Answer(exchange=exchange, reason=reason)
            return failure or read_page_failure(exchange) or wrong or Answer(exchange=exchange), _NOTHING
        if failure and root.name == "error" and not failure.hopeless:
            return refuse(exchange, f"{exchange.status} {root.text.strip()}"), root
        return failure or Answer(exchange=exchange), root

    def _ask(self, method: str, url: str, body: bytes = b"") -> Exchange:
        headers = {"Content-Type": _ENTRY_TYPE} if body else {}
        user, password = self._target.user, self._target.password
        if self._basic:
            headers["Authorization"] = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        else:
            headers["Authorization"] = 'WSSE profile="UsernameToken"'
            headers["X-WSSE"] = write_token(user, password, datetime.now(UTC))
        ask = Ask(method=method, url=url, headers=headers, body=body, follow=False)
        return self._asker.ask(replace(ask, limit_seconds=self._target.limit_seconds))


def write_token(user: str, password: str, created: datetime) -> str:
    """Return the value of `X-WSSE`: a digest of the password that holds once, for a few minutes."""
    nonce, stamp = secrets.token_bytes(16), created.strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = hashlib.sha1(nonce + stamp.encode() + password.encode(), usedforsecurity=False).digest()
    coded, said = base64.b64encode(digest).decode(), base64.b64encode(nonce).decode()
    name = user.replace('"', "")
    return f'UsernameToken Username="{name}", PasswordDigest="{coded}", Nonce="{said}", Created="{stamp}"'


def _collection_of(workspace: Node) -> str:
    collection = workspace.child("collection")
    return collection.attributes.get("href", "") if collection else ""


def _says_missing(exchange: Exchange) -> bool:
    """Tell whether there is no such entry; a page of a server in front of the blog is no proof of that."""
    if not exchange.is_whole:
        return False
    if exchange.status == 400:
        return _INVALID_ENTRY.search(exchange.body) is not None
    return exchange.status in _MISSING and not exchange.body.lstrip().lower().startswith(b"<!doctype")


def _not_understood(answer: Answer) -> Answer:
    return replace(answer, reason=NOT_UNDERSTOOD.fill(format="Atom").en)
