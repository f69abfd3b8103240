"""A blog by Movable Type's own pages (`mt.cgi`), as a person writes: log in, fill in the form, save, wait.

Sources: Movable Type's lib/MT/App.pm (log-in), lib/MT/CMS/{Entry,Blog,Search}.pm and tmpl/cms/. Its
header.tmpl says `PAGE - BLOG | PRODUCT` in the title. `save_entry` commits; then it rebuilds within the
request or leads to `start_rebuild`, whose page leads on to `rebuild` by script. The page that pings is not
followed.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from tenmatsu.attempt.blog_api import (
    Answer,
    Entry,
    carries,
    check_blog,
    only_http,
    read_failure,
    read_page_failure,
    refuse_login,
    write_body,
)
from tenmatsu.attempt.blog_target import BlogTarget
from tenmatsu.model.exchange import Ask, Asker, Exchange
from tenmatsu.model.reason import NOT_UNDERSTOOD
from tenmatsu.parse.html_form import Form, Page, parse_page

_PUBLISHED = "2"  # MT::Entry::RELEASE
_REBUILDING = frozenset({"start_rebuild", "rebuild"})
_MOST_REBUILDING = 20
# How the page of a rebuild leads on (tmpl/cms/rebuilding.tmpl).
_LEADS_ON = re.compile(r"window\.location(?:\.href)?\s*=\s*['\"]([^'\"\s]{1,2000})['\"]")
# What would ping, mail, or plan the entry for another time.
_LEFT_OUT = frozenset(
    "allow_pings allow_comments to_ping_urls tags scheduled _autosave authored_on_date authored_on_time "
    "unpublished_on_date unpublished_on_time basename basename_manual id title text text_more status".split()
)
_NO_PAGE = Page(title="", forms=(), links=())


class MovableTypeForm:
    """The blog by its own pages. The asker keeps the session's cookie."""

    def __init__(self, target: BlogTarget, asker: Asker) -> None:
        self._target = target
        self._asker = asker
        self._form = Form()

    def open(self) -> Answer:
        """Log in, then open the form for a new entry: its title names the blog."""
        new_entry = {"__mode": "view", "_type": "entry", "blog_id": self._target.blog}
        login = {"username": self._target.user, "password": self._target.password}
        answer, page = self._post({**login, **new_entry})
        if _is_somewhere_else(answer):  # some versions lead on after a log-in
            answer, page = self._get(new_entry)
        if answer.reason:
            return answer
        form = page.find_form("magic_token", "title")
        if form is None:
            asks_again = page.find_form("password")
            return refuse_login(answer.exchange, page.title) if asks_again else _not_understood(answer)
        self._form = form
        return check_blog(self._target, answer.exchange, {self._target.blog: _blog_name(page.title)})

    def write(self, mark: str) -> Answer:
        """Save and publish, and follow the rebuild to its end. Comments and pings stay off."""
        kept = {name: value for name, value in self._form.fields if name not in _LEFT_OUT}
        ours = {"__mode": "save_entry", "_type": "entry", "blog_id": self._target.blog, "title": mark}
        text = {"text": write_body(mark), "status": _PUBLISHED, "convert_breaks": "0"}
        answer, _ = self._post({**kept, **ours, **text})
        saved, seconds = answer.exchange, answer.exchange.duration_seconds
        entries: tuple[Entry, ...] = ()
        for _ in range(_MOST_REBUILDING):
            address = self._address_after(answer)
            if id := _id_in(address):
                entries = (Entry(id=id, title=mark),)
            if not _mode_of(address) & _REBUILDING:
                break
            answer, _ = self._visit(address)
            seconds += answer.exchange.duration_seconds
        answer = _pass_on(answer) if entries else answer
        if answer.reason:
            return replace(answer, entries=entries)
        whole = replace(answer, exchange=replace(saved, duration_seconds=seconds), entries=entries)
        return whole if entries else _not_understood(answer)  # a log-in, or the form once more

    def find(self, mark: str) -> Answer:
        """Search as the box at the top of each page does."""
        query = {"__mode": "search_replace", "_type": "entry", "blog_id": self._target.blog, "do_search": "1"}
        answer, page = self._get({**query, "quicksearch": "1", "search": mark, "magic_token": self._token})
        if answer.reason or page.find_form("password"):
            return answer if answer.reason else _not_understood(answer)
        ids = {id: text for address, text in page.links if (id := self._entry_in(address))}
        marked = [id for id in ids if any(self._names(link, id, mark) for link in page.links)]
        entries = tuple(Entry(id=id, title=mark, url=self._find_url(id, mark)) for id in marked)
        return replace(answer, entries=entries)

    def delete(self, entry: Entry) -> Answer:
        """Delete, and see that a search does not find it any more."""
        ours = {"__mode": "delete", "_type": "entry", "blog_id": self._target.blog, "id": entry.id}
        answer, _ = self._post({**ours, "magic_token": self._token, "return_args": ""})
        answer = _pass_on(answer)
        left = self.find(entry.title)
        gone = not left.reason and entry.id not in {one.id for one in left.entries}
        return replace(answer, gone=gone)

    @property
    def _token(self) -> str:
        return self._form.value("magic_token")

    def _names(self, link: tuple[str, str], id: str, mark: str) -> bool:
        return self._entry_in(link[0]) == id and carries(link[1], mark)

    def _entry_in(self, address: str) -> str:
        """Return the id of the entry of our blog that a link leads to, empty where it leads elsewhere."""
        query = _query_of(address)
        ours = query.get("blog_id", self._target.blog) == self._target.blog
        return (
            query.get("id", "")
            if "view" in _mode_of(address) and query.get("_type") == "entry" and ours
            else ""
        )

    def _find_url(self, id: str, mark: str) -> str:
        """Return where an entry is published: its own page links there, and its name is made of the title."""
        if self._target.page_url:
            return ""
        _, page = self._get({"__mode": "view", "_type": "entry", "blog_id": self._target.blog, "id": id})
        name = mark.replace("-", "_").lower()
        links = (only_http(_join(self._target.url, address)) for address, _ in page.links)
        return next((url for url in links if name in urlsplit(url).path.replace("-", "_").lower()), "")

    def _address_after(self, answer: Answer) -> str:
        """Return where an answer leads on, as far as it is this very script; else nothing."""
        said = answer.exchange.header("Location")
        if not said and not answer.reason:
            found = _LEADS_ON.search(answer.exchange.body.decode("utf-8", "replace"))
            said = found[1].replace("&amp;", "&") if found else ""
        address = _join(self._target.url, said)
        return address if said and _script_of(address) == _script_of(self._target.url) else ""

    def _get(self, query: Mapping[str, str]) -> tuple[Answer, Page]:
        return self._visit(f"{self._target.url}?{urlencode(query)}")

    def _visit(self, address: str) -> tuple[Answer, Page]:
        return _read(self._ask(Ask(method="GET", url=address)))

    def _post(self, fields: Mapping[str, str]) -> tuple[Answer, Page]:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        ask = Ask(method="POST", url=self._target.url, headers=headers, body=urlencode(fields).encode())
        return _read(self._ask(ask))

    def _ask(self, ask: Ask) -> Exchange:
        return self._asker.ask(replace(ask, limit_seconds=self._target.limit_seconds, follow=False))


def _read(exchange: Exchange) -> tuple[Answer, Page]:
    if failure := read_failure(exchange) or read_page_failure(exchange):
        return failure, _NO_PAGE
    return Answer(exchange=exchange), parse_page(exchange.body)


def _not_understood(answer: Answer) -> Answer:
    return replace(answer, reason=NOT_UNDERSTOOD.fill(format="Movable Type").en)


def _is_somewhere_else(answer: Answer) -> bool:
    status = answer.exchange.status
    return answer.exchange.is_whole and status is not None and 300 <= status < 400


def _pass_on(answer: Answer) -> Answer:
    """Return an answer that leads on as a good one: so Movable Type says that something is done."""
    return replace(answer, reason="") if _is_somewhere_else(answer) else answer


def _blog_name(title: str) -> str:
    """Return the blog's name out of `PAGE - BLOG | PRODUCT`."""
    return title.rpartition(" | ")[0].partition(" - ")[2]


def _join(base: str, address: str) -> str:
    try:
        return urljoin(base, address)
    except ValueError:
        return ""


def _script_of(address: str) -> tuple[str, str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc, parts.path


def _query_of(address: str) -> dict[str, str]:
    try:
        return {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}
    except ValueError:
        return {}


def _mode_of(address: str) -> set[str]:
    return {_query_of(address).get("__mode", "")}


def _id_in(address: str) -> str:
    query = _query_of(address)
    id = query.get("entry_id", "") or (query.get("id", "") if query.get("_type") == "entry" else "")
    return id if id.isdecimal() else ""
