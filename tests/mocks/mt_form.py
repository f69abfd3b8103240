"""The mock's mt.cgi: what a person clicks through.

Shapes: lib/MT/CMS/Entry.pm (`save` and `delete` ask for a valid magic_token; a save leads to
`__mode=view&_type=entry&blog_id=…&id=…&saved_added=1`, `saved_changes=1` for an old entry; a deletion shows
`rebuilding.tmpl`, which leads on to return_args), lib/MT/App.pm (a log-in goes on with the mode that was
asked for), tmpl/cms/include/header.tmpl (the title: page, blog, product). From memory, for want of a source
at hand: the log-in form's fields, the cookie `mt_user`, the page of `search_replace`, and that a request
without a session or with an old token gets the log-in page with status 200.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode

from .movable_type import BLOG_ID, BLOG_NAME, PASSWORD, USER, MovableType, Reply, Request

_SESSION = "q4Tn0VPr8bYxGd2mJkWc"
_MAGIC_TOKEN = "o7XjUFsVbHcMsbqWvQKdBlQx5TQyrDmKIEFNLsoZ"
_RELEASED = "2"


def answer(engine: MovableType, request: Request) -> Reply:
    """Answer a page or a form."""
    if (request.fields.get("username"), request.fields.get("password")) == (USER, PASSWORD):
        cookie = {"Set-Cookie": f"mt_user={USER}::{_SESSION}::; path=/mt/; HttpOnly"}
        reply = _for_user(engine, request)
        return replace(reply, headers={**reply.headers, **cookie})
    if f"mt_user={USER}::{_SESSION}" not in request.headers.get("cookie", "").replace("%3A", ":"):
        return Reply(body=_log_in_page(wrong="username" in request.fields))
    return _for_user(engine, request)


def _for_user(engine: MovableType, request: Request) -> Reply:
    mode = request.fields.get("__mode", "dashboard")
    if (
        mode in ("save_entry", "delete", "search_replace")
        and request.fields.get("magic_token") != _MAGIC_TOKEN
    ):
        return Reply(body=_log_in_page(wrong=False))
    if request.fields.get("blog_id", BLOG_ID) != BLOG_ID:
        return Reply(body=_titled("An error occurred", "<p>Cannot load blog.</p>"))
    modes = {
        "save_entry": _save,
        "delete": _delete,
        "search_replace": _search,
        "view": _view,
        "list": _list,
        "list_entry": _list,
    }
    return modes[mode](engine, request) if mode in modes else Reply(body=_dashboard())


def _save(engine: MovableType, request: Request) -> Reply:
    fields = request.fields
    id = fields.get("id") or None
    entry = engine.save(
        fields.get("title", ""),
        fields.get("text", ""),
        publish=fields.get("status", _RELEASED) == _RELEASED,
        entry_id=id,
    )
    saved = "saved_changes" if id else "saved_added"
    leads_to = {"__mode": "view", "_type": "entry", "blog_id": BLOG_ID, "id": entry.id, saved: "1"}
    return Reply(status=302, headers={"Location": _url(engine, leads_to)})


def _delete(engine: MovableType, request: Request) -> Reply:
    id = request.fields.get("id", "")
    back = request.fields.get("return_args") or f"__mode=list&_type=entry&blog_id={BLOG_ID}"
    target = html.escape(f"{engine.base_url}/mt/mt.cgi?{back}&saved_deleted=1&no_rebuild=1")
    if id not in engine.entries:
        return Reply(status=302, headers={"Location": f"{engine.base_url}/mt/mt.cgi?{back}"})
    engine.delete(id)
    leads_on = f'<meta http-equiv="refresh" content="0;url={target}">'
    return Reply(body=_titled("Publishing...", "<p>Publishing...</p>", head=leads_on))


def _view(engine: MovableType, request: Request) -> Reply:
    id = request.fields.get("id", "")
    entry = engine.entries.get(id)
    if id and entry is None:
        return Reply(body=_titled("An error occurred", "<p>Load failed: no such entry</p>"))
    hidden = {"__mode": "save_entry", "_type": "entry", "blog_id": BLOG_ID, "magic_token": _MAGIC_TOKEN}
    inputs = _hidden({**hidden, "id": id, "return_args": f"__mode=view&_type=entry&blog_id={BLOG_ID}"})
    title, text = (html.escape(entry.title), html.escape(entry.text)) if entry else ("", "")
    link = f'<a href="{engine.page_url(id)}">View entry</a>' if entry and entry.is_published else ""
    return Reply(
        body=_titled(
            "Edit Entry" if entry else "Create Entry",
            f'<form name="entry_form" method="post" action="/mt/mt.cgi">{inputs}\n'
            f'<input type="text" name="title" value="{title}"><textarea name="text">{text}</textarea>\n'
            '<select name="status"><option value="1">Unpublished (Draft)</option>'
            f'<option value="{_RELEASED}" selected="selected">Published</option></select>\n'
            f'<button type="submit">Publish</button></form>\n{link}',
        )
    )


def _search(engine: MovableType, request: Request) -> Reply:
    wanted = request.fields.get("search", "").lower()
    rows = [
        f'<tr><td><input type="checkbox" name="id" value="{entry.id}"></td>'
        f'<td><a href="/mt/mt.cgi?__mode=view&amp;_type=entry&amp;id={entry.id}&amp;blog_id={BLOG_ID}">'
        f"{html.escape(entry.title)}</a></td></tr>"
        for entry in engine.newest()
        if wanted in f"{entry.title} {entry.text}".lower()
    ]
    found = f"<table>{''.join(rows)}</table>" if rows else "<p>No entries were found that match.</p>"
    form = _hidden({"__mode": "search_replace", "magic_token": _MAGIC_TOKEN, "_type": "entry"})
    query = f'<input name="search" value="{html.escape(wanted)}">'
    return Reply(body=_titled("Search &amp; Replace", f"<form>{form}{query}</form>{found}"))


def _list(engine: MovableType, request: Request) -> Reply:
    """The rows come by script (`__mode=filtered_list`), since version 5."""
    return Reply(body=_titled("Manage Entries", "<table id='entry-listing-table'></table>"))


def _dashboard() -> str:
    return _titled(
        "Dashboard", f'<a href="/mt/mt.cgi?__mode=dashboard&amp;blog_id={BLOG_ID}">{BLOG_NAME}</a>'
    )


def _log_in_page(*, wrong: bool) -> str:
    message = '<div class="msg msg-error">Invalid login.</div>' if wrong else ""
    return _titled(
        "Sign in",
        f'{message}<form method="post" action="/mt/mt.cgi"><input type="text" name="username">'
        '<input type="password" name="password"><input type="checkbox" name="remember" value="1">'
        '<input type="submit" name="submit" value="Sign In"></form>',
    )


def _titled(title: str, body: str, *, head: str = "") -> str:
    return (
        f"<!DOCTYPE html>\n<html><head><title>{title} - {BLOG_NAME} | Movable Type</title>{head}</head>\n"
        f"<body><h1>{title}</h1>\n{body}\n</body></html>\n"
    )


def _hidden(fields: Mapping[str, str]) -> str:
    return "".join(
        f'<input type="hidden" name="{name}" value="{html.escape(value)}">' for name, value in fields.items()
    )


def _url(engine: MovableType, arguments: Mapping[str, str]) -> str:
    return f"{engine.base_url}/mt/mt.cgi?{urlencode(arguments)}"
