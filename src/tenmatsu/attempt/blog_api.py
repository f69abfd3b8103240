"""What every API of a blog can do for us, and what an answer of one comes to."""

import re
from dataclasses import dataclass, replace
from html import unescape
from typing import Protocol
from urllib.parse import urlsplit

from tenmatsu.attempt.blog_target import BlogTarget
from tenmatsu.model.exchange import Exchange
from tenmatsu.model.reason import (
    LOGIN_REFUSED,
    NO_BLOG_NAMED,
    NO_SUCH_BLOG,
    OTHER_BLOG,
    PAGE_CARRIES,
    REDIRECTED,
)
from tenmatsu.parse.answer_page import find_page_fault, find_page_maker, say_status
from tenmatsu.parse.clean_text import clean_text

# A mark stands alone in a title: nothing of anybody else's can be taken for ours.
_MARK = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{7,63}")
_LONGEST_TEXT = 120


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """An entry of the blog. `url` is where it is published, empty where the API does not say."""

    id: str
    title: str = ""
    url: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What one call of an API came to: good where `reason` is empty.

    `entries` are those written or found. `gone`: a deletion that is known to be done, whatever was answered.
    """

    exchange: Exchange
    reason: str = ""
    page_maker: str = ""
    hopeless: bool = False
    entries: tuple[Entry, ...] = ()
    gone: bool = False


class BlogApi(Protocol):
    """One blog, reached by one API. Nothing is raised for what a server does."""

    def open(self) -> Answer:
        """Log in, and see that the blog is the one that is named for tests."""
        ...

    def write(self, mark: str) -> Answer:
        """Publish one entry that carries the mark. Called once in an attempt, never again."""
        ...

    def find(self, mark: str) -> Answer:
        """Return the entries that carry the mark."""
        ...

    def delete(self, entry: Entry) -> Answer:
        """Remove an entry, out of the waste basket too, and see that it is gone."""
        ...


def is_mark(text: str) -> bool:
    """Tell whether a text is long and plain enough to be looked for and deleted by."""
    return _MARK.fullmatch(text) is not None


def carries(text: str, mark: str) -> bool:
    """Tell whether a title or a body holds the mark, whole."""
    return is_mark(mark) and re.search(rf"(?<![\w-]){mark}(?!\w)", text) is not None


def write_body(mark: str) -> str:
    """Return an entry's body; its first and its last word are the mark, each with a word of its own."""
    return (
        f"{mark}-begin This entry was written by a monitoring probe to see whether publishing works. "
        f"It is removed at once. {mark}-end"
    )


def read_failure(exchange: Exchange) -> Answer | None:
    """Return what is wrong with an answer of any API, or None where it came, whole and not as an error."""
    if not exchange.is_whole or exchange.status is None:
        return Answer(exchange=exchange, reason=exchange.reason or "no answer")
    maker = find_page_maker(exchange).value
    if exchange.status == 401:
        said = say_status(exchange)
        return Answer(
            exchange=exchange, reason=LOGIN_REFUSED.fill(text=said).en, page_maker=maker, hopeless=True
        )
    if exchange.status >= 400:
        return Answer(exchange=exchange, reason=say_status(exchange).en, page_maker=maker)
    if exchange.status >= 300:
        place = clean_text(exchange.header("Location"), _LONGEST_TEXT)
        return Answer(exchange=exchange, reason=REDIRECTED.fill(url=place).en)
    return None


def read_page_failure(exchange: Exchange) -> Answer | None:
    """Return what a page says that came instead of an answer in the API's format, if it says anything."""
    fault = find_page_fault(exchange.status or 0, exchange.body, content_type=exchange.header("Content-Type"))
    if fault is None:
        return None
    return Answer(exchange=exchange, reason=fault.reason.en, page_maker=fault.maker.value)


def refuse(exchange: Exchange, text: str) -> Answer:
    """Return the answer for an error that the application put into words."""
    said = clean_text(text, _LONGEST_TEXT)
    return Answer(exchange=exchange, reason=PAGE_CARRIES.fill(text=said).en, page_maker="application")


def refuse_login(exchange: Exchange, text: str) -> Answer:
    """Return the answer for a wrong name or password: trying again is of no use."""
    said = clean_text(text, _LONGEST_TEXT)
    return replace(refuse(exchange, said), reason=LOGIN_REFUSED.fill(text=said).en, hopeless=True)


def check_blog(target: BlogTarget, exchange: Exchange, names: dict[str, str]) -> Answer:
    """Return a good answer where the blog is the one named for tests, of those met as id and name."""
    reason = ""
    met = unescape(names.get(target.blog, "")).strip()
    if target.blog not in names:
        listed = ", ".join(f"{key} ({name})" for key, name in list(names.items())[:10])
        reason = NO_SUCH_BLOG.fill(blog=target.blog, names=clean_text(listed, _LONGEST_TEXT)).en
    elif not target.allow_any_blog and not target.blog_name.strip():
        reason = NO_BLOG_NAMED.fill(name=clean_text(met, _LONGEST_TEXT)).en
    elif not target.allow_any_blog and met != target.blog_name.strip():
        reason = OTHER_BLOG.fill(blog=target.blog, name=clean_text(met, _LONGEST_TEXT)).en
    return Answer(exchange=exchange, reason=reason, hopeless=bool(reason))


def only_http(url: str) -> str:
    """Return an address that an answer named, or nothing where a browser would not fetch it from a server."""
    return url if urlsplit_safely(url) else ""


def urlsplit_safely(url: str) -> str:
    """Return the host of an http or https address, or nothing."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "") if parts.scheme in ("http", "https") else ""
    except ValueError:
        return ""
