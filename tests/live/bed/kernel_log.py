"""The kernel's log, by the numbers that it gives its records (kernel: ABI/testing/dev-kmsg)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress

RECORD_BYTES = 8192


def last_record_with(text: str) -> int:
    """Return the number of the last record with a text, -1 when there is none.

    Numbers only grow; the count of such records does not, since the log is a ring.
    """
    numbers = (int(head.split(",")[1]) for head, said in _records() if text in said)
    return max(numbers, default=-1)


def _records() -> Iterator[tuple[str, str]]:
    log = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    try:
        # BlockingIOError: the end. A record overwritten meanwhile (EPIPE) is left out.
        with suppress(BlockingIOError):
            while True:
                with suppress(BrokenPipeError):
                    record = os.read(log, RECORD_BYTES).decode(errors="replace")
                    head, _, said = record.partition(";")
                    yield head, said
    finally:
        os.close(log)
