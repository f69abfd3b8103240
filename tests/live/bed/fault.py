"""What a fault is: one thing that is really wrong with a real server, for a while."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from .apache import Server
from .processes import running

# What a fault starts ends by itself after this time, should nobody be left to end it.
MOST_SECONDS = 240


def no_counters() -> Mapping[str, int]:
    """Return nothing: for a fault that the kernel does not count."""
    return {}


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A fault at work: what to investigate, and from where."""

    url: str
    wrap: tuple[str, ...] = ()  # a command prefix, when one has to look from another namespace
    counters: Callable[[], Mapping[str, int]] = no_counters  # the kernel's own, that must move
    watched_seconds: int = 20  # how long it takes to see the fault


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that can be wrong. `cause` and `layer` are what an investigation should say."""

    name: str
    cause: str | None
    layer: str | None
    symptom: str
    apply: Callable[[Server], AbstractContextManager[Scene]]
    failing: tuple[float, float]  # wanted share of failed posts, lowest and highest, 0 to 1
    slow_seconds: float = 0.0  # what the fault itself makes the slowest post wait
    slow_times: float = 0.0  # how many times longer than on the well server the slowest post takes
    log_pattern: str | None = None  # what the error log says; None: nothing that tells
    fewest_answers: int = 6  # that show it

    @property
    def is_intermittent(self) -> bool:
        """Whether some posts fail and some succeed."""
        return self.failing[0] > 0 and self.failing[1] < 1

    def applied(self, server: Server) -> AbstractContextManager[Scene]:
        """Apply the fault for as long as the block lasts; the server runs on, mended, after it."""
        return self.apply(server)


def acting(
    server: Server, actor: str, *arguments: object, prefix: tuple[str, ...] = ()
) -> AbstractContextManager[object]:
    """Run one of the bed's actors (`actors/`) beside the server."""
    command: list[str | Path] = [
        *prefix,
        server.root / "libexec" / actor,
        str(MOST_SECONDS),
        *map(str, arguments),
    ]
    return running(command, log=server.root / "log" / "actors.log", folder=server.root)
