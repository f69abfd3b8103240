"""JSON that a server answered, whatever it holds."""

import json
from math import isfinite

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


def number_at(value: object, *keys: str) -> float | None:
    """Return a number under keys, written as one or as text; None where there is neither, or none at all."""
    found = at(value, *keys)
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return None
    try:
        number = float(found)
    except (ValueError, OverflowError):
        return None
    return number if isfinite(number) else None


def whole_at(value: object, *keys: str) -> int | None:
    """Return a number under keys without what stands behind its point; None where there is none."""
    number = number_at(value, *keys)
    return None if number is None else int(number)


def flag_at(value: object, *keys: str) -> bool | None:
    """Return a switch under keys, written as true, 1 or "1", or their opposites; None where there is none."""
    found = at(value, *keys)
    if isinstance(found, bool):
        return found
    number = number_at(value, *keys)
    return None if number is None else bool(number)


def objects_in(value: object) -> list[dict[str, object]]:
    """Return the objects of a list; none where it is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
