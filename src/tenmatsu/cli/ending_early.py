"""Ctrl-C ends a window early, and what was seen until then counts; a second one ends the program."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType


@contextmanager
def ending_early(stop: Event) -> Iterator[None]:
    """Set `stop` at the first Ctrl-C; the second raises KeyboardInterrupt."""

    def end(_: int, __: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
