"""What a recording of esxtop answers in place of a connection, wherever its lines come from."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Protocol

from tenmatsu.model.below import (
    GuestFacts,
    Happening,
    HostFacts,
    Identity,
    Inventory,
    Lack,
    Measured,
    Power,
    Product,
)
from tenmatsu.model.words import Words
from tenmatsu.parse.esxtop import Head, read_head, read_rows, to_measures
from tenmatsu.parse.vmx import make_guest

_USUAL_SECONDS = 5.0  # esxtop's own


class Recording(Protocol):
    """Where the lines are, and what came along with them.

    `settings` are those of the guests' own files, by name; `core_hertz` is the speed of a core, if known.
    """

    label: str
    core_hertz: float | None

    @property
    def settings(self) -> Mapping[str, Mapping[str, str]]:
        """Return each guest's settings."""

    def lines(self) -> AbstractContextManager[Iterable[str]]:
        """Give the lines, from the first. Raises ReachError, ParseError."""


class Recorded:
    """Answers from a recording: no clock, no events, and nobody may act. A `Hypervisor`."""

    def __init__(self, source: Recording, name: str) -> None:
        self.name = name
        self._source = source
        self._head = _head_of(source)
        self._times = self._find_times()
        steps = [(b - a).total_seconds() for a, b in pairwise(self._times)]
        self.interval_seconds = median(steps) if steps else _USUAL_SECONDS

    def identify(self) -> Identity:
        """Return whose recording it is."""
        about = NO_ACTING.fill(file=self._source.label)
        return Identity(
            product=Product.VMWARE,
            name=self.name,
            version="",
            api="",
            may_act=False,
            may_act_why=about,
            recorded=True,
        )

    @property
    def times(self) -> tuple[datetime, ...]:
        """When its samples were taken, by the host's clock."""
        return self._times

    def take_inventory(self) -> Inventory:
        """Return the host and the guests that it recorded; of an archive, with what their files say."""
        head = self._head
        host = HostFacts(
            key=head.host, name=head.host, cores=head.cores or None, core_hertz=self._source.core_hertz
        )
        guests = tuple(self._guest(key, name) for key, name in head.guests.items())
        lacks = [Lack(what=MARKS, why=NOT_IN_IT, close_by=ASK)] if not self._source.settings else []
        lacks.append(Lack(what=SETTINGS, why=NOT_IN_IT, close_by=ASK))
        silent = [key for key in head.guests if key not in head.vcpus]
        lacks += [Lack(what=READY, why=NO_VCPUS, close_by=ALL_WORLDS, key=key) for key in silent]
        return Inventory(hosts=(host,), guests=guests, lacks=tuple(lacks))

    def measure(self, keys: Collection[str] | None, since: datetime | None) -> Measured:
        """Return what was recorded of these after `since`; without it, the newest sample."""
        start = since or (self._times[-1] - timedelta(microseconds=1) if self._times else None)
        with self._source.lines() as lines:
            rows = read_rows(lines)
            next(rows, None)
            measures = tuple(
                one
                for one in to_measures(self._head, rows)
                if (keys is None or one.key in keys) and (start is None or one.time > start)
            )
        return Measured(measures=measures)

    def recall(self, since: datetime, *, most: int = 2000) -> tuple[Sequence[Happening], Sequence[Lack]]:  # noqa: ARG002 - a Hypervisor's
        """Return nothing: a recording of figures knows no events."""
        return (), (Lack(what=EVENTS, why=NOT_IN_IT, close_by=ASK),)

    def close(self) -> None:
        """Do nothing: no file stays open."""

    def _guest(self, key: str, name: str) -> GuestFacts:
        vcpus = self._head.vcpus.get(key)
        settings = self._source.settings.get(name)
        if settings is None:
            return GuestFacts(
                key=key, name=name, host=self._head.host, power=Power.ON, vcpus=vcpus, cpu_limit_told=False
            )
        told = make_guest(settings, key, self._head.host, self._source.core_hertz)
        return replace(told, power=Power.ON, vcpus=vcpus or told.vcpus)

    def _find_times(self) -> tuple[datetime, ...]:
        only = replace(self._head, columns=(), used=None, free=None, cores=1)
        with self._source.lines() as lines:
            rows = read_rows(lines)
            next(rows, None)
            return tuple(dict.fromkeys(one.time for one in to_measures(only, rows)))


def _head_of(source: Recording) -> Head:
    with source.lines() as lines:
        return read_head(next(read_rows(lines), []))


NO_ACTING = Words("{file} is a recording: it can only be read", "{file} は記録です。読むことしかできません")
NOT_IN_IT = Words("a recording of esxtop does not hold it", "esxtop の記録には含まれません")
ASK = Words("ask the host itself, or give its support archive", "ホストに接続するか、サポート情報を指定")
MARKS = Words("which guest is which (UUID, network cards)", "ゲストの識別 (UUID・ネットワークカード)")
SETTINGS = Words("limits in cores, sensors, snapshots", "コア数での上限・センサー・スナップショット")
EVENTS = Words("what happened below (events)", "ハイパーバイザーの出来事 (イベント)")
READY = Words("how long its vCPUs waited", "vCPU の待ち時間")
NO_VCPUS = Words(
    "the recording lists no single vCPUs, so the sum cannot be shared out",
    "記録に vCPU ごとの列がなく、合計を割り振れません",
)
ALL_WORLDS = Words("record with esxtop -b -a", "esxtop -b -a で記録")
