"""How full the web servers were in the window: workers, scripts, queues before them."""

from dataclasses import dataclass

from tenmatsu.model.evidence import Event, Evidence, Series

# Of the looks: a queue that is there at fewer of them is a moment's crowd.
OFTEN = 0.3


@dataclass(frozen=True, kw_only=True, slots=True)
class WebLoad:
    """`scripts` run on average; `waiting` connections are not accepted yet, at the looks' average.

    `queued` is the share of looks (0 to 1) at which any waited; `full` whether all workers there
    may be were started. None: not known.
    """

    most_workers: int | None
    scripts: float | None
    most_scripts: float
    waiting: float
    most_waiting: float
    queued: float | None
    full: bool | None

    @property
    def is_exhausted(self) -> bool:
        """Tell whether requests had to wait for a worker: a queue, and nobody free to take it up."""
        queues = self.queued is not None and self.queued >= OFTEN
        taken = bool(self.full) or self._scripts_fill
        return queues and taken

    @property
    def _scripts_fill(self) -> bool:
        return self.most_workers is not None and self.most_scripts >= self.most_workers


def find_web_load(evidence: Evidence) -> WebLoad:
    """Return how full the servers were."""
    servers = evidence.find_events("web.server")
    known = [int(most) for one in servers if (most := one.number("max_request_workers"))]
    running = evidence.one_series("web.cgi.running")
    queues = [one for server in servers for one in _queues_of(evidence, server)]
    longest = max(queues, key=lambda one: one.mean, default=None)
    return WebLoad(
        most_workers=min(known, default=None),
        scripts=running.mean if running else None,
        most_scripts=running.highest if running else 0.0,
        waiting=longest.mean if longest else 0.0,
        most_waiting=longest.highest if longest else 0.0,
        queued=_share_above_zero(longest) if longest else None,
        full=_full(evidence, servers),
    )


def _queues_of(evidence: Evidence, server: Event) -> list[Series]:
    ports = {part.rpartition(":")[2].split()[0] for part in server.text("listen").split(", ") if part}
    waiting = evidence.find_series("linux.tcp.waiting")
    return [one for one in waiting if str(one.attributes.get("server.port")) in ports]


def _share_above_zero(series: Series) -> float:
    return sum(value > 0 for _, value in series.points) / len(series.points)


def _full(evidence: Evidence, servers: list[Event]) -> bool | None:
    """Tell whether a server has started as many workers as it may, at most of the looks."""
    answers = []
    for server in servers:
        most, threads = server.number("max_request_workers"), server.number("threads_per_process") or 1
        counts = evidence.one_series("web.worker.count", process__pid=server.attributes.get("process.pid", 0))
        if most and counts and server.text("server") == "apache":
            beside = 1 if server.text("cgi_module") == "mod_cgid" else 0  # the daemon that starts scripts
            full = sum((count - beside) * threads >= most for _, count in counts.points)
            answers.append(full > len(counts.points) / 2)
    return any(answers) if answers else None
