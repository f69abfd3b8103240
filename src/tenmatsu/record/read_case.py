"""Read a case that was saved, on any machine. The file is opened read-only and may be hostile."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import isfinite
from pathlib import Path
from typing import Any

from tenmatsu.errors import BadCase
from tenmatsu.model.case import ClockOffset
from tenmatsu.model.evidence import (
    Event,
    Evidence,
    Gap,
    Kind,
    Look,
    Outcome,
    Series,
    Transaction,
    Window,
)
from tenmatsu.model.site import Component, Site
from tenmatsu.model.words import Words
from tenmatsu.record.case_schema import APPLICATION_ID, FORMAT

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HEADER = b"SQLite format 3\0"
_WITH_MACHINES = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedFinding:
    """A finding as it stood when the case was saved."""

    id: str
    state: str
    strength: float


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedCase:
    """What a file holds: the evidence, from which the verdict is made anew, and the verdict of then."""

    version: str
    site: Site
    evidence: Evidence
    clock_offsets: tuple[ClockOffset, ...]
    findings: tuple[SavedFinding, ...]
    status: str
    cause: str | None


def read_case(path: Path) -> SavedCase:
    """Return the case in a file.

    Raises:
        BadCase: no such file, not a case, cut off, or from a newer version.
    """
    _check_header(path)
    address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as database:
            _check(database, path)
            return _read(database)
    except BadCase:
        raise
    except (sqlite3.Error, ValueError, LookupError, TypeError, OverflowError, RecursionError) as damage:
        raise BadCase(DAMAGED.fill(path=path)) from damage


def _check_header(path: Path) -> None:
    try:
        with path.open("rb") as file:
            header = file.read(len(_HEADER))
    except OSError as error:
        raise BadCase(UNREADABLE.fill(path=path, reason=error.strerror or "?")) from error
    if header != _HEADER:
        raise BadCase(NOT_A_CASE.fill(path=path))


def _check(database: sqlite3.Connection, path: Path) -> None:
    if database.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise BadCase(NOT_A_CASE.fill(path=path))
    format = database.execute("PRAGMA user_version").fetchone()[0]
    if format > FORMAT:
        raise BadCase(NEWER.fill(path=path, format=format, ours=FORMAT))
    # A view in a table's place could be a computation without an end.
    if database.execute("SELECT 1 FROM sqlite_master WHERE type NOT IN ('table', 'index')").fetchone():
        raise BadCase(NOT_A_CASE.fill(path=path))
    if database.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise BadCase(DAMAGED.fill(path=path))


def _read(database: sqlite3.Connection) -> SavedCase:
    database.row_factory = sqlite3.Row
    meta = {row["key"]: row["value"] for row in database.execute("SELECT key, value FROM meta")}
    verdict = database.execute("SELECT status, cause FROM verdict").fetchone()
    return SavedCase(
        version=meta["program_version"],
        site=Site(components=tuple(Component(**row) for row in database.execute("SELECT * FROM component"))),
        evidence=_read_evidence(database, meta),
        clock_offsets=tuple(ClockOffset(**row) for row in database.execute("SELECT * FROM clock_offset")),
        findings=tuple(
            SavedFinding(**row) for row in database.execute("SELECT id, state, strength FROM finding")
        ),
        status=verdict["status"],
        cause=verdict["cause"],
    )


def _read_evidence(database: sqlite3.Connection, meta: dict[str, Any]) -> Evidence:
    saved = _Rows(database)
    window = Window(start=_time(int(meta["window_start"])), end=_time(int(meta["window_end"])))
    beside = tuple(
        saved.evidence(
            row["component"],
            Window(start=_time(row["window_start"]), end=_time(row["window_end"])),
            _time(row["since"]),
        )
        for row in saved.besides()
    )
    here = saved.evidence(None, window, _time(int(meta["since"])))
    return replace(here, component=meta["component"], asked_url=meta["asked_url"], beside=beside)


class _Rows:
    """The rows of a file, machine by machine. Before format 3 all were of the one that was looked at."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._by_machine = database.execute("PRAGMA user_version").fetchone()[0] >= _WITH_MACHINES
        self._points: dict[int, list[tuple[datetime, float]]] = {}
        for row in database.execute("SELECT series, time, value FROM point ORDER BY rowid"):
            self._points.setdefault(row["series"], []).append((_time(row["time"]), float(row["value"])))

    def besides(self) -> list[sqlite3.Row]:
        return list(self._database.execute("SELECT * FROM beside ORDER BY rowid")) if self._by_machine else []

    def evidence(self, machine: str | None, window: Window, since: datetime) -> Evidence:
        return Evidence(
            window=window,
            since=since,
            component=machine or "",
            series=tuple(self._series(row) for row in self._of("series", machine)),
            events=tuple(map(_event, self._of("event", machine))),
            transactions=tuple(map(_transaction, self._of("transactions", machine))),
            looks=tuple(map(_look, self._of("look", machine))),
            gaps=tuple(map(_gap, self._of("gap", machine))),
        )

    def _of(self, table: str, machine: str | None) -> Iterator[sqlite3.Row]:
        if not self._by_machine:
            return self._database.execute(f"SELECT * FROM {table} ORDER BY id")  # noqa: S608 - our own names
        query = f"SELECT * FROM {table} WHERE machine IS ? ORDER BY id"  # noqa: S608 - our own names
        return self._database.execute(query, (machine,))

    def _series(self, row: sqlite3.Row) -> Series:
        return Series(
            sight=row["sight"],
            component=row["component"],
            name=row["name"],
            unit=row["unit"],
            kind=Kind(row["kind"]),
            attributes=_attributes(row["attributes"]),
            points=tuple(self._points[row["id"]]),
        )


def _event(row: sqlite3.Row) -> Event:
    return Event(
        sight=row["sight"],
        component=row["component"],
        name=row["name"],
        time=_time(row["time"]),
        attributes=_attributes(row["attributes"]),
        body=row["body"],
    )


def _transaction(row: sqlite3.Row) -> Transaction:
    columns = {key: row[key] for key in row.keys() if key not in ("id", "machine")}  # noqa: SIM118 - a Row is no mapping
    return Transaction(**columns | {"time": _time(row["time"]), "outcome": Outcome(row["outcome"])})


def _look(row: sqlite3.Row) -> Look:
    return Look(
        sight=row["sight"],
        component=row["component"],
        started=_time(row["started"]),
        ended=_time(row["ended"]),
        complete=bool(row["complete"]),
        found=row["found"],
        read=Words(row["read_en"], row["read_ja"]),
    )


def _gap(row: sqlite3.Row) -> Gap:
    return Gap(
        sight=row["sight"],
        component=row["component"],
        what=Words(row["what_en"], row["what_ja"]),
        why=Words(row["why_en"], row["why_ja"]),
        close_by=Words(row["close_by_en"], row["close_by_ja"]),
    )


def _attributes(packed: str) -> dict[str, Any]:
    attributes = json.loads(packed)
    if not isinstance(attributes, dict) or not all(map(_is_value, attributes.values())):
        raise TypeError("attributes")
    return attributes


def _is_value(given: object) -> bool:
    """Tell whether it can be an attribute's value; no number that JSON cannot hold."""
    return isinstance(given, str | int) or (isinstance(given, float) and isfinite(given))


def _time(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


UNREADABLE = Words("{path} cannot be read: {reason}", "{path} を読めません: {reason}")
NOT_A_CASE = Words(
    "{path} is not a case: cases are made by tenmatsu investigate --save FILE",
    "{path} は事件簿ではありません。事件簿は tenmatsu investigate --save FILE で作ります",
)
NEWER = Words(
    "{path} was written by a newer version (format {format}, this one reads up to {ours}): update Tenmatsu",
    "{path} は新しい版で書かれています (形式 {format}、この版は {ours} まで)。Tenmatsu を更新してください",
)
DAMAGED = Words(
    "{path} is cut off or damaged: copy it again from where it was made",
    "{path} は途中で切れているか壊れています。元の場所からコピーし直してください",
)
