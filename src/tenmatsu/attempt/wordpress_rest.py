"""A blog by WordPress' REST API, with an application password (WordPress 5.6 and later).

Sources: wp-includes/rest-api/endpoints/class-wp-rest-posts-controller.php,
https://developer.wordpress.org/rest-api/reference/posts/ and
https://make.wordpress.org/core/2020/11/05/application-passwords-integration-guide/.
The address is that of the root: `https://SITE/wp-json`, or `https://SITE/?rest_route=` without permalinks.
"""

import base64
import json
from dataclasses import replace
from urllib.parse import quote, urlencode

from tenmatsu.attempt.blog_api import Answer, Entry, carries, check_blog, only_http, write_body
from tenmatsu.attempt.blog_target import BlogTarget
from tenmatsu.attempt.json_call import read_json_answer, says_missing
from tenmatsu.model.exchange import Ask, Asker, Exchange
from tenmatsu.model.reason import NOT_UNDERSTOOD
from tenmatsu.parse.json_answer import text_at

_POSTS = "/wp/v2/posts"
_FIELDS = "id,link,title,content"


class WordPressRest:
    """The blog by REST. It is its own only blog: `blog` is not asked for."""

    def __init__(self, target: BlogTarget, asker: Asker) -> None:
        self._target = target
        self._asker = asker
        login = f"{target.user}:{target.password}".encode()
        self._login = "Basic " + base64.b64encode(login).decode()

    def open(self) -> Answer:
        """Ask who we are, then what the site is called."""
        answer, _ = self._call("GET", "/wp/v2/users/me")
        if answer.reason:
            return answer
        answer, site = self._call("GET", "/", _fields="name,url")
        return answer if answer.reason else self._check(answer.exchange, text_at(site, "name"))

    def write(self, mark: str) -> Answer:
        """Publish, closed to comments and pings."""
        post = {"title": mark, "content": write_body(mark), "status": "publish"}
        closed = {"comment_status": "closed", "ping_status": "closed"}
        answer, value = self._call("POST", _POSTS, body=json.dumps(post | closed).encode())
        entry = _read_entry(value)
        if not answer.reason and not entry.id:
            return replace(answer, reason=NOT_UNDERSTOOD.fill(format="WordPress").en)
        return answer if answer.reason else replace(answer, entries=(replace(entry, title=mark),))

    def find(self, mark: str) -> Answer:
        """Search the titles and bodies, of drafts too."""
        answer, value = self._call(
            "GET", _POSTS, context="edit", status="any", search=mark, per_page="50", _fields=_FIELDS
        )
        if answer.reason:
            return answer
        if not isinstance(value, list):
            return replace(answer, reason=NOT_UNDERSTOOD.fill(format="WordPress").en)
        found = tuple(_read_entry(post) for post in value if _is_ours(post, mark))
        return replace(answer, entries=found)

    def delete(self, entry: Entry) -> Answer:
        """Delete for good, past the waste basket."""
        path = f"{_POSTS}/{quote(entry.id, safe='')}"
        answer, _ = self._call("DELETE", path, force="true")
        if not answer.reason:
            return replace(answer, gone=True)
        if says_missing(answer.exchange):
            return Answer(exchange=answer.exchange, gone=True)
        return replace(answer, gone=says_missing(self._ask("GET", path, context="edit")))

    def _check(self, exchange: Exchange, name: str) -> Answer:
        return check_blog(self._target, exchange, {self._target.blog: name})

    def _call(self, method: str, path: str, *, body: bytes = b"", **query: str) -> tuple[Answer, object]:
        return read_json_answer(self._ask(method, path, body=body, **query))

    def _ask(self, method: str, path: str, *, body: bytes = b"", **query: str) -> Exchange:
        root, words = self._target.url, urlencode(query)
        if "rest_route=" in root:
            url = root + quote(path) + (f"&{words}" if words else "")
        else:
            url = root.rstrip("/") + path + (f"?{words}" if words else "")
        return self._asker.ask(
            Ask(
                method=method,
                url=url,
                headers={"Authorization": self._login, "Content-Type": "application/json"},
                body=body,
                limit_seconds=self._target.limit_seconds,
                follow=False,
            )
        )


def _is_ours(post: object, mark: str) -> bool:
    return carries(text_at(post, "title", "raw"), mark) or carries(text_at(post, "content", "raw"), mark)


def _read_entry(post: object) -> Entry:
    return Entry(
        id=text_at(post, "id"), title=text_at(post, "title", "raw"), url=only_http(text_at(post, "link"))
    )
