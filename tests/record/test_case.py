"""A case keeps everything, gives the same verdict anywhere, and a bad file is a clear error."""

import errno
import sqlite3
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.diagnose.made_evidence import healthy_evidence, make_case, storm_evidence

from tenmatsu.diagnose.engine import diagnose
from tenmatsu.errors import BadCase, WrongUse
from tenmatsu.record.read_case import read_case
from tenmatsu.record.write_case import write_case

VIEW_WITHOUT_END = """
ALTER TABLE component RENAME TO c;
CREATE VIEW component AS
WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n) SELECT id, id, id, id FROM n;
"""


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "storm.case"
    write_case(make_case(storm_evidence()), path)
    return path


def test_what_is_read_is_what_was_written(saved: Path) -> None:
    case = make_case(storm_evidence())
    found = read_case(saved)
    assert found.evidence == case.evidence
    assert (found.site, found.version, found.clock_offsets) == (case.site, case.version, case.clock_offsets)


def test_replay_judges_as_live_did_finding_by_finding(saved: Path) -> None:
    assert diagnose(read_case(saved).evidence) == make_case(storm_evidence()).verdict
    assert len(read_case(saved).findings) == len(make_case(storm_evidence()).verdict.findings)


def test_what_was_seen_in_other_machines_stays_theirs(tmp_path: Path) -> None:
    other = replace(healthy_evidence(), component="dns1/boot", asked_url=None)
    evidence = replace(storm_evidence(), beside=(other,))
    path = tmp_path / "two.case"
    write_case(make_case(evidence), path)
    assert read_case(path).evidence == evidence


def test_a_case_from_before_there_were_several_machines_is_read(saved: Path) -> None:
    with closing(sqlite3.connect(saved)) as database, database:
        database.execute("PRAGMA user_version = 2")
        database.execute("DROP TABLE beside")
        for table in ("series", "event", "transactions", "look", "gap"):
            database.execute(f"ALTER TABLE {table} DROP COLUMN machine")
    assert read_case(saved).evidence == storm_evidence()


def test_the_file_is_one_and_no_leftover_lies_beside_it(saved: Path) -> None:
    assert list(saved.parent.iterdir()) == [saved]
    read_case(saved)
    assert list(saved.parent.iterdir()) == [saved]


def test_an_existing_file_is_not_written_over(saved: Path) -> None:
    before = saved.read_bytes()
    with pytest.raises(WrongUse, match="exists already"):
        write_case(make_case(healthy_evidence()), saved)
    assert saved.read_bytes() == before


@pytest.fixture
def without_links(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")  # what vfat says, link(2)

    monkeypatch.setattr("os.link", refuse)


@pytest.mark.usefixtures("without_links")
def test_a_file_system_without_links_will_do(tmp_path: Path) -> None:
    path = tmp_path / "x.case"
    write_case(make_case(storm_evidence()), path)
    assert read_case(path).evidence == storm_evidence()
    with pytest.raises(WrongUse, match="exists already"):
        write_case(make_case(storm_evidence()), path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="folder"):
        write_case(make_case(healthy_evidence()), tmp_path / "no" / "x.case")


def test_a_file_that_is_not_there_or_no_case_is_said(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("dear diary")
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE t (x)")
    database.close()
    for path, word in ((tmp_path / "none", "cannot be read"), (text, "not a case"), (other, "not a case")):
        with pytest.raises(BadCase, match=word):
            read_case(path)


def test_a_newer_format_is_said_and_how_to_go_on(saved: Path) -> None:
    database = sqlite3.connect(saved)
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(BadCase, match="newer version"):
        read_case(saved)


@pytest.mark.parametrize(
    "changes",
    [
        "UPDATE event SET attributes = replace(hex(zeroblob(50000)), '00', '{\"a\":')",  # 50,000 deep
        VIEW_WITHOUT_END,
    ],
    ids=["a pit of brackets", "a view without an end"],
)
def test_a_trap_in_the_file_is_a_clear_error(saved: Path, changes: str) -> None:
    database = sqlite3.connect(saved)
    database.executescript(changes)
    database.close()
    with pytest.raises(BadCase):
        read_case(saved)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.99])
def test_a_file_cut_off_is_said_and_left_as_it_is(saved: Path, share: float) -> None:
    whole = saved.read_bytes()
    saved.write_bytes(whole[: int(len(whole) * share)])
    cut = saved.read_bytes()
    with pytest.raises(BadCase):
        read_case(saved)
    assert saved.read_bytes() == cut


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(min_value=100, max_value=60_000), st.binary(min_size=1, max_size=64))
def test_any_damage_gives_a_case_or_a_clear_error(saved: Path, at: int, bytes_written: bytes) -> None:
    whole = saved.read_bytes()
    damaged = saved.parent / "damaged.case"
    damaged.write_bytes(whole[:at] + bytes_written + whole[at + len(bytes_written) :])
    with suppress(BadCase):
        read_case(damaged)
