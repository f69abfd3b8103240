"""One HTTP exchange of our own: what was asked, what came back, where it stopped, how long each part took."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

# Where an exchange can end, in their order; `done` is a whole answer, whatever its status.
STAGES = ("name", "connect", "tls", "first_byte", "body", "done")
# Nobody is there, or not who should be: what follows of the same kind will not be better in a moment.
NOT_THERE = frozenset({"name", "connect", "tls"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """One request. Headers and body may hold secrets: they are in no `repr`, no log and no case."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    limit_seconds: float = 30.0
    #: Whether a redirection is followed (at most five).
    follow: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Timings:
    """How long each part took, in seconds; None where it did not happen or was not reached.

    `first_byte` is from the request sent to the first line of the answer, `body` from there to its end. After
    redirections they are sums.
    """

    name: float | None = None
    connect: float | None = None
    tls: float | None = None
    first_byte: float | None = None
    body: float | None = None


NOT_TIMED = Timings()


@dataclass(frozen=True, kw_only=True, slots=True)
class Exchange:
    """What became of a request.

    `status` is None where no answer began. `stage` is one of `STAGES`; anything but `done` has a `reason`
    (see `model/reason.py`), and may have `timed_out`: no answer within the limit. `body` is at most 2 MB;
    `size_bytes` is what really came. `url` is the last one, after redirections.
    """

    time: datetime
    method: str
    url: str
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    size_bytes: int = 0
    stage: str = "done"
    timings: Timings = NOT_TIMED
    duration_seconds: float = 0.0
    reason: str = ""
    timed_out: bool = False

    @property
    def is_whole(self) -> bool:
        """Tell whether an answer came to its end."""
        return self.stage == "done"

    def header(self, name: str) -> str:
        """Return a header's value, empty where it is not there."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


class Asker(Protocol):
    """Whoever carries requests out. Cookies are kept from one request to the next, as a browser does."""

    def ask(self, ask: Ask) -> Exchange:
        """Return what became of a request. Never raises for what a server or a network does."""
        ...
