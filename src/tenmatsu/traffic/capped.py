"""Counts by a key that strangers choose: never more keys than there is room for."""

from collections.abc import Callable, Hashable
from heapq import nlargest
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class CappedCounts(Generic[Key]):
    """Counts rows of numbers by key. The lightest keys go when there are twice as many as may stay.

    What went is counted in `folded`, by its first number. A key that comes back begins anew: its
    count is then too low, by no more than `folded`.
    """

    def __init__(self, most: int, width: int, weigh: Callable[[list[int]], int]) -> None:
        """Keep `most` keys with `width` numbers each; `weigh` says how much one matters."""
        self.folded = 0
        self.rows: dict[Key, list[int]] = {}
        self._most = most
        self._width = width
        self._weigh = weigh

    def row(self, key: Key) -> list[int]:
        """Return the numbers of a key, to be added to at once: the next call may forget them."""
        found = self.rows.get(key)
        if found is None:
            if len(self.rows) >= 2 * self._most:
                self._forget()
            found = self.rows[key] = [0] * self._width
        return found

    def _forget(self) -> None:
        kept = nlargest(self._most, self.rows.items(), key=lambda item: self._weigh(item[1]))
        self.folded += sum(row[0] for row in self.rows.values()) - sum(row[0] for _, row in kept)
        self.rows = dict(kept)
