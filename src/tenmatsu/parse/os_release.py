"""`/etc/os-release`: which distribution this is. Source: os-release(5), a subset of shell assignments."""

import re

from tenmatsu.errors import ParseError

_LINE = re.compile(r"^([A-Z][A-Z0-9_]*)=(.*)$", re.MULTILINE)
_ESCAPED = re.compile(r"\\([\\\"'$`])")


def parse_os_release(text: bytes) -> dict[str, str]:
    """Return the assignments, quotes undone."""
    found = dict(_LINE.findall(text.decode("utf-8", "replace").replace("\r", "")))
    if not found:
        raise ParseError("os-release", repr(text[:60]))
    return {name: _unquote(value.strip()) for name, value in found.items()}


def _unquote(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    return _ESCAPED.sub(r"\1", value)
