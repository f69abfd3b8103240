"""The machine's clocks, read close together, as `reach/local_clocks.py` does."""

import json
import time
from typing import Any, List

from tenmatsu.probe.reader.files import Request, Send

_TRIES = 4
_GOOD_SECONDS = 50e-6
_BOOTTIME = 7  # CLOCK_BOOTTIME, linux/time.h; in Python only since 3.7
_TIMEX_BYTES = 256


def clocks(_request: Request, send: Send) -> None:
    """Send real, monotonic, raw, boot, the width of the reading, and the struct timex in hexadecimal."""
    best = _read_once()
    for _ in range(_TRIES - 1):
        if best[4] <= _GOOD_SECONDS:
            break
        best = min(best, _read_once(), key=lambda one: one[4])
    found: List[Any] = list(best)
    found.append(_read_timex().hex())
    send(json.dumps(found).encode("ascii"))


def _read_once() -> List[float]:
    before = time.clock_gettime(time.CLOCK_MONOTONIC)
    real = time.time()
    after = time.clock_gettime(time.CLOCK_MONOTONIC)
    raw = time.clock_gettime(time.CLOCK_MONOTONIC_RAW)
    return [real, (before + after) / 2, raw, time.clock_gettime(_BOOTTIME), after - before]


def _read_timex() -> bytes:
    """Return the kernel's struct timex; `modes` 0 changes nothing. Empty where it gives none."""
    try:
        import ctypes

        buffer = ctypes.create_string_buffer(_TIMEX_BYTES)
        return buffer.raw if ctypes.CDLL(None).adjtimex(buffer) >= 0 else b""
    except (ImportError, AttributeError, OSError):
        return b""
