"""A call of an API that answers JSON: what it came to."""

from dataclasses import replace

from tenmatsu.attempt.blog_api import Answer, read_failure, read_page_failure, refuse, refuse_login
from tenmatsu.errors import ParseError
from tenmatsu.model.exchange import Exchange
from tenmatsu.model.reason import NOT_UNDERSTOOD
from tenmatsu.parse.json_answer import read_json, text_at


def read_json_answer(exchange: Exchange) -> tuple[Answer, object]:
    """Return what an exchange came to, and its JSON, None where there is none."""
    failure = read_failure(exchange)
    try:
        value = read_json(exchange.body) if exchange.is_whole else None
    except ParseError:
        reason = NOT_UNDERSTOOD.fill(format="JSON").en
        return failure or read_page_failure(exchange) or Answer(exchange=exchange, reason=reason), None
    said = text_at(value, "message") or text_at(value, "error", "message")
    if failure is None:
        return (
            refuse(exchange, said) if text_at(value, "error", "code") else Answer(exchange=exchange)
        ), value
    if not said:
        return failure, value
    told = (refuse_login if failure.hopeless else refuse)(exchange, f"{exchange.status} {said}")
    return replace(told, page_maker=failure.page_maker), value


def says_missing(exchange: Exchange) -> bool:
    """Tell whether the API itself, not a server in front of it, says that there is no such entry."""
    try:
        value = read_json(exchange.body)
    except ParseError:
        return False
    return exchange.is_whole and exchange.status in (404, 410) and isinstance(value, dict)
