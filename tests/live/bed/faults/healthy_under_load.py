"""Nothing is wrong: the CPU is busy with honest work, and everything succeeds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from ..apache import Server
from ..fault import MOST_SECONDS, Fault, Scene, acting
from ..load import Load, command
from ..processes import running

READERS = ("127.0.0.11", "127.0.0.12", "127.0.0.13", "127.0.0.14", "127.0.0.15")
READS_PER_SECOND = 4.0
BACKGROUND_NICE = 10


@contextmanager
def busy(server: Server) -> Iterator[Scene]:
    """Let a report use the CPU at low priority while several readers read."""
    pages = (server.url("/index.html"), server.read_url, server.url("/archive-002.html"))
    load = Load(
        urls=pages,
        workers=len(READERS),
        rate_per_second=READS_PER_SECOND,
        addresses=READERS,
        seconds=MOST_SECONDS,
    )
    log = server.root / "log" / "actors.log"
    with (
        acting(server, "nightly-report", os.cpu_count() or 1, BACKGROUND_NICE),
        running(command(load), log=log, folder=server.root),
    ):
        yield Scene(url=server.post_url)


FAULT = Fault(
    name="healthy-under-load",
    cause=None,
    layer=None,
    symptom="none: the CPU is busy, every post succeeds",
    apply=busy,
    failing=(0.0, 0.0),
    fewest_answers=4,
)
