"""What a web server's configuration means for us, the same for Apache and nginx."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from tenmatsu.model.inside import WebSite

_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*([a-zA-Z]*)")
_SECONDS = {
    "": 1.0,
    "s": 1.0,
    "ms": 1e-3,
    "m": 60.0,
    "mi": 60.0,
    "min": 60.0,
    "h": 3600.0,
    "d": 86400.0,
}


class LogKind(Enum):
    """Who asked for what and how it ended; or what went wrong."""

    ACCESS = "access"
    ERROR = "error"


@dataclass(frozen=True, kw_only=True, slots=True)
class LogTarget:
    """A log as configured. `target` is a path, `|command` or `syslog:…`.

    `format` is in the server's own terms. `condition` (`env=…`, `if=…`) is what restricts it to
    some requests; empty where nothing does. `scope` is the part of the server that it is for: a
    request is written into every log of its scope. `place` is where it is said (file:line), empty for
    a server's own default.
    """

    kind: LogKind
    target: str
    format: str = ""
    condition: str = ""
    scope: str = ""
    place: str = field(default="", compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class ScriptLimits:
    """What a CGI script may use at most; None: the configuration sets no limit."""

    cpu_seconds: int | None = None
    memory_bytes: int | None = None
    processes: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class WebSettings:
    """The part of a configuration that explains how requests fail.

    `timeout_seconds` is the server's own, `script_timeout_seconds` how long it waits for a script
    or an upstream. `max_workers` is how many requests it serves at a time, `threads_per_process` of
    them in one process. `scripts` are the directories of CGI scripts, `upstreams` who else is
    asked; `sites` are the virtual hosts.
    """

    server_root: str
    listen: tuple[str, ...] = ()
    timeout_seconds: float
    script_timeout_seconds: float
    max_workers: int | None = None
    threads_per_process: int = 1
    worker_model: str = ""
    cgi_module: str = ""
    limits: ScriptLimits = ScriptLimits()
    logs: tuple[LogTarget, ...] = ()
    scripts: tuple[str, ...] = ()
    upstreams: tuple[str, ...] = ()
    sites: tuple[WebSite, ...] = ()
    problems: tuple[str, ...] = ()

    def targets(self, kind: LogKind) -> list[str]:
        """Return the logs of a kind, each once."""
        return list(dict.fromkeys(one.target for one in self.logs if one.kind is kind))

    def formats(self) -> list[str]:
        """Return the formats of the access logs, each once."""
        return list(dict.fromkeys(one.format for one in self.logs if one.kind is LogKind.ACCESS))


# What makes a format worth reading: a time and a status first, then how long a request took, and by
# whom.
_TIME, _STATUS = re.compile(r"%t|\}t|\$time|\$msec"), re.compile(r"%[<>]?s|\$status")
_TAKEN, _AGENT = re.compile(r"%D|%T|\}T|\$request_time"), re.compile(r"user.agent", re.IGNORECASE)


def choose_logs(logs: Sequence[LogTarget]) -> tuple[LogTarget, ...]:
    """Return the logs to be read: of the access logs of one scope only the most telling.

    Otherwise each request would count as often as it is written down.
    """
    best: dict[str, LogTarget] = {}
    for one in logs:
        if one.kind is LogKind.ACCESS and (one.scope not in best or _worth(one) > _worth(best[one.scope])):
            best[one.scope] = one
    return tuple(one for one in logs if one.kind is LogKind.ERROR or best[one.scope] == one)


def _worth(log: LogTarget) -> int:
    readable = bool(_TIME.search(log.format) and _STATUS.search(log.format))
    more = 2 * bool(_TAKEN.search(log.format)) + bool(_AGENT.search(log.format))
    return 8 * readable + 4 * (not log.condition) + more


def parse_duration(text: str) -> float | None:
    """Return the seconds of `60`, `20s`, `500ms`, `1m 30s` (both servers' ways), or None."""
    parts = _DURATION.findall(text.strip().lower())
    if not parts or any(unit not in _SECONDS for _, unit in parts):
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)
