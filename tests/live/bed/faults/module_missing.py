"""A deployment gone half wrong: one of the blog's modules vanishes and returns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..apache import Server
from ..fault import Fault, Scene, acting

AWAY_SECONDS, THERE_SECONDS = 1.2, 2.2


@contextmanager
def missing(server: Server) -> Iterator[Scene]:
    """Let the template module come and go, and put it back at the end."""
    module = server.blog.modules / "Blog" / "Template.pm"
    whole = module.read_bytes()
    try:
        with acting(server, "deploy", module, AWAY_SECONDS, THERE_SECONDS):
            yield Scene(url=server.post_url)
    finally:
        module.with_name("Template.pm.old").unlink(missing_ok=True)
        module.write_bytes(whole)


FAULT = Fault(
    name="module-missing",
    cause="application-error",
    layer="application",
    symptom="500 at times, early: the script does not compile",
    apply=missing,
    failing=(0.15, 0.85),
    log_pattern=r"Can't locate Blog/Template\.pm in @INC",
)
