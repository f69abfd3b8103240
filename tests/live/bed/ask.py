"""Ask a URL and say what came back."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

GAP_SECONDS = 0.4
BREATH_SECONDS = 0.05
ERROR_BODY = "<h1>Error</h1>"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer: its status (0: none came), how long it took, and its body."""

    status: int
    seconds: float
    body: str

    @property
    def failed(self) -> bool:
        """Whether the user did not get what was asked for, whatever the status says."""
        return self.status != 200 or ERROR_BODY in self.body


def ask(url: str, *, limit_seconds: float = 60.0) -> Answer:
    """Ask once, on a connection of its own."""
    parts = urlsplit(url)
    started = time.monotonic()
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=limit_seconds)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}", headers={"Connection": "close"})
        response = connection.getresponse()
        status, body = response.status, response.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        status, body = 0, str(error)
    finally:
        connection.close()
    return Answer(status=status, seconds=time.monotonic() - started, body=body)


def answers(url: str) -> bool:
    """Whether the URL answers as it should."""
    return not ask(url, limit_seconds=5).failed


def for_each_answer(url: str, *, seconds: float) -> Iterator[Answer]:
    """Ask again and again for a while, at most every 0.4 s, with a breath between."""
    end = time.monotonic() + seconds
    while (now := time.monotonic()) < end:
        yield ask(url)
        time.sleep(max(BREATH_SECONDS, now + GAP_SECONDS - time.monotonic()))


def share_failed(given: Sequence[Answer]) -> float:
    """Return the share of failed answers, 0 to 1."""
    return sum(each.failed for each in given) / len(given) if given else 0.0
