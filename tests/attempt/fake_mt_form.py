"""Movable Type's own pages: log-in, the form for an entry, the search, the deletion, the rebuild."""

from html import escape
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.attempt.fake_blog import PASSWORD, PUBLIC, Reply, Server

from tenmatsu.attempt.blog_target import BlogTarget
from tenmatsu.model.exchange import Ask

URL = "http://cms.test/mt.cgi"
TARGET = BlogTarget(
    kind="mt-form",
    url=URL,
    blog="7",
    blog_name="Probe tests",
    user="probe",
    password=PASSWORD,
    page_url=PUBLIC + "{id}",
)
TOKEN = "m4gic"
LOGIN = '<form method="post"><input name="username"><input type="password" name="password"></form>'
SEARCH = (
    f'<form method="get"><input name="_type" value="entry"><input name="magic_token" value="{TOKEN}"></form>'
)
ENTRY_FORM = f"""<form name="entry_form" method="post" action="{URL}">
<input type="hidden" name="__mode" value="save_entry"><input type="hidden" name="magic_token" value="{TOKEN}">
<input type="hidden" name="author_id" value="3"><input name="title" value=""><textarea name="text"></textarea>
<input type="checkbox" name="allow_pings" value="1" checked><input name="authored_on_date" value="2026-01-02">
<select name="status"><option value="1">Draft<option value="2" selected>Published</select>
<input type="submit" name="preview_entry" value="Preview"></form>"""


class FormServer(Server):
    logged_in = False

    def handle(self, ask: Ask) -> Reply:
        source = ask.body.decode() if ask.method == "POST" else urlsplit(ask.url).query
        query = {key: values[0] for key, values in parse_qs(source).items()}
        if "password" in query:
            self.logged_in = query["password"] == PASSWORD
        if not self.logged_in:
            return self.page("Sign in", LOGIN)
        assert query["blog_id"] == "7"
        handlers = {
            "view": self.view,
            "save_entry": self.save,
            "delete": self.delete,
            "search_replace": self.search,
        }
        return handlers.get(query["__mode"], self.rebuild)(query)

    def view(self, query: dict[str, str]) -> Reply:
        return self.page("Create Entry", SEARCH + ENTRY_FORM)

    def save(self, query: dict[str, str]) -> Reply:
        assert (query["magic_token"], query["status"], query["author_id"]) == (TOKEN, "2", "3")
        assert not set(query) & {"allow_pings", "authored_on_date", "preview_entry", "to_ping_urls"}
        return self.saved(self.blog.save(query["title"], query["text"]).id)

    def saved(self, id: str) -> Reply:
        return leads_to(__mode="view", _type="entry", blog_id="7", id=id, saved_added="1")

    def rebuild(self, query: dict[str, str]) -> Reply:
        raise AssertionError(query)

    def delete(self, query: dict[str, str]) -> Reply:
        assert query["magic_token"] == TOKEN
        self.blog.posts.pop(query["id"], None)
        return leads_to(__mode="list", _type="entry", blog_id="7", saved_deleted="1")

    def search(self, query: dict[str, str]) -> Reply:
        assert (query["do_search"], query["magic_token"]) == ("1", TOKEN)
        rows = (
            f'<a href="{URL}?__mode=view&amp;_type=entry&amp;id={post.id}&amp;blog_id=7">'
            f"<img> {escape(post.title)}</a>"
            for post in self.blog.listed()
            if query["search"] in post.title
        )
        other = f'<a href="{URL}?__mode=view&amp;_type=entry&amp;id=1&amp;blog_id=8">{query["search"]}</a>'
        return self.page("Search", SEARCH + other + "".join(rows))

    def locked(self) -> Reply:
        return self.page("Error", '<div id="generic-error" class="msg">database is locked</div>')

    def page(self, title: str, body: str) -> Reply:
        head = f"<title>{title} - {escape(self.blog.name)} | Movable Type Pro</title>"
        page = f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>"
        return 200, {"Content-Type": "text/html; charset=utf-8"}, page.encode()


class LeadingOnServer(FormServer):
    """Static pages, no background tasks: the rebuild follows in requests of its own, pings after it."""

    def saved(self, id: str) -> Reply:
        return leads_to(__mode="start_rebuild", blog_id="7", type=f"entry-{id}", entry_id=id, is_new="1")

    def rebuild(self, query: dict[str, str]) -> Reply:
        following = {
            "start_rebuild": "rebuild&offset=0",
            "rebuild": "rebuild&offset=1" if query.get("offset") == "0" else "send_pings",
        }[query["__mode"]]
        address = f"{URL}?__mode={following}&blog_id=7&entry_id={query['entry_id']}"
        script = f"<script>function doRedirect () {{ window.location='{address}'; }}</script>"
        return self.page("Publishing...", script)


def leads_to(**query: str) -> Reply:
    return 302, {"Location": f"{URL}?{urlencode(query)}"}, b""
