"""Write a case: whole or not at all."""

import json
import os
import sqlite3
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tenmatsu.errors import WrongUse
from tenmatsu.model.case import Case
from tenmatsu.model.evidence import Attributes, Event, Evidence, Gap, Look, Series, Transaction
from tenmatsu.model.finding import Finding
from tenmatsu.model.words import Words
from tenmatsu.record.case_schema import APPLICATION_ID, FORMAT, TABLES

Row = tuple[object, ...]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def check_writable(path: Path) -> None:
    """Raise `WrongUse` if a case cannot be written there: better before the window than after it."""
    if path.exists():
        raise WrongUse(EXISTS.fill(path=path))
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise WrongUse(NO_FOLDER.fill(path=path.parent))


def write_case(case: Case, path: Path) -> None:
    """Write the case to a new file. A failure leaves nothing behind.

    Raises:
        WrongUse: the file exists, or its folder cannot be written to.
    """
    check_writable(path)
    try:
        with tempfile.TemporaryDirectory(prefix=".tenmatsu-", dir=path.parent) as folder:
            unfinished = Path(folder) / "case"
            _write(case, unfinished)
            _put(unfinished, path)
    except FileExistsError as exists:
        raise WrongUse(EXISTS.fill(path=path)) from exists
    except (OSError, sqlite3.Error) as failed:
        raise WrongUse(FAILED.fill(path=path, reason=failed)) from failed


def _put(unfinished: Path, path: Path) -> None:
    """Give the file its name, never over one that appeared meanwhile."""
    try:
        os.link(unfinished, path)
    except FileExistsError:
        raise
    except OSError:  # USB sticks (vfat) and some network mounts know no links: take the name, then the place
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            unfinished.replace(path)
        except OSError:
            path.unlink()
            raise


def _write(case: Case, path: Path) -> None:
    database = sqlite3.connect(path)
    try:
        database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        database.execute(f"PRAGMA user_version = {FORMAT}")
        database.executescript(TABLES)
        with database:
            _write_frame(database, case)
            _write_evidence(database, case.evidence, None)
            _write_verdict(database, case)
    finally:
        database.close()


def _write_frame(database: sqlite3.Connection, case: Case) -> None:
    evidence = case.evidence
    meta = {
        "program_version": case.version,
        "window_start": microseconds(evidence.window.start),
        "window_end": microseconds(evidence.window.end),
        "since": microseconds(evidence.since),
        "component": evidence.component,
        "asked_url": evidence.asked_url,
    }
    _insert(database, "meta", meta.items())
    _insert(database, "component", ((c.id, c.name, c.kind, c.runs_on) for c in case.site.components))
    _insert(
        database,
        "clock_offset",
        ((c.component, c.offset_seconds, c.uncertainty_seconds) for c in case.clock_offsets),
    )


def _write_evidence(database: sqlite3.Connection, evidence: Evidence, machine: str | None) -> None:
    """Write one machine's evidence; `machine` names one beside, None is the one that was asked about."""
    first = int(database.execute("SELECT coalesce(max(id), 0) FROM series").fetchone()[0]) + 1
    for number, series in enumerate(evidence.series, start=first):
        _insert(database, "series", [_series_row(number, machine, series)])
        _insert(database, "point", ((number, microseconds(time), value) for time, value in series.points))
    _insert(database, "event", (_event_row(machine, one) for one in evidence.events))
    _insert(database, "transactions", (_transaction_row(machine, one) for one in evidence.transactions))
    _insert(database, "look", (_look_row(machine, one) for one in evidence.looks))
    _insert(database, "gap", (_gap_row(machine, one) for one in evidence.gaps))
    for other in evidence.beside:
        window = microseconds(other.window.start), microseconds(other.window.end)
        _insert(database, "beside", [(other.component, *window, microseconds(other.since))])
        _write_evidence(database, other, other.component)


def _series_row(number: int, machine: str | None, s: Series) -> Row:
    return number, machine, s.sight, s.component, s.name, s.unit, s.kind.value, _packed(s.attributes)


def _event_row(machine: str | None, e: Event) -> Row:
    what = e.sight, e.component, e.name, microseconds(e.time), _packed(e.attributes), e.body
    return None, machine, *what


def _transaction_row(machine: str | None, t: Transaction) -> Row:
    asked = (t.sight, t.component, microseconds(t.time), t.outcome.value, t.maker, t.path, t.method)
    ended = (t.status, t.stage, t.duration_seconds, t.size_bytes, t.client, t.reason, t.pid)
    return None, machine, *asked, *ended


def _look_row(machine: str | None, one: Look) -> Row:
    times = microseconds(one.started), microseconds(one.ended)
    return None, machine, one.sight, one.component, *times, one.complete, one.found, *_both(one.read)


def _gap_row(machine: str | None, g: Gap) -> Row:
    return None, machine, g.sight, g.component, *_both(g.what), *_both(g.why), *_both(g.close_by)


def _finding_row(f: Finding) -> Row:
    where = f.id, f.state.value, f.layer.value, f.component
    return *where, f.strength, f.harm, *_both(f.sentence), _packed(f.values)


def _write_verdict(database: sqlite3.Connection, case: Case) -> None:
    verdict = case.verdict
    _insert(database, "finding", map(_finding_row, verdict.findings))
    row = (
        verdict.status.value,
        verdict.cause,
        verdict.layer.value if verdict.layer else None,
        verdict.component,
        verdict.probability,
        microseconds(verdict.since) if verdict.since else None,
        microseconds(verdict.last) if verdict.last else None,
    )
    _insert(database, "verdict", [row])


def _insert(database: sqlite3.Connection, table: str, rows: Iterable[Row]) -> None:
    columns = len(database.execute(f"PRAGMA table_info({table})").fetchall())
    marks = ", ".join("?" * columns)
    database.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608 - our own table names


def microseconds(time: datetime) -> int:
    """Return a time as whole microseconds since 1970, exactly."""
    return (time - _EPOCH) // timedelta(microseconds=1)


def _packed(attributes: Attributes) -> str:
    return json.dumps(dict(attributes), ensure_ascii=False, sort_keys=True)


def _both(words: Words) -> tuple[str, str]:
    return words.en, words.ja


EXISTS = Words(
    "{path} exists already: name another file, or delete it first",
    "{path} は既にあります。別の名前にするか、先に削除してください",
)
NO_FOLDER = Words(
    "the folder {path} is not there or cannot be written to: name another place",
    "フォルダー {path} が無いか書き込めません。別の場所を指定してください",
)
FAILED = Words(
    "the case could not be written to {path} ({reason}): nothing was kept there",
    "{path} に事件簿を書けませんでした ({reason})。ファイルは残していません",
)
