"""Counters of many objects of a vSphere server, in few requests (`QueryPerf`)."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from pyVmomi import vim, vmodl

from tenmatsu.parse.vsphere_counters import REAL_TIME_SECONDS, Series, read_series
from tenmatsu.parse.vsphere_row import reference
from tenmatsu.reach.vsphere_faults import Lost, type_name
from tenmatsu.reach.vsphere_line import Line
from tenmatsu.reach.vsphere_properties import read_objects
from tenmatsu.reach.vsphere_stub import say

# So many objects are asked for at once. A server that finds it too many says so, and then gets half.
_MOST_OBJECTS = 250
# What a host keeps of its real-time samples: one hour.
_MOST_SAMPLES = 180
# Text with commas: a tenth of the XML that a list of numbers would be.
_FORMAT = "csv"
# A sample may be told only after the next question was asked: so long after its time it is still waited for.
_LATE = timedelta(seconds=3 * REAL_TIME_SECONDS)
_MOST_REFUSED = 20
_TOO_MANY = ("querySpec.size", "querySpec")


class Counters:
    """What a server can measure, by name, and its samples."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._ids: dict[str, int] = {}
        self._batch = _MOST_OBJECTS
        self._newest: dict[str, datetime] = {}
        self._fresh: dict[str, datetime] = {}
        self.refused: dict[str, str] = {}

    def begin(self) -> None:
        """Begin a round. What an earlier one brought and did not `keep` is asked for again."""
        self._fresh.clear()
        self.refused.clear()

    def keep(self) -> None:
        """End a round well: what it brought will not come again."""
        self._newest.update(self._fresh)

    def lacking(self, names: Iterable[str]) -> list[str]:
        """Return which of these the server does not know."""
        self._learn()
        return [name for name in names if name not in self._ids]

    def silent(self, keys: Iterable[str]) -> list[str]:
        """Return of which of these there never was a sample."""
        return [key for key in keys if key not in self._newest and key not in self._fresh]

    def read(
        self, kind: str, keys: Collection[str], wanted: Mapping[str, bool], since: datetime | None
    ) -> Iterator[Series]:
        """Yield the series of these objects of one kind, after `since` (the server's clock) or the newest.

        `wanted` says of each counter's name whether it has parts. An object that was deleted is left out.
        """
        self._learn()
        names = {self._ids[name]: name for name in wanted if name in self._ids}
        metrics = [
            vim.PerformanceManager.MetricId(counterId=number, instance="*" if wanted[name] else "")
            for number, name in names.items()
        ]
        for answer in self._answers(kind, list(keys), metrics, since) if metrics else ():
            try:
                yield from self._new_of(reference(answer.entity), answer, names, since)
            except ValueError as error:
                raise Lost(say(error)) from error

    def _answers(
        self, kind: str, keys: list[str], metrics: list[Any], since: datetime | None
    ) -> Iterator[Any]:
        """Yield the answers, a batch at a time; one that the server finds at fault is halved."""
        waiting, size = keys, self._batch
        while waiting:
            batch = waiting[:size]
            try:
                answers = self._ask(kind, batch, metrics, since)
            except vim.fault.NotAuthenticated:
                raise
            except vmodl.fault.ManagedObjectNotFound as gone:
                waiting = _without(waiting, gone)
            except vmodl.MethodFault as fault:
                if getattr(fault, "invalidProperty", None) in _TOO_MANY:
                    self._batch = max(1, len(batch) // 2)
                if len(batch) == 1:
                    self._refuse(batch[0], fault)
                    waiting = waiting[1:]
                size = max(1, len(batch) // 2)
            else:
                waiting, size = waiting[len(batch) :], min(self._batch, 2 * size)
                yield from answers

    def _refuse(self, key: str, fault: Any) -> None:  # noqa: ANN401 - pyVmomi's
        """Note that an object cannot be measured. So many of them are no longer the objects' fault."""
        self.refused[key] = type_name(fault)
        if len(self.refused) > _MOST_REFUSED:
            raise fault

    def _new_of(
        self,
        key: str,
        answer: Any,  # noqa: ANN401 - pyVmomi's
        names: Mapping[int, str],
        since: datetime | None,
    ) -> Iterator[Series]:
        start, newest = self._start(key, since), None
        for series in read_series(answer, names, key):
            points = tuple(point for point in series.points if start is None or point[0] > start)
            if points:
                newest = max(newest or points[-1][0], points[-1][0])
                yield series._replace(points=points)
        if newest is not None:
            self._fresh[key] = newest

    def _start(self, key: str, since: datetime | None) -> datetime | None:
        """Return after which time a key's samples are new: none is told twice, and none is missed."""
        given = self._newest.get(key)
        if since is None or given is None or not timedelta(0) <= since - given <= _LATE:
            return since
        return given

    def _ask(self, kind: str, keys: Iterable[str], metrics: list[Any], since: datetime | None) -> list[Any]:
        specs = [
            vim.PerformanceManager.QuerySpec(
                entity=self._line.make(kind, key),
                metricId=metrics,
                intervalId=REAL_TIME_SECONDS,
                startTime=self._start(key, since),
                maxSample=_MOST_SAMPLES if since else 1,
                format=_FORMAT,
            )
            for key in keys
        ]
        found: list[Any] = self._line.content.perfManager.QueryPerf(specs)
        return found

    def _learn(self) -> None:
        if self._ids:
            return
        manager = self._line.content.perfManager
        for row in read_objects(self._line, [manager], {"PerformanceManager": ("perfCounter",)}):
            for one in row.get("perfCounter") or ():
                name = f"{one.groupInfo.key}.{one.nameInfo.key}.{one.rollupType}"
                self._ids[name] = one.key


def _without(keys: list[str], gone: Any) -> list[str]:  # noqa: ANN401 - pyVmomi's
    key = reference(gone.obj)
    if key not in keys:
        raise gone
    return [one for one in keys if one != key]
