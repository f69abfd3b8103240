"""Processes over several looks: who used what, who came and went, who is stuck."""

import os
from pathlib import Path

import pytest
from tests.sight.folder_reach import FolderReach
from tests.sight.looking import look_at, look_at_recorded

from tenmatsu.model.evidence import Event
from tenmatsu.sight import processes
from tenmatsu.sight.scene import Page

TICKS = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
Process = tuple[int, str, str, int, int, int]  # pid, name, state, parent, own ticks, children's ticks


def record(folder: Path, *moments: list[Process], started: int = 7) -> FolderReach:
    """Return a machine with these processes, moment by moment."""
    for number, present in enumerate(moments):
        (folder / str(number) / "proc").mkdir(parents=True)
        for pid, name, state, parent, own, children in present:
            fields = f"{state} {parent} 0 0 0 -1 0 0 0 0 0 {own} 0 {children} 0 20 0 1 0 {started} 0 100"
            path = folder / str(number) / "proc" / str(pid) / "stat"
            path.parent.mkdir()
            path.write_text(f"{pid} ({name}) {fields}\n")
    return FolderReach(folder, pulse="/proc")


def events(page: Page, name: str) -> dict[str, Event]:
    return {event.text("process.command"): event for event in page.events if event.name == name}


def usage(page: Page) -> dict[str, tuple[float, float]]:
    """Return, by command, its own CPU and that of its unseen children, in ticks."""
    return {
        command: (
            round((event.number("cpu_seconds") or 0) * TICKS),
            round((event.number("unseen_children_cpu_seconds") or 0) * TICKS),
        )
        for command, event in events(page, "process.usage").items()
    }


def test_a_recorded_storm_shows_in_the_unseen_children_of_who_starts_it() -> None:
    page = look_at_recorded(processes.SIGHT, "machine-processes", pulse="/proc", rounds=4)
    assert usage(page) == {"starter": (2, 83), "loop (1) R": (75, 0)}
    loop = events(page, "process.usage")["loop (1) R"]
    assert dict(loop.attributes) == {
        "process.pid": 753,
        "process.command": "loop (1) R",
        "process.parent_pid": 751,
        "cpu_seconds": 75 / TICKS,
        "unseen_children_cpu_seconds": 0.0,
        "memory_bytes": 390 * PAGE_BYTES,
        "looks": 4,
        "of_looks": 4,
        "running_looks": 4,
        "alive": True,
        "from_start": True,
    }
    perl = events(page, "process.program")["perl"]
    assert dict(perl.attributes) == {
        "process.command": "perl",
        "cpu_seconds": 0.0,
        "alive": 1,
        "begun": 2,
        "ended": 2,
        "brief": 1,
        "parents": "starter",
    }
    assert page.look.read.en == "8 processes seen"


def test_a_child_that_was_seen_is_charged_to_itself_alone(tmp_path: Path) -> None:
    reach = record(
        tmp_path,
        [(10, "sh", "S", 1, 5, 0), (11, "job", "R", 10, 3, 0)],
        [(10, "sh", "S", 1, 5, 0), (11, "job", "R", 10, 40, 0)],
        [(10, "sh", "S", 1, 6, 40)],
    )
    assert usage(look_at(processes.SIGHT, reach, rounds=3)) == {"job": (37, 0), "sh": (1, 0)}


def test_who_begins_within_the_window_is_charged_with_all_it_used(tmp_path: Path) -> None:
    reach = record(
        tmp_path, [(1, "init", "S", 0, 9, 9)], [(1, "init", "S", 0, 9, 9), (50, "new", "R", 1, 25, 4)]
    )
    page = look_at(processes.SIGHT, reach)
    assert usage(page) == {"new": (25, 4)}
    assert events(page, "process.program")["new"].attributes["parents"] == "init"


def test_a_pid_that_was_used_again_is_another_process(tmp_path: Path) -> None:
    record(tmp_path, [(10, "old", "R", 1, 500, 0)])
    (tmp_path / "1").mkdir()
    other = record(tmp_path / "later", [(10, "new", "R", 1, 3, 0)], started=99)
    (tmp_path / "later" / "0" / "proc").rename(tmp_path / "1" / "proc")
    (tmp_path / "later" / "0").rmdir()
    del other
    page = look_at(processes.SIGHT, FolderReach(tmp_path, pulse="/proc"))
    assert usage(page) == {"new": (3, 0)}
    assert events(page, "process.program")["old"].attributes["ended"] == 1


def test_who_used_nothing_is_no_usage_but_a_program(tmp_path: Path) -> None:
    page = look_at(processes.SIGHT, record(tmp_path, [(10, "idle", "S", 1, 5, 0)]))
    assert usage(page) == {}
    assert events(page, "process.program")["idle"].attributes["alive"] == 1


@pytest.mark.parametrize(
    ("states", "stuck"),
    [("DDDD", True), ("DDSS", True), ("DSSS", False), ("SSSS", False)],
)
def test_half_of_the_looks_in_state_d_are_stuck(tmp_path: Path, states: str, stuck: bool) -> None:
    moments = [[(10, "nfsd", state, 2, 0, 0), (11, "nfsd", state, 2, 0, 0)] for state in states]
    page = look_at(processes.SIGHT, record(tmp_path, *moments), rounds=4)
    found = events(page, "process.stuck")
    assert {name: event.number("processes") for name, event in found.items()} == (
        {"nfsd": 2} if stuck else {}
    )


def test_with_many_processes_it_looks_less_often_and_stuck_ones_are_still_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_PROCESSES_PER_SECOND", 1)
    busy = [(number, "nfsd", "D", 2, number, 0) for number in range(10, 13)]
    page = look_at(processes.SIGHT, record(tmp_path, busy), rounds=10)
    assert events(page, "process.stuck")["nfsd"].number("processes") == 3
    assert usage(page) == {}
    more = [(number, "nfsd", "D", 2, number + 5, 0) for number in range(10, 13)]
    page = look_at(processes.SIGHT, record(tmp_path / "more", busy, more), rounds=10)
    seen = events(page, "process.usage")["nfsd"]
    assert seen.number("looks") == seen.number("of_looks") == 4  # beats 0, 3, 6 and the last


def test_names_in_proc_that_are_no_process_and_processes_that_end_meanwhile(tmp_path: Path) -> None:
    reach = record(tmp_path, [(10, "sh", "S", 1, 5, 0)])
    (tmp_path / "0" / "proc" / "self").mkdir()
    (tmp_path / "0" / "proc" / "77").mkdir()  # listed, and gone when it is read
    assert look_at(processes.SIGHT, reach).look.read.en == "1 processes seen"


def test_only_the_busiest_are_told_of(tmp_path: Path) -> None:
    before = [(number, f"p{number}", "R", 1, 0, 0) for number in range(100, 200)]
    after = [(number, f"p{number}", "R", 1, number, 0) for number in range(100, 200)]
    page = look_at(processes.SIGHT, record(tmp_path, before, after))
    assert set(usage(page)) == {f"p{number}" for number in range(160, 200)}
