"""Variables in a step's texts: `{name}` becomes its value, in whatever the step sends."""

import json
import re
from collections.abc import Callable, Mapping
from typing import cast
from urllib.parse import quote, urlencode

from tenmatsu.model.exchange import Ask
from tenmatsu.model.probe_plan import Step
from tenmatsu.parse.xmlrpc import Value, write_call

_VARIABLE = re.compile(r"\{([A-Za-z_]\w*)\}")
_Quote = Callable[[str], str]


class NoSuchVariable(Exception):
    """A variable that no secret, setting or earlier answer gave."""


def fill_text(text: str, variables: Mapping[str, str], quote_value: _Quote = str) -> str:
    """Return the text with its variables filled in. Raises NoSuchVariable."""

    def value(found: re.Match[str]) -> str:
        if found[1] not in variables:
            raise NoSuchVariable(found[1])
        return quote_value(variables[found[1]])

    return _VARIABLE.sub(value, text)


def find_variables(step: Step) -> set[str]:
    """Return the names of all variables that a step needs."""
    texts = [step.url, step.body, *step.headers.values(), *(step.form or {}).values()]
    texts += [*step.expect.holds, *step.expect.lacks, *_texts_in(step.json), *_texts_in(step.values)]
    return {name for text in texts for name in _VARIABLE.findall(text)}


def _texts_in(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts_in(one)]
    if isinstance(value, list | tuple):
        return [text for one in value for text in _texts_in(one)]
    return []


def make_ask(step: Step, variables: Mapping[str, str]) -> Ask:
    """Return the request of a step. Raises NoSuchVariable."""
    kind, body = _make_body(step, variables)
    headers = {name: fill_text(text, variables) for name, text in step.headers.items()}
    if kind and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = kind
    # In an address a value must not begin another part of it; at its very beginning it is an address itself.
    head, rest = _split(step.url)
    return Ask(
        method=step.method,
        url=fill_text(head, variables) + fill_text(rest, variables, lambda value: quote(value, safe="")),
        headers=headers,
        body=body,
        limit_seconds=step.limit_seconds,
    )


def _split(url: str) -> tuple[str, str]:
    """Return the variable with which it begins, if it does, and the rest."""
    begin = _VARIABLE.match(url)
    return (begin[0], url[begin.end() :]) if begin else ("", url)


def _make_body(step: Step, variables: Mapping[str, str]) -> tuple[str, bytes]:
    if step.form is not None:
        fields = {name: fill_text(text, variables) for name, text in step.form.items()}
        return "application/x-www-form-urlencoded", urlencode(fields).encode("ascii")
    if step.json is not None:
        return "application/json", json.dumps(_fill_all(step.json, variables)).encode("ascii")
    if step.xmlrpc:
        values = [cast("Value", _fill_all(one, variables)) for one in step.values]
        return "text/xml", write_call(step.xmlrpc, *values)
    return "", fill_text(step.body, variables).encode("utf-8")


def _fill_all(value: object, variables: Mapping[str, str]) -> object:
    if isinstance(value, str):
        return fill_text(value, variables)
    if isinstance(value, dict):
        return {name: _fill_all(one, variables) for name, one in value.items()}
    if isinstance(value, list):
        return [_fill_all(one, variables) for one in value]
    return value
