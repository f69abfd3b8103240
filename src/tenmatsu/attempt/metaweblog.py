"""A blog by metaWeblog and Blogger XML-RPC: Movable Type up to 7 (`mt-xmlrpc.cgi`), WordPress (`xmlrpc.php`).

Sources: Movable Type's lib/MT/XMLRPCServer.pm, WordPress' wp-includes/class-wp-xmlrpc-server.php.
Movable Type rebuilds within the call where `publish` is true, after the entry is committed.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

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
from tenmatsu.parse.xmlrpc import Fault, Value, read_answer, write_call

# More than anybody else writes while an attempt lasts; the bodies of these are in the answer.
_RECENT = 30
# WordPress gives these; Movable Type only words, in the language of the site.
_REFUSED_CODE = 403
_NOT_FOUND_CODE = 404
_REFUSED = re.compile(
    r"invalid login|incorrect (?:user|pass)|no web services password|disabled user"
    r"|サインイン|ログイン|パスワード",
    re.IGNORECASE,
)


class MetaWeblog:
    """The blog by XML-RPC."""

    def __init__(self, target: BlogTarget, asker: Asker) -> None:
        self._target = target
        self._asker = asker
        self._login = (target.user, target.password)

    def open(self) -> Answer:
        """Ask for the user's blogs: that is the log-in too."""
        answer, value = self._call("blogger.getUsersBlogs", "", *self._login)
        if answer.reason:
            return answer
        blogs = [one for one in _items(value) if isinstance(one, Mapping)]
        names = {str(one.get("blogid", "")): str(one.get("blogName", "")) for one in blogs}
        return check_blog(self._target, answer.exchange, names)

    def write(self, mark: str) -> Answer:
        """Publish, with comments and pings off and no address to ping."""
        post: dict[str, Value] = {
            "title": mark,
            "description": write_body(mark),
            "mt_allow_comments": 0,
            "mt_allow_pings": 0,
            "mt_tb_ping_urls": [],
            "mt_convert_breaks": "0",
        }
        answer, value = self._call("metaWeblog.newPost", self._target.blog, *self._login, post, True)
        if answer.reason or not isinstance(value, str | int):
            return answer
        return replace(answer, entries=(Entry(id=str(value), title=mark),))

    def find(self, mark: str) -> Answer:
        """Look for the mark among the newest entries."""
        answer, value = self._call("metaWeblog.getRecentPosts", self._target.blog, *self._login, _RECENT)
        posts = [one for one in _items(value) if isinstance(one, Mapping)]
        found = (_read_entry(post) for post in posts if _is_ours(post, mark))
        return answer if answer.reason else replace(answer, entries=tuple(found))

    def delete(self, entry: Entry) -> Answer:
        """Delete, and see whether it is gone. WordPress' first deletion goes to the waste basket only."""
        answer = self._delete_once(entry)
        if answer.reason:
            return replace(answer, gone=self._is_gone(entry))
        gone = self._is_gone(entry)
        if not gone:
            answer = self._delete_once(entry)
            gone = self._is_gone(entry)
        return replace(answer, gone=gone)

    def _delete_once(self, entry: Entry) -> Answer:
        return self._call("blogger.deletePost", "", entry.id, *self._login, True)[0]

    def _is_gone(self, entry: Entry) -> bool:
        """Tell whether the blog says, in a fault, that there is no such entry. Anything else is no proof.

        A fault in words that we do not know counts where the entry is not among the newest either.
        """
        exchange = self._ask("metaWeblog.getPost", entry.id, *self._login)
        try:
            value = read_answer(exchange.body) if read_failure(exchange) is None else None
        except ParseError:
            return False
        if not isinstance(value, Fault) or value.code == _REFUSED_CODE or _REFUSED.search(value.text):
            return False
        return value.code == _NOT_FOUND_CODE or self._is_unlisted(entry)

    def _is_unlisted(self, entry: Entry) -> bool:
        answer, value = self._call("metaWeblog.getRecentPosts", self._target.blog, *self._login, _RECENT)
        ids = {str(one.get("postid", "")) for one in _items(value) if isinstance(one, Mapping)}
        return not answer.reason and entry.id not in ids

    def _call(self, method: str, *values: Value) -> tuple[Answer, Value]:
        exchange = self._ask(method, *values)
        if failure := read_failure(exchange):
            return failure, ""
        try:
            value = read_answer(exchange.body)
        except ParseError:
            reason = NOT_UNDERSTOOD.fill(format="XML-RPC").en
            return read_page_failure(exchange) or Answer(exchange=exchange, reason=reason), ""
        if isinstance(value, Fault):
            return _read_fault(exchange, value), ""
        return Answer(exchange=exchange), value

    def _ask(self, method: str, *values: Value) -> Exchange:
        return self._asker.ask(
            Ask(
                method="POST",
                url=self._target.url,
                headers={"Content-Type": "text/xml; charset=UTF-8"},
                body=write_call(method, *values),
                limit_seconds=self._target.limit_seconds,
                follow=False,
            )
        )


def _read_fault(exchange: Exchange, fault: Fault) -> Answer:
    refused = fault.code == _REFUSED_CODE or _REFUSED.search(fault.text)
    return (refuse_login if refused else refuse)(exchange, fault.text or f"fault {fault.code}")


def _items(value: Value) -> list[Value]:
    return list(value) if isinstance(value, list) else []


def _is_ours(post: Mapping[str, Value], mark: str) -> bool:
    return carries(str(post.get("title", "")), mark) or carries(str(post.get("description", "")), mark)


def _read_entry(post: Mapping[str, Value]) -> Entry:
    url = str(post.get("permaLink") or post.get("link") or "")
    return Entry(id=str(post.get("postid", "")), title=str(post.get("title", "")), url=only_http(url))
