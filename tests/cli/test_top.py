"""`tenmatsu top --once` as people and scripts call it, beside processes that really run."""

import csv
import io
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tenmatsu.cli.main import main

# The kernel keeps fifteen characters of a name; this is the program of 2010 (R9).
NAME = "hald-addon-storage"
OTHERS = "hald-runner"


@pytest.fixture
def starter(tmp_path: Path) -> Path:
    """A shell that starts a program of that name again and again, at most 40 s long."""
    shutil.copy("/bin/true", tmp_path / NAME)
    shutil.copy("/bin/sh", tmp_path / OTHERS)
    (tmp_path / "loop").write_text(
        'end=$(($(date +%s) + 40)); while [ "$(date +%s)" -lt $end ]; do ./hald-addon-storage --poll; done\n'
    )
    return tmp_path


@contextmanager
def starting(folder: Path) -> Iterator[None]:
    with subprocess.Popen([folder / OTHERS, "loop"], cwd=folder) as running:
        try:
            yield
        finally:
            running.kill()


def run_top(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tenmatsu", "top", "--once", "--for", "1.5s", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_the_program_of_2010_is_named_with_its_starter_and_meaning(starter: Path) -> None:
    with starting(starter):
        ran = run_top("--json", "--filter", "hald-addon")
    told = json.loads(ran.stdout)
    nameless = told["completeness"]["rung"] in ("proc", "connector")
    assert ran.returncode == (3 if nameless else 0), ran.stderr
    if nameless:
        pytest.skip("there is no better way here: names of the short-lived need root")
    # Our own command line holds the word as well, as `ps | grep` shows the grep.
    (row,) = (one for one in told["rows"] if one["name"] == NAME)
    assert row["comm"] == NAME[:15]
    assert row["started"] > 20
    assert row["exit_codes"] == {"0": row["ended"]}
    assert list(row["parents"]) == [OTHERS]
    assert row["commands"] == ["./hald-addon-storage --poll"]
    assert "removable drive" in row["what"]


def test_completeness_has_what_the_page_promises(starter: Path) -> None:
    with starting(starter):
        told: Mapping[str, Any] = json.loads(run_top("--json").stdout)
    seen = told["completeness"]
    assert seen["forks_counted"] > 20
    assert 0 <= seen["exits_captured"] <= seen["exits_counted"] + 5
    for key in (
        "rung", "cpu_attributed_seconds", "cpu_used_seconds", "events_lost", "probe_cpu_seconds",
        "probe_max_rss_bytes",
    ):  # fmt: skip
        assert key in seen
    assert told["hosts"][0]["gaps"] == []


def test_the_table_fits_and_says_how_complete_it_is(starter: Path) -> None:
    with starting(starter):
        ran = run_top("--lang", "ja", "--by", "parent")
    lines = ran.stdout.splitlines()
    assert "捕捉" in lines[1]
    assert OTHERS in ran.stdout
    assert max(map(width, lines)) <= 80


def width(line: str) -> int:
    from rich.cells import cell_len

    return cell_len(line)


def test_csv_is_a_table() -> None:
    rows = list(csv.DictReader(io.StringIO(run_top("--csv").stdout)))
    assert rows
    assert {"name", "started", "cpu_seconds", "captured_percent"} <= set(rows[0])


def test_ctrl_c_ends_the_window_early_and_shows_what_was_seen(starter: Path) -> None:
    command = [sys.executable, "-m", "tenmatsu", "top", "--once", "--for", "5m", "--json"]
    with starting(starter), subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        for _ in range(3):  # hello, and looks
            before = written_by_children(running.pid)
            until(lambda before=before: written_by_children(running.pid) > before)  # type: ignore[misc]
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate(timeout=30)
    assert running.returncode in (0, 3)  # 3: names of the short-lived need root
    assert json.loads(out)["window"]["seconds"] < 30


def written_by_children(pid: int) -> int:
    """Return how many bytes our probe has told so far."""
    lists = (thread / "children" for thread in Path(f"/proc/{pid}/task").iterdir())
    children = [child for one in lists for child in one.read_text().split()]
    told = [Path(f"/proc/{child}/io").read_text() for child in children]
    return sum(int(one.split("wchar: ")[1].split()[0]) for one in told)


def until(condition: Callable[[], object]) -> None:
    late = time.monotonic() + 20
    while not condition() and time.monotonic() < late:
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--for", "0.5s", "--once"], "from 1s to 10m"),
        (["--for", "2h", "--once"], "from 1s to 10m"),
        (["--on", "a,,b", "--once"], "--on"),
        (["--once", "--json", "--csv"], "not both"),
        (["--json"], "--once"),
        ([], "needs a terminal"),
    ],
)
def test_wrong_use_is_one_clear_line(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["top", *words]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert len(error.splitlines()) == 1
