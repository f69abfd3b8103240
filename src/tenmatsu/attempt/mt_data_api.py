"""A blog by Movable Type's Data API, v1 to v7 (Movable Type 6 and later): `mt-data-api.cgi`.

Sources: Movable Type's lib/MT/App/DataAPI.pm and lib/MT/DataAPI/Endpoint/{Auth,Entry}.pm,
https://movabletype.github.io/mt-docs-data-api-reference/. It commits, then rebuilds within the request.
"""

import json
from dataclasses import replace
from urllib.parse import quote, urlencode

from tenmatsu.attempt.blog_api import Answer, Entry, carries, check_blog, only_http, write_body
from tenmatsu.attempt.blog_target import BlogTarget
from tenmatsu.attempt.json_call import read_json_answer, says_missing
from tenmatsu.model.exchange import Ask, Asker, Exchange
from tenmatsu.model.reason import NOT_UNDERSTOOD
from tenmatsu.parse.json_answer import at, text_at

_VERSIONS = range(7, 0, -1)
# Answers to a version or a path that this Movable Type does not have.
_UNKNOWN = frozenset({400, 404, 405, 501})
_CLIENT = "tenmatsu"


class DataApi:
    """The blog by the Data API."""

    def __init__(self, target: BlogTarget, asker: Asker) -> None:
        self._target = target
        self._asker = asker
        self._version = ""
        self._token = ""

    def open(self) -> Answer:
        """Choose the version, log in, and read the site's name."""
        answer = self._choose_version()
        if answer.reason:
            return answer
        login = {"username": self._target.user, "password": self._target.password, "clientId": _CLIENT}
        answer, value = self._call("POST", "/authentication", form=login)
        self._token = text_at(value, "accessToken")
        if answer.reason or not self._token:
            return answer if answer.reason else _not_understood(answer)
        answer, site = self._call("GET", self._site)
        if answer.reason and says_missing(answer.exchange):
            return check_blog(self._target, answer.exchange, {})
        names = {text_at(site, "id"): text_at(site, "name")}
        return answer if answer.reason else check_blog(self._target, answer.exchange, names)

    def write(self, mark: str) -> Answer:
        """Publish, closed to comments and trackbacks."""
        entry = {"title": mark, "body": write_body(mark), "status": "Publish", "format": "0"}
        closed = {"allowComments": False, "allowTrackbacks": False}
        form = {"entry": json.dumps(entry | closed), "publish": "1"}
        answer, value = self._call("POST", f"{self._site}/entries", form=form)
        if answer.reason:
            return answer
        made = _read_entry(value)
        return replace(answer, entries=(replace(made, title=mark),)) if made.id else _not_understood(answer)

    def find(self, mark: str) -> Answer:
        """Search titles and bodies, of drafts too."""
        query = {"search": mark, "searchFields": "title,body", "limit": "50", "fields": "id,title,permalink"}
        answer, value = self._call("GET", f"{self._site}/entries?{urlencode(query)}")
        items = at(value, "items")
        if answer.reason:
            return answer
        if not isinstance(items, list):
            return _not_understood(answer)
        entries = (_read_entry(item) for item in items)
        return replace(answer, entries=tuple(one for one in entries if carries(one.title, mark)))

    def delete(self, entry: Entry) -> Answer:
        """Delete; a deletion that failed may have been done, so look at what is there."""
        path = f"{self._site}/entries/{quote(entry.id, safe='')}"
        answer, _ = self._call("DELETE", path)
        if not answer.reason:
            return replace(answer, gone=True)
        if says_missing(answer.exchange):
            return Answer(exchange=answer.exchange, gone=True)
        return replace(answer, gone=says_missing(self._ask("GET", self._version + path)))

    @property
    def _site(self) -> str:
        return f"/sites/{quote(self._target.blog, safe='')}"

    def _choose_version(self) -> Answer:
        """Ask which version there is; where that is not answered, try from the highest down."""
        answer, value = read_json_answer(self._ask("GET", "/version"))
        said = text_at(value, "endpointVersion")
        if not answer.reason and said[:1] == "v" and said[1:].isdecimal():
            self._version = f"/v{min(int(said[1:3]), _VERSIONS[0])}"
            return answer
        for number in _VERSIONS:
            if answer.reason and answer.exchange.status not in _UNKNOWN:
                break
            self._version = f"/v{number}"
            answer, _ = read_json_answer(self._ask("GET", f"{self._version}/version"))
            if not answer.reason:
                break
        return answer

    def _call(self, method: str, path: str, *, form: dict[str, str] | None = None) -> tuple[Answer, object]:
        return read_json_answer(self._ask(method, self._version + path, form=form))

    def _ask(self, method: str, path: str, *, form: dict[str, str] | None = None) -> Exchange:
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        if self._token:
            headers["X-MT-Authorization"] = f"MTAuth accessToken={self._token}"
        return self._asker.ask(
            Ask(
                method=method,
                url=self._target.url.rstrip("/") + path,
                headers=headers,
                body=urlencode(form or {}).encode(),
                limit_seconds=self._target.limit_seconds,
                follow=False,
            )
        )


def _not_understood(answer: Answer) -> Answer:
    return replace(answer, reason=NOT_UNDERSTOOD.fill(format="Data API").en)


def _read_entry(value: object) -> Entry:
    url = only_http(text_at(value, "permalink"))
    return Entry(id=text_at(value, "id"), title=text_at(value, "title"), url=url)
