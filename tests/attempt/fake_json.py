"""The blog's APIs that answer JSON: WordPress' REST and Movable Type's Data API."""

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.attempt.fake_blog import PASSWORD, PUBLIC, Post, Reply, Server

from tenmatsu.attempt.blog_target import BlogTarget
from tenmatsu.model.exchange import Ask

WORDPRESS = BlogTarget(
    kind="wordpress-rest",
    url="http://blog.test/wp-json",
    blog_name="Probe tests",
    user="probe",
    password=PASSWORD,
)
DATA_API = BlogTarget(
    kind="mt-data-api",
    url="http://cms.test/mt-data-api.cgi",
    blog="7",
    blog_name="Probe tests",
    user="probe",
    password=PASSWORD,
)
TOKEN = "t0ken"


class WordPressServer(Server):
    def handle(self, ask: Ask) -> Reply:
        parts = urlsplit(ask.url)
        path, query = parts.path.removeprefix("/wp-json"), parse_qs(parts.query)
        expected = "Basic " + base64.b64encode(f"probe:{PASSWORD}".encode()).decode()
        if ask.headers["Authorization"] != expected:
            return said(401, {"code": "rest_not_logged_in", "message": "Sorry."})
        if path == "/":
            return said(200, {"name": self.blog.name.replace("&", "&amp;")})
        if path == "/wp/v2/users/me":
            return said(200, {"id": 3})
        return self.posts(ask, path.removeprefix("/wp/v2/posts").strip("/"), query)

    def posts(self, ask: Ask, id: str, query: dict[str, list[str]]) -> Reply:
        if ask.method == "POST":
            post = json.loads(ask.body)
            assert (post["status"], post["ping_status"]) == ("publish", "closed")
            return said(201, as_wordpress(self.blog.save(post["title"], post["content"])))
        if not id:
            found = [post for post in self.blog.listed() if query["search"][0] in post.title + post.body]
            return said(200, [as_wordpress(post) for post in found])
        if id not in self.blog.posts:
            return said(404, {"code": "rest_post_invalid_id", "message": "Invalid post ID."})
        if ask.method == "DELETE":
            assert query["force"] == ["true"]
            self.blog.posts.pop(id)
            return said(200, {"deleted": True})
        return said(200, as_wordpress(self.blog.posts[id]))

    def locked(self) -> Reply:
        return said(500, {"code": "db_insert_error", "message": "database is locked"})


class DataApiServer(Server):
    """A Data API of version 4; an old one does not know `/version` without a number."""

    says_version = True

    def handle(self, ask: Ask) -> Reply:
        parts = urlsplit(ask.url)
        path, query = parts.path.removeprefix("/mt-data-api.cgi"), parse_qs(parts.query)
        form = {key: values[0] for key, values in parse_qs(ask.body.decode()).items()}
        if path == "/version" and self.says_version:
            return said(200, {"endpointVersion": "v4", "apiVersion": 4.0})
        if not path.startswith("/v4/"):
            return refused(404, "Unknown endpoint")
        return self.endpoint(ask, path.removeprefix("/v4"), query, form)

    def endpoint(self, ask: Ask, path: str, query: dict[str, list[str]], form: dict[str, str]) -> Reply:
        if path == "/version":
            return said(200, {"endpointVersion": "v4", "apiVersion": 4.0})
        if path == "/authentication":
            right = form["password"] == PASSWORD and form["clientId"]
            return said(200, {"accessToken": TOKEN}) if right else refused(401, "Invalid login")
        if ask.headers.get("X-MT-Authorization") != f"MTAuth accessToken={TOKEN}":
            return refused(401, "Unauthorized")
        if path == "/sites/7":
            return said(200, {"id": 7, "name": self.blog.name})
        if path != "/sites/7/entries" and not path.startswith("/sites/7/entries/"):
            return refused(404, "Site not found")
        return self.entries(ask, path.removeprefix("/sites/7/entries").strip("/"), query, form)

    def entries(self, ask: Ask, id: str, query: dict[str, list[str]], form: dict[str, str]) -> Reply:
        if ask.method == "POST":
            entry = json.loads(form["entry"])
            assert (entry["status"], entry["allowTrackbacks"], form["publish"]) == ("Publish", False, "1")
            return said(200, as_movable_type(self.blog.save(entry["title"], entry["body"])))
        if not id:
            found = [post for post in self.blog.listed() if query["search"][0] in post.title + post.body]
            return said(200, {"totalResults": len(found), "items": [as_movable_type(one) for one in found]})
        if id not in self.blog.posts:
            return refused(404, "Entry not found")
        shown = as_movable_type(self.blog.posts[id])
        if ask.method == "DELETE":
            self.blog.posts.pop(id)
        return said(200, shown)

    def locked(self) -> Reply:
        return refused(500, "Saving entry failed: database is locked")


class OldDataApiServer(DataApiServer):
    says_version = False


def as_wordpress(post: Post) -> dict[str, Any]:
    content = {"raw": post.body}
    return {
        "id": int(post.id),
        "link": f"{PUBLIC}{post.id}",
        "title": {"raw": post.title},
        "content": content,
    }


def as_movable_type(post: Post) -> dict[str, Any]:
    return {"id": int(post.id), "permalink": f"{PUBLIC}{post.id}", "title": post.title}


def said(status: int, value: object) -> Reply:
    return status, {"Content-Type": "application/json; charset=utf-8"}, json.dumps(value).encode()


def refused(status: int, message: str) -> Reply:
    return said(status, {"error": {"code": status, "message": message}})
