"""What every way to a hypervisor answers: the same five questions, in the values of `model/below.py`."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from tenmatsu.model.below import Happening, Identity, Inventory, Lack, Measured


class Hypervisor(Protocol):
    """A connection to a hypervisor or its manager. Reads only. Used by one thread at a time.

    Every question may raise a ReachError; what could not be told within an answer is a `Lack` in it. A
    session that has run out, or a manager that was restarted, is renewed by itself, once per question.
    """

    name: str
    interval_seconds: float  # how often it has something new to tell

    def identify(self) -> Identity:
        """Return who answers, whether it would let us act, and how its clock stands to ours."""

    def take_inventory(self) -> Inventory:
        """Return all hosts, guests and stores as they are now."""

    def measure(self, keys: Collection[str] | None, since: datetime | None) -> Measured:
        """Return what was measured of these hosts, guests and stores (None: of all) after `since` (our time).

        Where the hypervisor keeps a history that reaches back to `since`, what it kept comes along; where
        it keeps none, only what is since the last call. Times are ours: its clock's offset is taken off.
        """

    def recall(self, since: datetime, *, most: int = 2000) -> tuple[Sequence[Happening], Sequence[Lack]]:
        """Return what happened since then (our time), oldest first, the newest `most` of it."""

    def close(self) -> None:
        """End the session. Never raises."""
