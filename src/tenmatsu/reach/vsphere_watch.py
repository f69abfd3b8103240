"""Changes on a vSphere server as they come (`WaitForUpdatesEx`): power, limit, tools, host, connection.

No event tells of tools that stopped, and a lone host keeps its events for a short while only.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pyVmomi import vmodl
from pyVmomi.VmomiSupport import ManagedObject

from tenmatsu.model.below import Happening
from tenmatsu.parse.vsphere_changes import WATCHED, compare
from tenmatsu.parse.vsphere_row import reference
from tenmatsu.reach.vsphere_line import Line
from tenmatsu.reach.vsphere_properties import make_filter, make_view

# An event and what was seen here tell of the same thing when their times are no further apart.
_SAME = timedelta(seconds=5)


class Watch:
    """What a server's guests and hosts were when they were last looked at."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._session = 0
        self._version = ""
        self._states: dict[str, dict[str, Any]] = {}
        self._looked = datetime.now(UTC)
        self._seen: list[tuple[datetime, Happening]] = []

    def look(self) -> Mapping[str, Mapping[str, Any]]:
        """Note what changed since the last look; return what each object is now, by its key."""
        now = datetime.now(UTC)
        for key, properties in self._read():
            before = self._states.get(key)
            if properties is None:
                self._states.pop(key, None)
                continue
            after = {**(before or {}), **properties}
            self._states[key] = after
            if before is not None:
                self._note(key, before, after, now)
        self._looked = now
        return self._states

    def beside(self, told: list[Happening], since: datetime) -> list[Happening]:
        """Return what was seen here since then and no event told."""
        return [
            seen
            for earliest, seen in self._seen
            if seen.time >= since
            and not any(
                (one.key, one.change) == (seen.key, seen.change)
                and earliest - _SAME <= (one.ended or one.time) <= seen.time + _SAME
                for one in told
            )
        ]

    def _note(self, key: str, before: dict[str, Any], after: dict[str, Any], now: datetime) -> None:
        for change, attributes in compare(before, after):
            seen = Happening(key=key, change=change, time=now, attributes=attributes)
            self._seen.append((self._looked, seen))

    def _read(self) -> Iterator[tuple[str, dict[str, Any] | None]]:
        """Yield (key, what is told of it), None for one that is gone. The first time everything is told."""
        collector = self._line.content.propertyCollector
        if self._session != self._line.session:  # what is watched ends with its session
            view = make_view(self._line, tuple(WATCHED))  # stays: the filter would end with it
            collector.CreateFilter(make_filter(view, WATCHED), partialUpdates=True)
            yield from self._updates(collector, "")
            self._session = self._line.session
        else:
            yield from self._updates(collector, self._version)

    def _updates(self, collector: Any, version: str) -> Iterator[tuple[str, dict[str, Any] | None]]:  # noqa: ANN401 - pyVmomi's
        options = vmodl.query.PropertyCollector.WaitOptions(maxWaitSeconds=0)
        while (update := collector.WaitForUpdatesEx(version, options)) is not None:
            self._version = version = update.version
            for one in (one for some in update.filterSet for one in some.objectSet):
                gone = one.kind == "leave"
                yield reference(one.obj), None if gone else {c.name: _plain(c.val) for c in one.changeSet}
            if not update.truncated:
                return


def _plain(value: Any) -> Any:  # noqa: ANN401 - as above
    """Return a managed object's key in its place: two sessions' objects are never the same."""
    return reference(value) if isinstance(value, ManagedObject) else value
