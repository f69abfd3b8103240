"""Two clients ask for one page with so many requests at once that the owner's posts starve."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from ..apache import Server
from ..fault import MOST_SECONDS, Fault, Scene
from ..load import MOST_WORKERS, Load, command
from ..processes import running

CLIENTS = ("127.0.0.2", "127.0.0.3")
REQUESTS_AT_ONCE_PER_CORE = 10
MOST_PER_SECOND = 600.0


@contextmanager
def flooded(server: Server) -> Iterator[Scene]:
    """Flood the page that reads the newest entry."""
    load = Load(
        urls=(server.read_url,),
        workers=min(MOST_WORKERS, REQUESTS_AT_ONCE_PER_CORE * (os.cpu_count() or 1)),
        rate_per_second=MOST_PER_SECOND,
        addresses=CLIENTS,
        seconds=MOST_SECONDS,
    )
    with running(command(load), log=server.root / "log" / "actors.log", folder=server.root):
        yield Scene(url=server.post_url)


FAULT = Fault(
    name="request-flood",
    cause="request-surge",
    layer="client",
    symptom="posts become many times slower, or fail",
    apply=flooded,
    failing=(0.0, 1.0),
    slow_times=3.0,
    fewest_answers=1,
)
