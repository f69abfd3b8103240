"""A recording in place of a connection: `esxtop -b`, packed or not, or a host's support archive."""

import gzip
import io
import tarfile
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import IO, cast

from tenmatsu.errors import NotPermitted, NotThere, ParseError, WrongUse
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
from tenmatsu.parse.vmx import make_guest, parse_vmx
from tenmatsu.reach.hypervisor import Hypervisor

_PACKED = b"\x1f\x8b"
_START = ('"(PDH-CSV', "(PDH-CSV")
_MOST_VMX_BYTES = 1 << 20
_USUAL_SECONDS = 5.0  # esxtop's own


def open_recording(path: Path, name: str) -> Hypervisor:
    """Return what a recording tells, as a hypervisor. Raises NotThere, NotPermitted, WrongUse, ParseError."""
    source = _Source(path)
    return Recorded(source, _head_of(source), name)


class Recorded:
    """Answers from a recording: no clock, no events, and nobody may act. A `Hypervisor`."""

    def __init__(self, source: "_Source", head: Head, name: str) -> None:
        self.name = name
        self._source = source
        self._head = head
        self._times = self._find_times()
        steps = [(b - a).total_seconds() for a, b in pairwise(self._times)]
        self.interval_seconds = median(steps) if steps else _USUAL_SECONDS

    def identify(self) -> Identity:
        """Return whose recording it is."""
        about = NO_ACTING.fill(file=self._source.path.name)
        return Identity(
            product=Product.VMWARE, name=self.name, version="", api="", may_act=False, may_act_why=about
        )

    @property
    def times(self) -> tuple[datetime, ...]:
        """When its samples were taken, by the host's clock."""
        return self._times

    def take_inventory(self) -> Inventory:
        """Return the host and the guests that it recorded; of an archive, with what their files say."""
        head = self._head
        host = HostFacts(key=head.host, name=head.host, cores=head.cores or None)
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
        told = make_guest(settings, key, self._head.host)
        return replace(told, power=Power.ON, vcpus=vcpus or told.vcpus)

    def _find_times(self) -> tuple[datetime, ...]:
        only = replace(self._head, columns=(), used=None, free=None, cores=1)
        with self._source.lines() as lines:
            rows = read_rows(lines)
            next(rows, None)
            return tuple(dict.fromkeys(one.time for one in to_measures(only, rows)))


@dataclass(slots=True)
class _Source:
    """Where the lines are: the file itself, or one within an archive. `settings`: of guests, by name."""

    path: Path
    member: str = ""
    settings: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with _our_errors(self.path):
            if self.path.is_dir():
                raise WrongUse(IS_FOLDER.fill(path=self.path))
            with _as_archive(self.path) as archive:
                if archive is not None:
                    self._look_through(archive)

    @contextmanager
    def lines(self) -> Iterator[io.TextIOBase]:
        """Give the recording's lines, from the first."""
        with _our_errors(self.path), ExitStack() as undo:
            raw: IO[bytes] | None
            if self.member:
                raw = undo.enter_context(tarfile.open(self.path)).extractfile(self.member)
            else:
                raw = self.path.open("rb")
            if raw is None:
                raise NotThere(self.member)
            yield undo.enter_context(_as_text(undo.enter_context(raw)))

    def _look_through(self, archive: tarfile.TarFile) -> None:
        for member in archive:
            if not member.isfile():
                continue
            if member.name.endswith(".vmx") and member.size <= _MOST_VMX_BYTES:
                told = parse_vmx(_content(archive, member).decode("utf-8", "replace"))
                self.settings[told.get("displayname", "")] = dict(told)
            elif not self.member and "esxtop" in member.name and _is_recording(archive, member):
                self.member = member.name
        if not self.member:
            raise WrongUse(NO_RECORDING.fill(path=self.path))


def _head_of(source: _Source) -> Head:
    with source.lines() as lines:
        return read_head(next(read_rows(lines), []))


@contextmanager
def _our_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise NotThere(str(path)) from error
    except PermissionError as error:
        raise NotPermitted(str(path)) from error
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise ParseError("esxtop", f"{path.name}: {error}") from error


@contextmanager
def _as_archive(path: Path) -> Iterator[tarfile.TarFile | None]:
    """Give the file as an archive, or None where it is none."""
    with ExitStack() as undo:
        try:
            archive = undo.enter_context(tarfile.open(path))
        except tarfile.ReadError:
            archive = None
        yield archive


@contextmanager
def _as_text(raw: IO[bytes]) -> Iterator[io.TextIOBase]:
    with ExitStack() as undo:
        start = raw.read(len(_PACKED))
        raw.seek(0)
        under = undo.enter_context(gzip.open(raw)) if start == _PACKED else raw
        text = io.TextIOWrapper(cast(IO[bytes], under), encoding="utf-8-sig", errors="replace", newline="")
        yield undo.enter_context(text)


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    raw = archive.extractfile(member)
    return raw.read(_MOST_VMX_BYTES) if raw is not None else b""


def _is_recording(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bool:
    raw = archive.extractfile(member)
    if raw is None:
        return False
    try:
        with _as_text(raw) as text:
            return text.read(len(_START[0])).startswith(_START)
    except (OSError, EOFError, zlib.error):
        return False


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
NO_RECORDING = Words("{path} holds no recording of esxtop", "{path} に esxtop の記録がありません")
IS_FOLDER = Words("{path} is a folder, not a recording", "{path} はフォルダーで、記録ではありません")
