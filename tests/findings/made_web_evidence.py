"""Evidence of web servers, their logs and scripts, made value by value."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Self

from tests.evidence_builder import HERE, START, EvidenceBuilder, at

from tenmatsu.model.evidence import Event, Evidence, Outcome, Value

SIGHTS = ("web_servers", "web_logs", "cgi", "sockets", "requests")
ERROR_LOG = "/var/log/apache2/error.log"
ACCESS_LOG = "/var/log/apache2/access.log"
END_OF_SCRIPT = "End of script output before headers: mt.cgi"


class WebEvidence(EvidenceBuilder):
    """A machine with one Apache whose logs were read; `since` is so many seconds before the window."""

    def __init__(self, *, seconds: float = 20.0, since: float = 0.0, url: str | None = None) -> None:
        super().__init__(seconds=seconds, url=url)
        self._since = since
        self._bodies: list[Event] = []
        self.looked(*SIGHTS)

    def server(self, **settings: Value) -> Self:
        """Add an Apache (prefork, 15 workers) with logs that hold lines."""
        known: dict[str, Any] = {
            "server": "apache",
            "process__pid": 100,
            "listen": "127.0.0.1:80, [::]:443",
            "timeout_seconds": 300.0,
            "script_timeout_seconds": 300.0,
            "max_request_workers": 15,
            "threads_per_process": 1,
            "cgi_module": "mod_cgi",
        }
        return self.event("web.server", **{**known, **settings})

    def logs(self, *, lines: int = 100, last: float = 19.0, state: str = "open") -> Self:
        """Say that both logs were read, the last line so many seconds after the start."""
        for kind, path in (("error", ERROR_LOG), ("access", ACCESS_LOG)):
            self.event(
                "web.log",
                kind=kind,
                log__file__path=path,
                lines=lines,
                state=state,
                last=at(last).isoformat(),
            )
        return self

    def line(self, kind: str, seconds: float, body: str = END_OF_SCRIPT, **more: Value) -> Self:
        """Add a line of the error log."""
        named = {key.replace("__", "."): value for key, value in more.items()}
        attributes = {"error.type": kind, "template": body, "log.file.path": ERROR_LOG, **named}
        self._bodies.append(
            Event(
                sight="web_logs",
                component=HERE,
                name="web.error",
                time=at(seconds),
                attributes=attributes,
                body=body,
            )
        )
        return self

    def users(
        self,
        count: int,
        *,
        failed: int = 0,
        begin: float = 0.0,
        step: float = 0.1,
        clients: int = 10,
        duration_seconds: float | None = None,
        **more: Any,
    ) -> Self:
        """Add requests of users, the failed ones evenly among them."""
        every = count // failed if failed else 0
        for number in range(count):
            fails = bool(every) and number % every == 0 and number // every < failed
            fields: dict[str, Any] = {
                "maker": "user",
                "time": at(begin + number * step),
                "status": 500 if fails else 200,
                "client": f"192.0.2.{number % clients}",
                "reason": "person",
                "path": "/index.html",
            }
            self.request(Outcome.FAILED if fails else Outcome.OK, duration_seconds, **{**fields, **more})
        return self

    def script(self, end: float, *, cpu: float, lived: float, ended: bool = True, **more: Value) -> Self:
        """Add a CGI script that ended so many seconds after the start."""
        known: dict[str, Any] = {
            "kind": "cgi",
            "script": "/srv/mt.cgi",
            "begun": True,
            "limit_processes": 1000,
            "end_within_seconds": 0.05,
        }
        numbers: dict[str, Any] = {"cpu_seconds": cpu, "lived_seconds": lived, "ended": ended}
        return self.event("process.cgi", seconds=end, **{**known, **numbers, **more})

    def build(self) -> Evidence:
        """Return what was added as evidence."""
        made = super().build()
        since = START - timedelta(seconds=self._since)
        return replace(made, since=since, events=(*made.events, *self._bodies))


def served(**more: Any) -> WebEvidence:
    """Return a machine with an Apache whose logs were read."""
    return WebEvidence(**more).server().logs()
