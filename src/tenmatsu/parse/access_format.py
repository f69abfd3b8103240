"""An access log's format, Apache's `LogFormat` or nginx's `log_format`, as a pattern for lines.

Source: Apache 2.4 mod_log_config, "Custom Log Formats"; nginx.org, ngx_http_log_module. A JSON
format is a format like any other here: what stands between its variables is known to the letter.

A field ends where what follows it in the format is first met, and is never tried again (atomic
groups): a hostile line costs no more than its length.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tenmatsu.errors import ParseError

LONGEST_FORMAT = 4096
_APACHE = re.compile(r"%(?P<changes>[!<>0-9,]*)(?:\{(?P<of>[^}]*)\})?(?P<letter>\^\w\w|[a-zA-Z%])")
_NGINX = re.compile(r"\$(?:\{(?P<braced>\w+)\}|(?P<name>\w+))")
_ESCAPE = re.compile(r'\\(["\\t])')

_APACHE_FIELDS = {
    "h": "client",
    "a": "client",
    "r": "request",
    "m": "method",
    "U": "path",
    "b": "size",
    "B": "size",
    "O": "sent",
    "D": "microseconds",
    "P": "pid",
}
_NGINX_FIELDS = {
    "remote_addr": "client",
    "time_local": "time",
    "time_iso8601": "time",
    "msec": "time",
    "request": "request",
    "request_method": "method",
    "request_uri": "path",
    "uri": "path",
    "status": "status",
    "body_bytes_sent": "size",
    "bytes_sent": "sent",
    "request_time": "seconds",
    "pid": "pid",
    "http_user_agent": "agent",
}
_TIME_TAKEN = {"": "seconds", "s": "seconds", "ms": "milliseconds", "us": "microseconds"}
_EPOCHS = {"sec": "epoch_seconds", "msec": "epoch_milliseconds", "usec": "epoch_microseconds"}
# What strftime knows and strptime does not.
_SHORTHANDS = {"%T": "%H:%M:%S", "%F": "%Y-%m-%d", "%R": "%H:%M", "%D": "%m/%d/%y"}
# Fields whose values may hold what stands after them in the format: ended by all of it, not by one
# sign.
_LOOSE = ("", "agent", "request")
_QUOTED = r'"([^"\\\n]*(?:\\.[^"\\\n]*)*)"'


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessFormat:
    """A compiled format. `fields` names the pattern's groups, in order; one more is always empty.

    `time_format` is strptime's, for a time of an unusual form; else empty. With `at_end` a line's
    time is that of the request's end (nginx), not of its start (Apache).
    """

    pattern: re.Pattern[bytes]
    fields: tuple[str, ...]
    time_format: str = ""
    at_end: bool = False


@dataclass(frozen=True, slots=True)
class _Field:
    """A variable of the format. `name` is empty where its value is no matter."""

    name: str
    time_format: str = ""
    at_end: bool = False


_Piece = str | _Field


def compile_access_format(format: str) -> AccessFormat:
    """Return what reads lines of this format.

    Raises:
        ParseError: it is none, or has no time or no status: nothing could be told from its lines.
    """
    if len(format) > LONGEST_FORMAT:
        raise ParseError("access log format", "too long")
    nginx = "$" in format and not _APACHE.search(format)
    pieces = _joined(_nginx_pieces(format) if nginx else _apache_pieces(format))
    fields = [one for one in pieces if isinstance(one, _Field) and one.name]
    times = [one for one in fields if one.name.startswith(("time", "epoch"))]
    if not times or not any(one.name == "status" for one in fields):
        raise ParseError("access log format", f"no time or no status in {format[:80]!r}")
    return AccessFormat(
        pattern=re.compile(f"^{''.join(_expressions(pieces))}()$".encode(), re.MULTILINE),
        fields=tuple(one.name for one in fields),
        time_format=times[0].time_format,
        at_end=nginx or times[0].at_end,
    )


def _apache_pieces(format: str) -> Iterator[_Piece]:
    done = 0
    for match in _APACHE.finditer(format):
        yield _unescaped(format[done : match.start()])
        done = match.end()
        of, letter = match["of"] or "", match["letter"]
        if letter == "%":
            yield "%"
        elif letter == "t" and not of:
            yield from ("[", _Field("time"), "]")
        else:
            yield _apache_field(of, letter, final=">" in match["changes"])
    yield _unescaped(format[done:])


def _apache_field(of: str, letter: str, *, final: bool) -> _Field:
    match letter:
        case "t":
            return _apache_time(of)
        case "T":
            return _Field(_TIME_TAKEN.get(of, ""))
        case "i":
            return _Field("agent" if of.lower() == "user-agent" else "")
        case "s":
            return _Field("status" if final else "first_status")
        case _:
            # `%{tid}P` is a thread's; `%{pid}P` is what `%P` is.
            plain = not of or letter == "a" or (letter, of) == ("P", "pid")
            return _Field(_APACHE_FIELDS.get(letter, "") if plain else "")


def _apache_time(of: str) -> _Field:
    at_end, of = of.startswith("end:"), of.removeprefix("begin:").removeprefix("end:")
    if of in _EPOCHS:
        return _Field(_EPOCHS[of], "", at_end)
    if of.endswith("_frac") or "%" not in of or of == "%z":
        return _Field("")  # a fraction or a zone beside the time itself
    for short, long in _SHORTHANDS.items():
        of = of.replace(short, long)
    return _Field("time", of, at_end)


def _nginx_pieces(format: str) -> Iterator[_Piece]:
    done = 0
    for match in _NGINX.finditer(format):
        yield _unescaped(format[done : match.start()])
        done = match.end()
        yield _Field(_NGINX_FIELDS.get(match["name"] or match["braced"], ""))
    yield _unescaped(format[done:])


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: "\t" if match[1] == "t" else match[1], text)


def _joined(pieces: Iterator[_Piece]) -> list[_Piece]:
    """Join neighbouring texts; keep each name once, the final status before the first one.

    Of variables with nothing between them only the first is kept: where it ends nobody can tell,
    but for a path with its query (`%U%q`).
    """
    found: list[_Piece] = []
    for piece in pieces:
        last = found[-1] if found else None
        if isinstance(piece, str) and isinstance(last, str):
            found[-1] = last + piece
        elif not (piece == "" or (isinstance(piece, _Field) and isinstance(last, _Field))):
            found.append(piece)
    names = [one.name for one in found if isinstance(one, _Field)]
    if "status" not in names:
        found = [_Field("status") if one == _Field("first_status") else one for one in found]
    return [one if isinstance(one, str) or _is_first(one, at, found) else _Field("")
            for at, one in enumerate(found)]  # fmt: skip


def _is_first(field: _Field, at: int, pieces: list[_Piece]) -> bool:
    earlier = (one.name for one in pieces[:at] if isinstance(one, _Field))
    return field.name != "first_status" and field.name not in earlier


def _expressions(pieces: list[_Piece]) -> Iterator[str]:
    """Yield the parts of the expression: a field takes along its quotes, or the text after it."""
    quoted = _quoted_fields(pieces)
    taken = 0  # of the text at hand, by the field before it
    for at, piece in enumerate(pieces):
        if isinstance(piece, str):
            yield re.escape(piece[taken : len(piece) - (at + 1 in quoted)])
            taken = 0
            continue
        opening = "(" if piece.name else "(?:"
        following = pieces[at + 1] if at + 1 < len(pieces) else ""
        text = following if isinstance(following, str) else ""
        if at in quoted:
            yield _QUOTED.replace("(", opening, 1)
            taken = 1
        else:
            taken = len(text) - (at + 2 in quoted)
            yield _until(opening, text[:taken], text[:1], loose=piece.name in _LOOSE)


def _until(opening: str, end: str, stop: str, *, loose: bool) -> str:
    """Return what takes a field up to `end` and that along, or up to but without `stop`."""
    if not stop and not loose:
        return rf"{opening}\S*)"
    if loose and len(end) > 1:
        return rf"(?>{opening}[^\n]*?){re.escape(end)})"
    return rf"{opening}[^{re.escape(stop)}\n]*){re.escape(end)}"


def _quoted_fields(pieces: list[_Piece]) -> set[int]:
    """Return the places of the fields between double quotes, in which a backslash hides a quote."""
    found: set[int] = set()
    for at in range(1, len(pieces) - 1):
        before, piece, after = pieces[at - 1 : at + 2]
        if isinstance(before, str) and isinstance(after, str) and not isinstance(piece, str):
            shared = before == '"' and at - 2 in found
            if before.endswith('"') and after.startswith('"') and not shared:
                found.add(at)
    return found
