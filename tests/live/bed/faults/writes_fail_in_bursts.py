"""The incident of 2010 as its users met it: they read often, write at times, and only posts in a burst fail.

The storm is that of `storm_in_limited_group`, with pauses as long as its bursts, so that there is
something to compare. It is not one of FAULTS: what fails is what the users write, not what is asked for
from here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..apache import Server
from ..blog import TYPICAL_CPU_SECONDS
from ..fault import MOST_SECONDS, Fault, Scene
from ..load import Load, command
from ..processes import running
from .storm_in_limited_group import BURST_SECONDS, storm

# In a pause a post is soon done; in a burst it still takes longer than the watchdog waits.
POST_CPU_SECONDS = TYPICAL_CPU_SECONDS * 0.6
# Together little over half of what the group may use: between the bursts nothing waits.
READS_PER_SECOND, WRITES_PER_SECOND = 2.0, 0.8
READERS = ("127.0.0.21", "127.0.0.22", "127.0.0.23")
WRITERS = ("127.0.0.31", "127.0.0.32", "127.0.0.33")
# Six bursts and six pauses.
WATCHED_SECONDS = 66


@contextmanager
def used(server: Server) -> Iterator[Scene]:
    """Let people read and write while the storm comes and goes."""
    reads = Load(
        urls=(server.read_url,),
        workers=len(READERS),
        rate_per_second=READS_PER_SECOND,
        addresses=READERS,
        seconds=MOST_SECONDS,
    )
    writes = Load(
        urls=(server.post_url,),
        workers=len(WRITERS),
        rate_per_second=WRITES_PER_SECOND,
        addresses=WRITERS,
        seconds=MOST_SECONDS,
        method="POST",
    )
    log = server.root / "log" / "actors.log"
    server.blog.cost(POST_CPU_SECONDS)
    with (
        storm(server, pause_seconds=BURST_SECONDS) as scene,
        running(command(reads), log=log, folder=server.root),
        running(command(writes), log=log, folder=server.root),
    ):
        yield Scene(url=server.read_url, counters=scene.counters, watched_seconds=WATCHED_SECONDS)
    server.blog.cost(TYPICAL_CPU_SECONDS)


FAULT = Fault(
    name="writes-fail-in-bursts",
    cause="short-lived-process-storm",
    layer="guest_userland",
    symptom="posts of the users fail while the bursts last; reading does not",
    apply=used,
    failing=(0.0, 0.0),
)
