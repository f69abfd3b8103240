"""Text from a log made fit to be kept: safe to show, without secrets, not too long."""

import re

from tenmatsu.parse.plain_text import MOST_CHARACTERS, make_plain

# What follows a `?` in an address may be anything that somebody typed into a form.
_QUERY = re.compile(r"(?<=[\w/.%~-])\?[^\s\"'<>`)\]}]+")
_USER_INFO = re.compile(r"(?<=://)[^\s/@]+@")
# Bounded on all sides: a hostile line costs no more than any other.
_SECRET = re.compile(
    r"(?i)((?:passw(?:or)?d|pwd|secret|token|api[_-]?key|auth|session|cookie|credential)[\w-]{0,20}"
    r"[\"']?\s{0,3}(?:=>|[=:])\s{0,3}(?:basic |bearer )?)(?:\"[^\"]{0,200}\"?|'[^']{0,200}'?|[^\s\"'&;,)]+)"
)


def clean_text(text: str, longest: int = MOST_CHARACTERS) -> str:
    """Return the text on one line, control codes gone, query strings and secrets masked."""
    plain = _USER_INFO.sub("…@", _QUERY.sub("?…", make_plain(text, 2 * longest)))
    return _SECRET.sub(r"\1…", plain)[:longest]
