"""The server's memory group is too small for some posts: the kernel kills them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..apache import Server
from ..cgroup import Limits, grouped
from ..fault import Fault, Scene
from ..kernel_log import last_record_with

KILL_TEXT = "Memory cgroup out of memory: Killed process"
LIMIT_BYTES = 64 * 2**20
LARGEST_CACHE_MB = 110  # a post's object cache takes between nothing and this


@contextmanager
def cramped(server: Server) -> Iterator[Scene]:
    """Put the server into a small memory group. The mend lets it out; posts stay as large."""
    server.blog.configure({"cache_mb": LARGEST_CACHE_MB})
    with grouped("small", Limits(memory_bytes=LIMIT_BYTES)) as group:
        group.join(each.pid for each in server.tree())
        yield Scene(
            url=server.post_url,
            counters=lambda: {
                "oom_kill": group.counter("memory.oom_control", "oom_kill")
                + group.counter("memory.events", "oom_kill"),
                "kernel log": last_record_with(KILL_TEXT),
            },
        )


FAULT = Fault(
    name="memory-cgroup",
    cause="memory-exhausted",
    layer="guest_kernel",
    symptom="500 at times: the kernel kills a large post",
    apply=cramped,
    failing=(0.15, 0.85),
    log_pattern=r"End of script output before headers: blog\.cgi",
)
