"""Access log lines that are JSON objects of no configured format (Caddy's, or a home-made one).

Names by custom: nginx and Apache examples, Caddy's "http.log.access", Elastic Common Schema's last
parts.
"""

import json
from collections.abc import Mapping
from datetime import tzinfo

from tenmatsu.parse.log_time import parse_log_time

_LONGEST_LINE = 64_000
_TIME = ("time", "ts", "timestamp", "@timestamp", "time_iso8601", "time_local", "datetime", "date")
_STATUS = ("status", "status_code", "response_code", "http_status", "code")
_CLIENT = ("remote_addr", "client_ip", "remote_ip", "remote_host", "client", "ip")
_METHOD = ("method", "request_method", "verb")
_PATH = ("uri", "path", "request_uri", "url")
_SIZE = ("body_bytes_sent", "bytes_sent", "bytes", "size")
_TAKEN = ("request_time", "duration", "response_time", "time_taken")
_AGENT = ("http_user_agent", "user_agent", "agent")
# Whole numbers from here on are microseconds (Apache's %D): nobody waits a quarter of an hour.
_MICROSECONDS = 1000

Row = tuple[bytes, bytes, bytes, bytes, bytes, bytes, bytes]


def parse_json_access(line: bytes, zone: tzinfo) -> Row | None:
    """Return time (since 1970), request, status, client, size, seconds, agent, as a text line has them.

    None where it is not JSON, or has no time or no status. What is missing is empty.
    """
    try:
        found = json.loads(line) if len(line) < _LONGEST_LINE else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    inner = found.get("request")
    names = {**inner, **found} if isinstance(inner, dict) else found
    time = parse_log_time(_text(names, _TIME), zone)
    status = _text(names, _STATUS)
    if time is None or not status.isdigit():
        return None
    request = inner.encode("utf-8", "replace") if isinstance(inner, str) else _request(names)
    return (
        str(time.timestamp()).encode(),
        request,
        status,
        _text(names, _CLIENT),
        _text(names, _SIZE),
        _seconds(_text(names, _TAKEN)),
        _text(names, _AGENT),
    )


def _text(names: Mapping[str, object], keys: tuple[str, ...]) -> bytes:
    value = next((names[key] for key in keys if isinstance(names.get(key), str | int | float)), "")
    return str(value).encode("utf-8", "replace")


def _request(names: Mapping[str, object]) -> bytes:
    return b"%b %b" % (_text(names, _METHOD), _text(names, _PATH))


def _seconds(text: bytes) -> bytes:
    if text.isdigit() and len(text) < 16 and int(text) >= _MICROSECONDS:
        return str(int(text) / 1e6).encode()
    return text
