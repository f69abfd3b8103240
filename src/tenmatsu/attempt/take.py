"""Variables taken from an answer."""

import json
import re

from tenmatsu.errors import ParseError
from tenmatsu.model.exchange import Exchange
from tenmatsu.model.probe_plan import Source, Take
from tenmatsu.parse.html_form import parse_page
from tenmatsu.parse.xmlrpc import Fault, read_answer


def take_value(take: Take, exchange: Exchange) -> str | None:
    """Return what an answer says for a variable, or None where it says nothing of the kind."""
    return _TAKERS[take.source](take.what, exchange)


def _by_pattern(pattern: str, exchange: Exchange) -> str | None:
    found = re.search(pattern, exchange.body.decode("utf-8", "replace"))
    return None if found is None else found[1] if found.re.groups else found[0]


def _by_header(name: str, exchange: Exchange) -> str | None:
    return exchange.header(name) or None


def _by_field(name: str, exchange: Exchange) -> str | None:
    try:
        forms = parse_page(exchange.body).forms
    except ParseError:
        return None
    return next((form.value(name) for form in forms if name in form.names), None)


def _by_json(path: str, exchange: Exchange) -> str | None:
    try:
        value: object = json.loads(exchange.body)
    except (ValueError, RecursionError):
        return None
    return follow(path, value)


def follow(path: str, value: object) -> str | None:
    """Return what a path such as `entries.0.id` leads to, as text; None where it leads nowhere."""
    for part in path.split("."):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list | tuple) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _by_xmlrpc(path: str, exchange: Exchange) -> str | None:
    try:
        value = read_answer(exchange.body)
    except ParseError:
        return None
    return None if isinstance(value, Fault) else follow(path, value)


_TAKERS = {
    Source.XMLRPC: _by_xmlrpc,
    Source.FIELD: _by_field,
    Source.PATTERN: _by_pattern,
    Source.HEADER: _by_header,
    Source.JSON: _by_json,
}
