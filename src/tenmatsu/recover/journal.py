"""What a run did and is about to do, on disk before it is done: SQLite, synchronous, one file for all runs.

A change of state is a row; nothing is ever overwritten. Whoever resumes reads the rows and is where the
one before was. Only one executor at a time holds a run (`hold`).
"""

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tenmatsu.errors import TenmatsuError
from tenmatsu.model.plan import Plan
from tenmatsu.model.words import Words
from tenmatsu.recover.machine import (
    Happened,
    RunHappened,
    RunState,
    StepState,
    change_run,
    change_step,
)
from tenmatsu.recover.plan_json import read_plan, write_plan

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WAIT_SECONDS = 10.0

TABLES = """
CREATE TABLE IF NOT EXISTS run (
    id INTEGER PRIMARY KEY, plan TEXT NOT NULL, digest TEXT NOT NULL, made INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS change (
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES run (id), step TEXT, time INTEGER NOT NULL,
    before TEXT NOT NULL, happened TEXT NOT NULL, after TEXT NOT NULL, note TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS change_of_run ON change (run, step);
CREATE TABLE IF NOT EXISTS holder (
    run INTEGER PRIMARY KEY REFERENCES run (id), pid INTEGER NOT NULL, started TEXT NOT NULL,
    boot TEXT NOT NULL, who TEXT NOT NULL
);
"""


class JournalFailed(TenmatsuError):
    """The journal could not be written: nothing may be done."""


class RunHeld(TenmatsuError):
    """Another executor is at work on this run. `who` says which."""

    def __init__(self, who: str) -> None:
        super().__init__(HELD.fill(who=who))
        self.who = who


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One change of a run (`step` empty) or of a step."""

    step: str
    time: datetime
    before: str
    happened: str
    after: str
    note: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """Where a run stands: its state, that of each step, and the first note that each step's changes carry."""

    plan: Plan
    run: RunState
    steps: Mapping[str, StepState]
    notes: Mapping[str, Mapping[str, str]]


class Journal:
    """The file. Every write is on the disk when it returns, or raises JournalFailed."""

    def __init__(self, path: Path) -> None:
        """Open the file, made new where it is not there; only its owner may read it."""
        with _saying(path):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            os.close(descriptor)
            self._database = sqlite3.connect(path, isolation_level=None, timeout=_WAIT_SECONDS)
            self._database.row_factory = sqlite3.Row
            self._database.execute("PRAGMA journal_mode = DELETE")
            self._database.execute("PRAGMA synchronous = EXTRA")  # the folder's entry as well
            self._database.executescript(TABLES)
        self._path = path

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def begin(self, plan: Plan, now: datetime) -> int:
        """Write a new run of a plan down and return its number."""
        with _saying(self._path), self._writing():
            row = (write_plan(plan), plan.digest, _microseconds(now))
            cursor = self._database.execute("INSERT INTO run (plan, digest, made) VALUES (?, ?, ?)", row)
            return int(cursor.lastrowid or 0)

    def runs(self) -> list[int]:
        """Return the numbers of all runs, oldest first."""
        with _saying(self._path):
            return [row["id"] for row in self._database.execute("SELECT id FROM run ORDER BY id")]

    def standing(self, run: int) -> Standing:
        """Return where a run stands, by all that was written. Raises JournalFailed where it is not there."""
        with _saying(self._path):
            row = self._database.execute("SELECT plan FROM run WHERE id = ?", (run,)).fetchone()
        if row is None:
            raise JournalFailed(NO_RUN.fill(run=run))
        plan = read_plan(row["plan"])
        state, notes = RunState.PLANNED, dict[str, dict[str, str]]()
        steps = dict.fromkeys((step.id for step in plan.steps), StepState.WAITING)
        for change in self.changes(run):
            if change.step:
                steps[change.step] = StepState(change.after)
                notes.setdefault(change.step, {})
                for key, value in change.note.items():
                    notes[change.step].setdefault(key, value)
            else:
                state = RunState(change.after)
        return Standing(plan=plan, run=state, steps=steps, notes=notes)

    def changes(self, run: int) -> list[Change]:
        """Return all changes of a run, oldest first."""
        with _saying(self._path):
            rows = self._database.execute("SELECT * FROM change WHERE run = ? ORDER BY id", (run,)).fetchall()
        return [
            Change(
                step=row["step"] or "",
                time=_EPOCH + timedelta(microseconds=row["time"]),
                before=row["before"],
                happened=row["happened"],
                after=row["after"],
                note=json.loads(row["note"]),
            )
            for row in rows
        ]

    def write_step(
        self, run: int, step: str, state: StepState, happened: Happened, now: datetime, **note: str
    ) -> StepState:
        """Write down what happened to a step and return the state that follows. Raises NotAllowed."""
        after = change_step(state, happened)
        self._write(run, step, state.value, happened.value, after.value, now, note)
        return after

    def write_run(
        self, run: int, state: RunState, happened: RunHappened, now: datetime, **note: str
    ) -> RunState:
        """Write down what happened to a run and return the state that follows. Raises NotAllowed."""
        after = change_run(state, happened)
        self._write(run, None, state.value, happened.value, after.value, now, note)
        return after

    def _write(
        self,
        run: int,
        step: str | None,
        before: str,
        happened: str,
        after: str,
        now: datetime,
        note: Mapping[str, str],
    ) -> None:
        row = (run, step, _microseconds(now), before, happened, after, json.dumps(note, ensure_ascii=False))
        with _saying(self._path), self._writing():
            self._database.execute(
                "INSERT INTO change (run, step, time, before, happened, after, note)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )

    @contextmanager
    def hold(self, run: int, who: str) -> Iterator[None]:
        """Hold a run as its only executor. Raises RunHeld where a living process holds it.

        Whether it lives is seen in /proc, by its pid and when it started: no clock can make two of one.
        """
        mine = (os.getpid(), _started(os.getpid()), _boot())
        with _saying(self._path), self._writing():
            row = self._database.execute("SELECT * FROM holder WHERE run = ?", (run,)).fetchone()
            if row is not None and (row["pid"], row["started"], row["boot"]) != mine and _lives(row):
                raise RunHeld(f"{row['who']}, pid {row['pid']}")
            self._database.execute("INSERT OR REPLACE INTO holder VALUES (?, ?, ?, ?, ?)", (run, *mine, who))
        try:
            yield
        finally:
            with _saying(self._path), self._writing():
                self._database.execute("DELETE FROM holder WHERE run = ? AND pid = ?", (run, mine[0]))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")


@contextmanager
def _saying(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise JournalFailed(FAILED.fill(path=path, why=error)) from error


def _lives(row: sqlite3.Row) -> bool:
    return bool(row["boot"] == _boot() and _started(row["pid"]) == row["started"])


def _started(pid: int) -> str:
    """Return when a process started, in ticks since boot (proc(5), field 22); empty where there is none."""
    try:
        with closing(Path(f"/proc/{pid}/stat").open("rb")) as file:
            return file.read().rpartition(b")")[2].split()[19].decode()
    except (OSError, IndexError):
        return ""


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


def _microseconds(time: datetime) -> int:
    return (time - _EPOCH) // timedelta(microseconds=1)


FAILED = Words(
    "the journal {path} could not be written ({why}): nothing is done before that is mended",
    "ジャーナル {path} に書き込めません ({why})。直るまで何も実行しません",
)
NO_RUN = Words(
    "there is no run {run}: tenmatsu recover status", "実行 {run} はありません: tenmatsu recover status"
)
HELD = Words(
    "{who} is at work on this run: wait for it, or end it",
    "この実行は {who} が処理中です。終了を待つか、終了させてください",
)
