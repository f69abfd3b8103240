"""At times no process can be made any more: another service takes all that are allowed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..apache import Server
from ..cgroup import Limits, grouped
from ..fault import Fault, Scene, acting

SPARE_PROCESSES = 6  # the queue, a spare worker of Apache's, and the posts
MOST_TAKEN = 40
TAKEN_SECONDS, FREE_SECONDS = 1.6, 2.0


@contextmanager
def crowded(server: Server) -> Iterator[Scene]:
    """Put the server into a group with few processes beside a mail queue that takes them all."""
    with grouped("crowd", Limits(processes=10_000)) as group:
        group.join(each.pid for each in server.tree())
        group.limit_processes(group.counter("pids.current") + SPARE_PROCESSES)
        with acting(
            *(server, "mail-queue", MOST_TAKEN, TAKEN_SECONDS, FREE_SECONDS),
            prefix=group.prefix(),
        ):
            yield Scene(
                url=server.post_url,
                counters=lambda: {"pids.events max": group.counter("pids.events", "max")},
            )


FAULT = Fault(
    name="process-limit",
    cause="process-limit-reached",
    layer="guest_userland",
    symptom="500 (503 with mod_cgid) at times, at once: the script cannot be started",
    apply=crowded,
    failing=(0.1, 0.9),
    log_pattern=r"couldn't (create|spawn) child process|error spawning CGI child",
)
