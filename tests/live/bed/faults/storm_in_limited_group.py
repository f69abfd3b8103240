"""The incident of 2010: a storm of tiny processes in a guest that is held at its CPU limit.

The guest is a control group with a CPU quota. The storm leaves the posts little of it, so that
they take too long for a watchdog, which kills them.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from ..apache import Server
from ..ask import ask
from ..cgroup import Limits, grouped
from ..fault import Fault, Scene, acting

QUOTA_CORES = 0.8
STARTERS = 8  # beside the one post: a ninth of the quota is left for it
BURST_SECONDS, PAUSE_SECONDS = 5.5, 3.0
WATCHDOG_SECONDS = 2.5  # longer, like the bursts, where a calm post takes more than CALM_SECONDS
CALM_SECONDS = 1.5
STARTS_PER_SECOND = 500  # of each starter, at most


@contextmanager
def storm(server: Server, *, pause_seconds: float = PAUSE_SECONDS) -> Iterator[Scene]:
    """Put the server into a limited group and let the storm loose beside it."""
    program = server.root / "libexec" / "hald-addon-storage"
    shutil.copy("/bin/true", program)
    script = server.root / "cgi-bin" / "blog.cgi"
    with grouped("guest", Limits(cpu_cores=QUOTA_CORES)) as guest:
        guest.join(each.pid for each in server.tree())
        slower = max(1.0, ask(server.post_url).seconds / CALM_SECONDS)
        bursts = (slower * BURST_SECONDS, slower * pause_seconds, STARTS_PER_SECOND)
        patience_seconds = slower * WATCHDOG_SECONDS
        with (
            acting(server, "cgi-watchdog", script, patience_seconds, prefix=guest.prefix()),
            acting(server, "hald-runner", program, STARTERS, *bursts, prefix=guest.prefix()),
        ):
            yield Scene(
                url=server.post_url,
                counters=lambda: {"nr_throttled": guest.counter("cpu.stat", "nr_throttled")},
            )


FAULT = Fault(
    name="storm-in-limited-group",
    cause="short-lived-process-storm",
    layer="guest_userland",
    symptom="500 at times, in bursts: posts that take too long are killed",
    apply=storm,
    failing=(0.15, 0.8),
    log_pattern=r"End of script output before headers: blog\.cgi",
)
