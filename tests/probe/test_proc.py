"""The `/proc` rung, without any right: the count is the kernel's, the CPU of the dead their parents'."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.probe.watching import NS, Told, Watched, make_storm

from tenmatsu.probe.details import pick_cgroup
from tenmatsu.probe.rung import Options

Spin = Callable[[str], Path]
NOBODY = 65534
LEAST = 0.9
MOST_CPU_MS_A_SECOND = 15
MOST_RSS_BYTES = 20_000_000
OPTIONS = Options(interval_seconds=0.1)


@pytest.fixture(scope="session")
def as_nobody() -> tuple[list[str], str]:
    """The words that make a command nobody's, and a Python that nobody can run."""
    if os.geteuid() != 0:
        return [], sys.executable
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv (util-linux) is not installed")
    before = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs"]
    for python in (sys.executable, shutil.which("python3", path="/usr/bin:/usr/local/bin")):
        if (
            python
            and subprocess.run([*before, python, "-c", "1"], capture_output=True, check=False).returncode == 0
        ):
            return before, python
    pytest.skip("no Python here that another user can run")


@pytest.fixture
def watched(as_nobody: tuple[list[str], str]) -> Watched:
    return Watched(OPTIONS, before=as_nobody[0], python=as_nobody[1])


def inherited(told: Told, name: str) -> float:
    """CPU seconds that parents of this name were left by children nobody saw."""
    looks = (look.living for look in told.looks if look.living)
    return sum(one.cpu_ns for look in looks for one in look.starters if one.name == name) / NS


def test_without_rights_it_says_why_nothing_better_is_used(watched: Watched) -> None:
    with watched:
        hello = watched.told.hello
    assert hello
    assert (hello.rung, hello.cpu) == ("proc", "none")
    assert [one.rung for one in hello.refused][:1] == ["ebpf"]
    assert all(one.why and one.reason for one in hello.refused)


@pytest.mark.parametrize("rate", [200, 2000, 0])
def test_a_storm_is_counted_and_its_time_found(watched: Watched, storm: Path, spin: Spin, rate: int) -> None:
    path = spin(f"unseen-{rate}")
    with watched:
        # The storm lives on for a while: what it was left is read from it while it lives.
        process = subprocess.Popen(
            [str(storm), "rate", str(rate), "0.8", str(path), "2000000", "0"],
            stdout=subprocess.PIPE,
            text=True,
        )
        output, _ = process.communicate()
        told = watched.wait_for_looks(2)
    started = int(output.split('"started":')[1].split(",")[0])
    cpu = float(output.split('"cpu":')[1].split(",")[0])
    assert told.started_by_kernel() >= started + 1
    assert told.started_by_kernel() <= started + 1 + 200  # others start processes too
    everybody = sum(look.cpu.parents_ns + look.cpu.living_ns for look in told.looks) / NS
    assert everybody >= LEAST * cpu
    assert inherited(told, "storm") >= 0.6 * cpu  # what it was left last goes to its own parent


def test_who_starts_is_told_though_no_time_was_used(watched: Watched, storm: Path, spin: Spin) -> None:
    with watched:
        made = make_storm([storm, "rate", "500", "0.7", spin("no-cpu"), "0", "0"])
        told = watched.wait_for_looks(2)
    faults: dict[str, int] = {}
    for look in told.looks:
        for one in look.living.starters if look.living else ():
            faults[one.name] = faults.get(one.name, 0) + one.faults
    assert faults["storm"] > made.started
    assert faults.get(Path(sys.executable).resolve().name, 0) < faults["storm"]  # what started the storm


def test_it_costs_little(watched: Watched) -> None:
    with watched:
        told = watched.wait_for_looks(2)
        first = told.looks[-1]
        told = watched.wait_for_looks(4)
        last = told.looks[-1]
    seconds = (last.ended_at - first.ended_at).total_seconds()
    assert (last.cost.cpu_seconds - first.cost.cpu_seconds) / seconds * 1000 <= MOST_CPU_MS_A_SECOND
    assert last.cost.max_rss_bytes <= MOST_RSS_BYTES


def test_the_living_are_told_once_and_their_end_too(watched: Watched, tmp_path: Path) -> None:
    with watched:
        watched.wait_for_looks(1)
        process = subprocess.Popen(["sleep", "100"])
        watched.wait_for(lambda told: bool(told.living("sleep")))
        watched.wait_for_looks(3)
        process.terminate()
        process.wait()
        told = watched.wait_for(lambda told: told.ended(name="sleep") > 0)
    rows = [one for one in told.living("sleep") if one.new or not one.alive]
    assert [(one.alive, one.new) for one in rows][-2:] == [(1, 1), (0, 0)] or len(rows) == 3
    assert told.statuses(name="sleep") == {None: 1}
    assert told.samples("sleep")[0].arguments == ("sleep", "100")


def test_the_group_that_names_the_service_is_chosen() -> None:
    assert pick_cgroup(b"0::/system.slice/httpd.service\n") == "/system.slice/httpd.service"
    hybrid = b"3:cpu,cpuacct:/\n1:name=systemd:/system.slice/httpd.service\n0::/\n"
    assert pick_cgroup(hybrid) == "/system.slice/httpd.service"
    assert pick_cgroup(b"4:memory:/x\n") == ""
    assert pick_cgroup(b"\n::\n0::/a:b\xff\n") == "/a:b\udcff"
