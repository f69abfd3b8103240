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
from tenmatsu.probe.proc_files import count_kernel
from tenmatsu.probe.rung import Options

Spin = Callable[[str], Path]
NOBODY = 65534
LEAST = 0.9
MOST_RSS_BYTES = 20_000_000
# No other rung: since Linux 6.6 everybody may use the connector.
OPTIONS = Options(interval_seconds=0.1, rungs=("proc",))


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


def test_without_rights_it_says_why_nothing_better_is_used(as_nobody: tuple[list[str], str]) -> None:
    before, python = as_nobody
    with Watched(OPTIONS._replace(rungs=()), before=before, python=python) as watched:
        hello = watched.told.hello
    assert hello
    assert hello.cpu == "none"
    assert (hello.refused[0].rung, hello.refused[0].why) == ("ebpf", "not_permitted")
    assert all(one.why and one.reason for one in hello.refused)


# On a busy machine a look costs more and is made less often: only a longer storm is met by enough then.
LENGTHS = ("0.8", "2", "5")


@pytest.mark.parametrize("rate", [200, 2000, 0])
def test_a_storm_is_counted_and_its_time_found(watched: Watched, storm: Path, spin: Spin, rate: int) -> None:
    path = spin(f"unseen-{rate}")
    before = count_kernel().forks
    started, cpu = 0, 0.0
    with watched:
        for length in LENGTHS:
            made = make_storm([storm, "rate", str(rate), length, path, "2000000", "0"])
            told = watched.wait_for_looks(2)
            started, cpu = started + made.started + 1, cpu + made.cpu
            # What it was left last goes to its own parent.
            if inherited(told, storm.name) >= 0.6 * cpu:
                break
        else:
            pytest.fail("even a long storm's time was not found")
    # Others on this machine start processes too, so it lies between the storm's count and all there were.
    assert started <= told.started_by_kernel() <= count_kernel().forks - before
    everybody = sum(look.cpu.parents_ns + look.cpu.living_ns for look in told.looks) / NS
    assert everybody >= LEAST * cpu


def test_who_starts_is_told_though_no_time_was_used(watched: Watched, storm: Path, spin: Spin) -> None:
    faults: dict[str, int] = {}
    with watched:
        for length in LENGTHS:
            make_storm([storm, "rate", "500", length, spin("no-cpu"), "0", "0"])
            faults = faults_by_starter(watched.wait_for_looks(2))
            if storm.name in faults:
                break
    assert faults[storm.name] > 100
    assert faults.get(Path(sys.executable).resolve().name, 0) < faults[storm.name]  # what started the storm


def faults_by_starter(told: Told) -> dict[str, int]:
    faults: dict[str, int] = {}
    for look in told.looks:
        for one in look.living.starters if look.living else ():
            faults[one.name] = faults.get(one.name, 0) + one.faults
    return faults


def test_it_stays_small(watched: Watched) -> None:
    with watched:
        told = watched.wait_for_looks(6)
    assert told.looks[-1].cost.max_rss_bytes <= MOST_RSS_BYTES


def test_the_living_are_told_once_and_their_end_too(watched: Watched, tmp_path: Path) -> None:
    sleeper = shutil.copy(shutil.which("sleep") or "", tmp_path / "my-own-sleep")
    with watched:
        watched.wait_for_looks(1)
        process = subprocess.Popen([sleeper, "100"])
        watched.wait_for(lambda told: bool(told.living("my-own-sleep")))
        watched.wait_for(lambda told: bool(told.samples("my-own-sleep")))
        process.terminate()
        process.wait()
        told = watched.wait_for(lambda told: told.ended(name="my-own-sleep") > 0)
    rows = [one for one in told.living("my-own-sleep") if one.new or not one.alive]
    assert [(one.alive, one.new) for one in rows][-2:] == [(1, 1), (0, 0)] or len(rows) == 3
    assert told.statuses(name="my-own-sleep") == {None: 1}
    assert told.samples("my-own-sleep")[0].arguments == (str(sleeper), "100")


def test_the_group_that_names_the_service_is_chosen() -> None:
    assert pick_cgroup(b"0::/system.slice/httpd.service\n") == "/system.slice/httpd.service"
    hybrid = b"3:cpu,cpuacct:/\n1:name=systemd:/system.slice/httpd.service\n0::/\n"
    assert pick_cgroup(hybrid) == "/system.slice/httpd.service"
    assert pick_cgroup(b"4:memory:/x\n") == ""
    assert pick_cgroup(b"\n::\n0::/a:b\xff\n") == "/a:b\udcff"
