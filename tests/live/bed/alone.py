"""One bed at a time on a machine: an investigation sees the whole machine, another bed's fault too."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from .processes import until

# An abstract name (man 7 unix): it is free again when its process ends, and no file is left.
NAME = "\0tenmatsu-bed"
LONGEST_WAIT_SECONDS = 900.0


@contextmanager
def alone() -> Iterator[None]:
    """Wait until no other bed runs on this machine, and keep others waiting until the end."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as lock:
        until(
            lambda: _is_taken(lock),
            what="the end of another bed on this machine",
            limit_seconds=LONGEST_WAIT_SECONDS,
        )
        yield


def _is_taken(lock: socket.socket) -> bool:
    """Whether the name is ours now."""
    try:
        lock.bind(NAME)
    except OSError:
        return False
    return True
