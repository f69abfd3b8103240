"""JSON that a server answered, whatever it holds."""

import json

from tenmatsu.errors import ParseError


def read_json(body: bytes) -> object:
    """Return the value. Raises `ParseError` for anything that is no JSON, or nested too deep."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ParseError("JSON", str(error)[:100]) from None


def at(value: object, *keys: str) -> object:
    """Return what stands under keys of objects within objects; None where there is nothing."""
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def text_at(value: object, *keys: str) -> str:
    """Return text or a number under keys as text; empty where there is neither."""
    found = at(value, *keys)
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""
