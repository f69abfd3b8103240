"""One object of a vSphere inventory as it was told, whatever brought it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

# What says that the object itself is gone, not that one of its properties was withheld.
_GONE = "ManagedObjectNotFound"


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """`values` by property path; `withheld` names the fault for each path that was asked for in vain.

    A path that is in neither is not set on that object.
    """

    kind: str
    key: str
    values: Mapping[str, Any] = field(default_factory=dict)
    withheld: Mapping[str, str] = field(default_factory=dict)

    def get(self, path: str) -> Any:  # noqa: ANN401 - a value of the server's own kinds
        """Return a property, or None where it is not set or was withheld."""
        return self.values.get(path)

    @property
    def is_gone(self) -> bool:
        """Tell whether the object was deleted before it could be read."""
        return not self.values and _GONE in self.withheld.values()


def to_ours(told: datetime, clock_offset: timedelta) -> datetime:
    """Return a time of the server's in our clock, in UTC. `clock_offset`: how far its clock is ahead."""
    aware = told if told.tzinfo else told.replace(tzinfo=UTC)
    try:
        return (aware - clock_offset).astimezone(UTC)
    except OverflowError:
        return aware.replace(tzinfo=UTC)  # the year 1: servers write it for "never"


def reference(managed: Any) -> str:  # noqa: ANN401 - as above
    """Return the key of a managed object that a value names, empty for None."""
    return "" if managed is None else str(managed._GetMoId())  # noqa: SLF001 - the only way it is told
