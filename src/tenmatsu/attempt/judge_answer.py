"""Whether an answer is in order: what was expected of it, and what it says itself whatever its status."""

import re

from tenmatsu.model.exchange import Exchange
from tenmatsu.model.probe_plan import Expect
from tenmatsu.model.reason import (
    HEADER_DIFFERS,
    LACKS_TEXT,
    NOT_THAT_STATUS,
    NOT_WHOLE,
    SAYS_TEXT,
    TOO_LARGE,
    TOO_SLOW,
    TOO_SMALL,
)
from tenmatsu.model.words import Words
from tenmatsu.parse.answer_page import Maker
from tenmatsu.parse.answer_page import find_fault as find_fault_of_page

_END_OF_PAGE = re.compile(rb"</html\s*>\s*(?:<!--.*?-->\s*)*$", re.IGNORECASE | re.DOTALL)
_SHOWN = 60


def find_fault(expect: Expect, exchange: Exchange) -> tuple[Words, str] | None:
    """Return what is wrong with a whole answer and who made the page, or None where it is in order."""
    status = exchange.status or 0
    page = find_fault_of_page(exchange)
    asked_for = status in expect.status
    if page and not asked_for and (status >= 400 or not expect.may_say_error):
        return page.reason, page.maker.value
    if page and asked_for and status < 400 and not expect.may_say_error:
        return page.reason, page.maker.value
    if expect.status and not asked_for:
        wanted = ", ".join(str(one) for one in expect.status)
        return NOT_THAT_STATUS.fill(status=status, wanted=wanted), Maker.APPLICATION.value
    said = (
        _find_in_body(expect, exchange)
        or _find_in_headers(expect, exchange)
        or _find_in_size(expect, exchange)
    )
    return (said, "") if said else None


def _find_in_body(expect: Expect, exchange: Exchange) -> Words | None:
    if expect.whole_page and not _END_OF_PAGE.search(exchange.body[-2000:]):
        return NOT_WHOLE.fill(size=exchange.size_bytes)
    text = exchange.body.decode("utf-8", "replace")
    for one in expect.holds:
        if one not in text:
            return LACKS_TEXT.fill(text=one[:_SHOWN])
    for one in expect.lacks:
        if one in text:
            return SAYS_TEXT.fill(text=one[:_SHOWN])
    return None


def _find_in_headers(expect: Expect, exchange: Exchange) -> Words | None:
    for name, pattern in expect.headers.items():
        if not re.search(pattern, exchange.header(name)):
            return HEADER_DIFFERS.fill(name=name, pattern=pattern[:_SHOWN])
    return None


def _find_in_size(expect: Expect, exchange: Exchange) -> Words | None:
    size, seconds = exchange.size_bytes, exchange.duration_seconds
    if expect.least_bytes is not None and size < expect.least_bytes:
        return TOO_SMALL.fill(size=size, least=expect.least_bytes)
    if expect.most_bytes is not None and size > expect.most_bytes:
        return TOO_LARGE.fill(size=size, most=expect.most_bytes)
    if expect.most_seconds is not None and seconds > expect.most_seconds:
        return TOO_SLOW.fill(seconds=f"{seconds:.2f}", most=f"{expect.most_seconds:g}")
    return None
