"""A post waits for the publishing lock for longer than the web server waits for the post."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager

from ..apache import Server
from ..fault import Fault, Scene, acting

TIMEOUT_SECONDS = 3
HELD_SECONDS, FREE_SECONDS = 7.0, 4.0


@contextmanager
def waiting(server: Server) -> Iterator[Scene]:
    """Shorten Timeout and let a background rebuild hold the lock now and then."""
    patient = server.settings
    server.reload(dataclasses.replace(patient, timeout_seconds=TIMEOUT_SECONDS))
    lock = server.blog.data / "publish.lock"
    try:
        with acting(server, "publish-queue", lock, HELD_SECONDS, FREE_SECONDS):
            yield Scene(url=server.post_url)
    finally:
        server.reload(patient)


FAULT = Fault(
    name="script-timeout",
    cause="script-timeout",
    layer="application",
    symptom="504 at times, after exactly the web server's Timeout",
    apply=waiting,
    failing=(0.1, 0.85),
    slow_seconds=TIMEOUT_SECONDS,
    log_pattern=r"Script timed out before returning headers: blog\.cgi",
)
