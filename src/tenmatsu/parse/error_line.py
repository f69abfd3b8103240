"""One line of a web server's error log: Apache 2.4 and 2.2, own `ErrorLogFormat`s, nginx, php-fpm, PHP.

Source: Apache 2.4 core, `ErrorLogFormat`; nginx's ngx_log.c; php-fpm's zlog.c. What a CGI script
prints to its standard error stands there too: with mod_cgi behind `AH01215:`, with mod_cgid as it
is.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

LONGEST_LINE = 8192  # Apache's own limit (MAX_STRING_LEN)

_APACHE = re.compile(
    rb"\[([A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d [\d:.]+ \d{4})\] \[([\w-]*):(\w+)\] "
    rb"\[pid (\d+)(?::tid \d+)?\] (.*)",
    re.DOTALL,
)
# Before Apache's message: the source file (debug only), the system's reason, client, number.
_BEFORE = re.compile(
    rb"(?:[\w.]+\.c\(\d+\): )?(\(\d+\)[^\[\]]{1,200}?: )?(?:\[(?:client|remote) ([^\]]+)\] )?"
    rb"(?:(AH\d{5}): )?"
)
_BRACKETED = re.compile(rb"\[([^\]]*)\] ?")
_LEVELS = frozenset(b"emerg alert crit error warn warning notice info debug".split())
_NGINX = re.compile(rb"(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) \[(\w+)\] (\d+)#\d+: (?:\*\d+ )?(.*)", re.DOTALL)
_NGINX_CLIENT = re.compile(rb", client: ([^,\s]+)")
_PHP = re.compile(
    rb"\[(\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d)( UTC)?(?: [\w/+-]+)?\] (?:([A-Z]+): )?(.*)",
    re.DOTALL,
)
_REFERER = re.compile(rb", referer: \S*$")
_PRINTED = re.compile(rb"stderr from [^:\s]+: ")
_SCRIPT_CODES = frozenset((b"AH01215", b"AH02811", b"AH01264"))

TimeOf = Callable[[bytes], datetime | None]


class ErrorLine(NamedTuple):
    """One line. `time` is aware, UTC; with `dated` False it is that of a neighbouring line.

    `client` is the address with its port, which tells requests apart; empty where there is none.
    `code` is Apache's message number. `script` tells that a script printed it. `message` starts
    with the system's reason, where there is one.
    """

    time: datetime
    level: str
    message: str
    module: str = ""
    pid: int = 0
    client: str = ""
    code: str = ""
    script: bool = False
    dated: bool = True

    @property
    def address(self) -> str:
        """Return the client's address without its port, as access logs have it."""
        address, colon, port = self.client.rpartition(":")
        # Apache 2.2, which names no module, and nginx write no port: there the last part belongs to it.
        has_port = port.isdigit() and (":" not in address or self.module not in {"", "nginx"})
        return (address if colon and has_port else self.client).strip("[]")


def parse_error_line(line: bytes, time_of: TimeOf) -> ErrorLine | None:
    """Return what a line says, or None where it bears no time: a script's words, or none of ours.

    Args:
        line: the line, without its end.
        time_of: reads a time as it stands in the log.
    """
    line = line[:LONGEST_LINE]
    if line[:1] != b"[":
        match = _NGINX.match(line)
        return _nginx(match, time_of) if match else None
    if match := _APACHE.match(line):
        time, module, level, pid, rest = match.groups()
        return _apache(time_of(time), module, level, pid, rest)
    if match := _PHP.match(line):
        time, utc, level, message = match.groups(b"")
        return _line(time_of(time + utc), level.lower() or b"error", message, module=b"php")
    return _bracketed(line, time_of)


def undated(line: bytes, time: datetime) -> ErrorLine:
    """Return a line without a time of its own: what a script printed."""
    return ErrorLine(time, "error", _text(line[:LONGEST_LINE]), script=True, dated=False)


def _apache(time: datetime | None, module: bytes, level: bytes, pid: bytes, rest: bytes) -> ErrorLine | None:
    before = _BEFORE.match(rest)
    reason, client, code = before.groups(b"") if before else (b"", b"", b"")
    message = rest[before.end() :] if before else rest
    if client:
        message = _REFERER.sub(b"", message)
    script = code in _SCRIPT_CODES
    if script and (printed := _PRINTED.match(message)):
        message = message[printed.end() :]
    return _line(
        time, level, reason + message, module=module, pid=pid, client=client, code=code, script=script
    )


def _bracketed(line: bytes, time_of: TimeOf) -> ErrorLine | None:
    """Read Apache 2.2's lines, and any `ErrorLogFormat` that puts its parts into brackets."""
    time, module, level, pid, client = None, b"", b"", b"", b""
    at = 0
    while match := _BRACKETED.match(line, at):
        at = match.end()
        part = match.group(1)
        first, _, last = part.rpartition(b":")
        if last in _LEVELS:
            module, level = first, last
        elif part.startswith((b"pid ", b"client ")):
            word, _, value = part.partition(b" ")
            pid, client = (value, client) if word == b"pid" else (pid, value)
        elif time is None:
            time = time_of(part)
    if not level:
        return _line(time, b"error", line[at:]) if time else None
    return _apache(time, module, level, pid, (b"[client %b] " % client if client else b"") + line[at:])


def _nginx(match: re.Match[bytes], time_of: TimeOf) -> ErrorLine | None:
    time, level, pid, message = match.groups()
    context = _NGINX_CLIENT.search(message)
    if context is None:
        return _line(time_of(time), level, message, module=b"nginx", pid=pid)
    said = message[: context.start()]
    return _line(time_of(time), level, said, module=b"nginx", pid=pid, client=context.group(1))


def _line(
    time: datetime | None,
    level: bytes,
    message: bytes,
    *,
    module: bytes = b"",
    pid: bytes = b"",
    client: bytes = b"",
    code: bytes = b"",
    script: bool = False,
) -> ErrorLine | None:
    if time is None:
        return None
    number = pid.split(b":")[0]
    return ErrorLine(
        time,
        _text(level),
        _text(message),
        _text(module),
        int(number) if number.isdigit() and len(number) < 10 else 0,
        _text(client),
        _text(code),
        script,
    )


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
