"""The page that an entry was published as: whether it is there, whole, and shows the entry.

A full disk cuts a page off without a word: the server then serves what is there, with a right length.
"""

import re
from urllib.parse import quote

from tenmatsu.attempt.blog_api import Answer, Entry, only_http, read_failure, read_page_failure
from tenmatsu.attempt.blog_target import BlogTarget
from tenmatsu.model.exchange import Ask, Asker, Exchange
from tenmatsu.model.reason import (
    PAGE_CUT,
    PAGE_EMPTY,
    PAGE_MISSING,
    PAGE_OLD,
    PAGE_STAYS,
    PAGE_UNSEEN,
)

_HTML_BEGINS = re.compile(rb"<html\b", re.IGNORECASE)
_HTML_ENDS = re.compile(rb"</html\s*>", re.IGNORECASE)
_GONE = frozenset({404, 410})
_BLOCK_BYTES = 4096  # file systems' usual block: where a full disk ends a file


def address_of(target: BlogTarget, entry: Entry, mark: str) -> str:
    """Return where the entry is published: as the target says, else as the API does, else nothing."""
    if not target.page_url:
        return only_http(entry.url)
    return target.page_url.replace("{mark}", quote(mark)).replace("{id}", quote(entry.id, safe=""))


def look_at_page(asker: Asker, target: BlogTarget, url: str, mark: str) -> Answer:
    """Return whether the page is in order; the answer's reason says what is not."""
    exchange = _fetch(asker, target, url)
    if failure := read_failure(exchange) or read_page_failure(exchange):
        reason = PAGE_MISSING.fill(why=failure.reason).en
        return Answer(exchange=exchange, reason=reason, page_maker=failure.page_maker)
    return Answer(exchange=exchange, reason=_find_fault(exchange, mark))


def look_for_remains(asker: Asker, target: BlogTarget, url: str, mark: str) -> Answer:
    """Return whether the page of a deleted entry is gone; the answer's reason says that it is not, or unseen.

    A server may answer with another page in its place (a search, the front page): what does not carry the
    mark is not ours.
    """
    exchange = _fetch(asker, target, url)
    if exchange.is_whole and exchange.status in _GONE:
        return Answer(exchange=exchange, gone=True)
    if exchange.status == 200 and mark.encode() in exchange.body:
        return Answer(exchange=exchange, reason=PAGE_STAYS.en)
    if failure := read_failure(exchange):
        return Answer(exchange=exchange, reason=PAGE_UNSEEN.fill(why=failure.reason).en)
    return Answer(exchange=exchange, gone=True)


def _fetch(asker: Asker, target: BlogTarget, url: str) -> Exchange:
    headers = {"Cache-Control": "no-cache", "Pragma": "no-cache"}
    return asker.ask(Ask(method="GET", url=url, headers=headers, limit_seconds=target.limit_seconds))


def _find_fault(exchange: Exchange, mark: str) -> str:
    if not exchange.size_bytes and not exchange.body:
        return PAGE_EMPTY.en
    if is_cut(exchange, mark):
        return PAGE_CUT.fill(size=exchange.size_bytes or len(exchange.body)).en
    return "" if mark.encode() in exchange.body else PAGE_OLD.en


def is_cut(exchange: Exchange, mark: str) -> bool:
    """Tell whether a page ends early.

    Short of its `Content-Length`; or HTML without its end, where the entry's last word is missing too or the
    size is whole blocks; HTML may leave `</html>` out, so that alone proves nothing.
    """
    body, size = exchange.body, exchange.size_bytes or len(exchange.body)
    said = exchange.header("Content-Length")
    if said.isdecimal() and not exchange.header("Content-Encoding") and size < int(said[:15]):
        return True
    if len(body) < size:  # only the beginning was kept
        return False
    shows_end = f"{mark}-end".encode() in body
    if _HTML_BEGINS.search(body[:4096]):
        return not _HTML_ENDS.search(body) and (not shows_end or size % _BLOCK_BYTES == 0)
    return f"{mark}-begin".encode() in body and not shows_end
