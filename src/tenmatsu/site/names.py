"""Names for what was found: what a site file takes as one, each only once."""

import re

from tenmatsu.parse.plain_text import make_plain

_MOST = 60
_NOT_NAME = re.compile(r"[^\w.-]+")


def make_name(text: str, *, fallback: str) -> str:
    """Return the text as a name: what cannot be in one becomes a dash."""
    return _NOT_NAME.sub("-", make_plain(text, _MOST)).strip("-.")[: _MOST - 4] or fallback


def make_unique(name: str, taken: set[str]) -> str:
    """Return the name, with a number behind where it is taken, and take it."""
    found, number = name, 2
    while found in taken:
        found, number = f"{name}-{number}", number + 1
    taken.add(found)
    return found
