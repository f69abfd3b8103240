"""The web server's own RLimitCPU is smaller than what some posts need."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager

from ..apache import Server
from ..fault import Fault, Scene

LIMIT_SECONDS = 1  # the smallest there is
POST_CPU_SECONDS, POST_SPREAD = 1.2, 0.85


@contextmanager
def limited(server: Server) -> Iterator[Scene]:
    """Set RLimitCPU. The mend takes it away; the posts stay as dear as they are."""
    server.blog.cost(POST_CPU_SECONDS, spread=POST_SPREAD)
    whole = server.settings
    server.reload(dataclasses.replace(whole, rlimit_cpu_seconds=LIMIT_SECONDS))
    try:
        yield Scene(url=server.post_url)
    finally:
        server.reload(whole)


FAULT = Fault(
    name="rlimit-cpu",
    cause="killed-by-own-limit",
    layer="application",
    symptom="500 at times: a dear post is killed after one second of CPU time",
    apply=limited,
    failing=(0.15, 0.85),
    log_pattern=r"End of script output before headers: blog\.cgi",
)
