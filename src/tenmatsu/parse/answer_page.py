"""An HTTP answer: whether it carries an error, whatever its status says, and who made the page.

A 200 can carry an error: an XML-RPC fault, or an engine's own error page.
Words that an article may also use are only believed in a title, a heading or a very small page.
"""

import html
import re
from dataclasses import dataclass
from enum import Enum

from tenmatsu.model.reason import APPLICATIONS_PAGE, PAGE_CARRIES, SERVERS_PAGE
from tenmatsu.model.words import Words, plain

_SMALL_BYTES = 4096
_HEADINGS = re.compile(rb"<(title|h[12])\b[^<>]{0,300}>(.{0,300}?)</\1", re.IGNORECASE | re.DOTALL)
# Nobody calls an article only this. What an article may well be called counts on a very small page only.
_ERROR_HEADING = re.compile(
    r"(?:an )?error(?: has)? occurr?ed|error(?: \d{3})?|エラー(?:が発生しました)?"
    r"|(?:application|database(?: connection)?|internal(?: server)?|server|software|fatal) error",
    re.IGNORECASE,
)
_NAMED_ERROR = re.compile(
    r".{0,40}?error establishing a database connection|データベース接続確立エラー"
    r"|\d{3} (?:internal server error|bad gateway|service (?:temporarily )?unavailable|gateway time-?out)",
    re.IGNORECASE,
)
_ENDS = re.compile(r"[:：.!。]?(?:\s*[:：|｜›»·–—-]\s.*)?$")  # the site's name often follows
# Movable Type's own box, on pages of any size and title (its tmpl/error.tmpl and tmpl/cms/error.tmpl).
_ERROR_BOX = re.compile(
    rb'<div\s[^<>]{0,100}\bid="generic-error"[^<>]{0,100}>\s*(?:<[^<>]{0,200}>\s*){0,5}([^<]{0,200})'
)
# Movable Type says so when it cannot even begin (MT/Bootstrap.pm): status 200, text/plain.
_PLAIN_ERROR = re.compile(rb"\s*((?:Got an error|Software error|PHP (?:Fatal|Parse) error):[^\n]{0,200})")
_ERROR_TEXT = re.compile(
    rb"Error establishing a database connection|database or disk is full|database is locked"
    rb"|There has been a critical error on|Got an error:|Software error:|Can't locate \S+ in @INC"
    rb"|<b>(?:Fatal|Parse) error</b>:|PHP (?:Fatal|Parse) error:|Traceback \(most recent call last\)"
    rb"|No space left on device|Too many connections|SQLSTATE\[",
)
_FAULT = re.compile(rb"<methodResponse>\s*<fault>", re.IGNORECASE)
_FAULT_STRING = re.compile(rb"faultString</name>\s*<value>(?:<string>)?([^<]{0,200})", re.IGNORECASE)
# Apache's own pages (its doctype is HTML 2.0 up to 2.4.5x, HTML 4.01 since) and nginx's.
_SERVERS_OWN = re.compile(
    rb'<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2\.0//EN">'
    rb'|<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4\.01//EN" "[^"]{0,80}">\s*<html><head>\s*<title>\d{3} '
    rb"|<center><h1>\d{3} [^<]*</h1></center>\s*<hr><center>nginx",
)
_LOGIN_NEEDED = frozenset({401, 403})
_TAGS = re.compile(rb"<[^>]*>|\s+")


class Maker(Enum):
    """Who made an error page."""

    SERVER = "server"
    APPLICATION = "application"


@dataclass(frozen=True, kw_only=True, slots=True)
class PageFault:
    """What is wrong with an answer, in words, and who said so."""

    reason: Words
    maker: Maker


def find_page_fault(status: int, body: bytes, *, content_type: str = "") -> PageFault | None:
    """Return what is wrong with an answer, or None where it is in order.

    401 and 403 count as in order: the page asks for a log-in, and the server works.
    """
    maker = Maker.SERVER if _SERVERS_OWN.search(body[:2000]) else Maker.APPLICATION
    if status >= 400 and status not in _LOGIN_NEEDED:
        return PageFault(reason=_STATUS[maker].fill(status=status), maker=maker)
    if _FAULT.search(body[:4000]):
        said = _FAULT_STRING.search(body)
        return _carries(said[1] if said else b"fault")
    if content_type.startswith("text/plain"):
        told = _PLAIN_ERROR.match(body)
        return _carries(told[1]) if told else None
    if "html" in content_type or "<html" in body[:500].decode("latin-1").lower() or not content_type:
        return _find_html_fault(body)
    return None


def _find_html_fault(body: bytes) -> PageFault | None:
    small = len(body) < _SMALL_BYTES
    headings = [heading for heading in _HEADINGS.finditer(body[:20_000]) if _is_error(heading, small=small)]
    told = _ERROR_TEXT.search(body) if headings or small else None
    box = _ERROR_BOX.search(body)
    if told or box or headings:
        return _carries(told[0] if told else box[1] if box else headings[0][2])
    return None


def _is_error(heading: re.Match[bytes], *, small: bool) -> bool:
    text = html.unescape(_TAGS.sub(b" ", heading[2]).decode("utf-8", "replace")).strip()
    if small:
        found = _ERROR_HEADING.match(text) or _NAMED_ERROR.match(text)
        return found is not None and _ENDS.match(text, found.end()) is not None
    return heading[1].lower() != b"h2" and _ERROR_HEADING.fullmatch(text.rstrip(":：.!。")) is not None


def _carries(text: bytes) -> PageFault:
    return PageFault(reason=PAGE_CARRIES.fill(text=_clean(text)), maker=Maker.APPLICATION)


def _clean(text: bytes) -> Words:
    words = _TAGS.sub(b" ", text).decode("utf-8", "replace")
    return plain("".join(c if c.isprintable() else "\ufffd" for c in words).strip()[:120])


_STATUS = {Maker.SERVER: SERVERS_PAGE, Maker.APPLICATION: APPLICATIONS_PAGE}
