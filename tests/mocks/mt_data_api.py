"""The mock's Data API, v1 to v7.

Shapes: lib/MT/App/DataAPI.pm (routes, X-MT-Authorization, `{"error": {"code", "message"}}`, `__method`),
lib/MT/DataAPI/Endpoint/Auth.pm (sessionId, accessToken, expiresIn; 400 without a clientId, 401 for a wrong
password), lib/MT/DataAPI/Endpoint/v1/Entry.pm (form field `entry`, `{"totalResults", "items"}`, search and
searchFields, a limit of 10 by default; only who has logged in sees drafts).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from .movable_type import BLOG_ID, BLOG_NAME, PASSWORD, USER, Entry, MovableType, Reply, Request

VERSIONS = range(1, 8)
_ROUTE = re.compile(r"/mt/mt-data-api\.cgi/v(?P<version>\d+)(?P<path>/.*)")
_TOKEN = re.compile(r"""MTAuth\s.*\baccessToken=["']?([^\s,"']+)""")
_ACCESS_TOKEN = "fm2ZEuOCK8Rb6VVYl95KXQ1GMLgNFbOn9lRvmhjh"


def answer(engine: MovableType, request: Request) -> Reply:
    """Answer a call of any version."""
    if request.path == "/mt/mt-data-api.cgi/version":
        return _json({"endpointVersion": f"v{VERSIONS[-1]}", "apiVersion": VERSIONS[-1]})
    route = _ROUTE.fullmatch(request.path)
    if route is None:
        return _error(400, "API Version is required")
    if int(route["version"]) not in VERSIONS:
        return _error(404, "Unknown endpoint")
    method = request.fields.get("__method", request.method) if request.method == "POST" else request.method
    return _route(engine, request, method.upper(), route["path"])


def _route(engine: MovableType, request: Request, method: str, path: str) -> Reply:
    match method, path.strip("/").split("/"):
        case "POST", ["authentication"]:
            return _log_in(request)
        case "DELETE", ["token" | "authentication"]:
            return _json({"status": "success"})
        case "GET", ["sites", id]:
            return _site(engine, id)
        case _, ["sites", id, "entries", *_] if id != BLOG_ID:
            return _error(404, "Site not found")
        case "GET", ["sites", _, "entries"]:
            return _list(engine, request)
        case "POST", ["sites", _, "entries"]:
            return _save(engine, request, None)
        case verb, ["sites", _, "entries", id]:
            return _one(engine, request, verb, id)
    return _error(404, "Unknown endpoint")


def _log_in(request: Request) -> Reply:
    if not re.fullmatch(r"[\w-]+", request.fields.get("clientId", "")):
        return _error(400, "Bad Request")
    if (request.fields.get("username"), request.fields.get("password")) != (USER, PASSWORD):
        return _error(401, "Unauthorized")
    return _json({"sessionId": "tKx5ZA4fSz8mbbSXh0Pdrm1z", "accessToken": _ACCESS_TOKEN, "expiresIn": 3600})


def _is_known(request: Request) -> bool:
    token = _TOKEN.search(request.headers.get("x-mt-authorization", ""))
    return token is not None and token[1] == _ACCESS_TOKEN


def _site(engine: MovableType, id: str) -> Reply:
    if id != BLOG_ID:
        return _error(404, "Site not found")
    return _json({"id": int(BLOG_ID), "class": "blog", "name": BLOG_NAME, "url": engine.site_url})


def _list(engine: MovableType, request: Request) -> Reply:
    search = request.fields.get("search", "").lower()
    names = request.fields.get("searchFields", "title,body").split(",")
    found = [
        resource
        for entry in engine.newest()
        if entry.is_published or _is_known(request)
        for resource in [_resource(engine, entry)]
        if any(search in str(resource.get(name, "")).lower() for name in names)
    ]
    first = int(request.fields.get("offset", "0"))
    shown = found[first : first + int(request.fields.get("limit", "10"))]
    return _json({"totalResults": len(found), "items": [_chosen(each, request) for each in shown]})


def _one(engine: MovableType, request: Request, verb: str, id: str) -> Reply:
    if id not in engine.entries:
        return _error(404, "Entry not found")
    if verb == "GET" and (engine.entries[id].is_published or _is_known(request)):
        return _json(_chosen(_resource(engine, engine.entries[id]), request))
    if not _is_known(request):
        return _error(401, "Unauthorized")
    if verb == "DELETE":
        return _json(_resource(engine, engine.delete(id)))
    return _save(engine, request, id) if verb == "PUT" else _error(404, "Unknown endpoint")


def _save(engine: MovableType, request: Request, id: str | None) -> Reply:
    if not _is_known(request):
        return _error(401, "Unauthorized")
    if "entry" not in request.fields:
        return _error(400, 'A resource "entry" is required.')
    try:
        sent = json.loads(request.fields["entry"])
    except ValueError:
        return _error(400, "Invalid data format: entry")
    old = engine.entries.get(id or "")
    title = str(sent.get("title", old.title if old else ""))
    text = str(sent.get("body", old.text if old else ""))
    entry = engine.save(title, text, publish=sent.get("status", "Publish") == "Publish", entry_id=id)
    return _json(_resource(engine, entry))


def _resource(engine: MovableType, entry: Entry) -> dict[str, Any]:
    return {
        "id": int(entry.id),
        "class": "entry",
        "title": entry.title,
        "body": entry.text,
        "status": "Publish" if entry.is_published else "Draft",
        "permalink": engine.page_url(entry.id),
        "blog": {"id": BLOG_ID},
        "author": {"displayName": USER},
    }


def _chosen(resource: Mapping[str, Any], request: Request) -> Mapping[str, Any]:
    names = request.fields.get("fields", "")
    return {name: resource[name] for name in names.split(",") if name in resource} if names else resource


def _error(code: int, message: str) -> Reply:
    return _json({"error": {"code": code, "message": message}}, status=code)


def _json(value: object, *, status: int = 200) -> Reply:
    headers = {"Cache-Control": "no-cache"}
    return Reply(
        status=status, body=json.dumps(value), type="application/json; charset=utf-8", headers=headers
    )
