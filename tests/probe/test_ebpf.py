"""The eBPF rung beside real storms: everything that was started is told, and nothing else."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.probe.watching import Told, Watched, make_storm

from tenmatsu.probe.rung import Options

pytestmark = pytest.mark.usefixtures("ebpf")

Spin = Callable[[str], Path]
NOBODY = 65534
# CPU: what of the truth by getrusage(2) must be attributed. Rounds: about 0.1 ms.
LEAST, MOST = 0.97, 1.03
ROUNDS = "200000"
OPTIONS = Options(interval_seconds=0.1)
EITHER_KERNEL = pytest.mark.parametrize(
    "options",
    [OPTIONS, OPTIONS._replace(old_exit_tracepoint=True)],
    ids=["this kernel's exit tracepoint", "as before 6.16"],
)


def settle(watched: Watched, name: str, processes: int, cpu_seconds: float) -> Told:
    """Wait until all was told, and a look longer: nothing may be told twice."""
    watched.wait_for(
        lambda told: told.ended(name=name) >= processes and told.cpu(name) >= LEAST * cpu_seconds
    )
    return watched.wait_for_looks(2)


def assert_complete(told: Told) -> None:
    least, most = told.forks_seen()
    assert least <= told.started_by_kernel() <= most
    assert not told.lost()
    assert not told.others


@pytest.mark.parametrize("rate", [200, 2000, 0])
def test_every_process_of_a_storm_is_told(storm: Path, spin: Spin, rate: int) -> None:
    name = f"rate-{rate}"
    with Watched(OPTIONS) as watched:
        made = make_storm([storm, "rate", str(rate), "0.7", spin(name), ROUNDS, "7"])
        told = settle(watched, name, made.started, made.cpu)
    assert told.ended(name=name) == made.started
    assert told.statuses(name=name) == {7 << 8: made.started}
    assert LEAST <= told.cpu(name) / made.cpu <= MOST
    assert told.parents(name) == {storm.name}
    assert_complete(told)


def test_ten_short_storms_in_a_row_lose_nothing(storm: Path, spin: Spin) -> None:
    path = spin("ten-in-a-row")
    started = 0
    with Watched(OPTIONS) as watched:
        for _ in range(10):
            started += make_storm([storm, "rate", "0", "0.2", path, "1000", "0"]).started
        told = settle(watched, path.name, started, 0)
    assert told.ended(name=path.name) == started
    assert_complete(told)


@EITHER_KERNEL
@pytest.mark.parametrize(("how", "status"), [("join", 3 << 8), ("leave", 3 << 8), ("lead", 0)])
def test_a_process_of_many_threads_is_one_with_all_their_time(
    storm: Path, options: Options, how: str, status: int
) -> None:
    with Watched(options) as watched:
        made = make_storm([storm, "threads", "100", "4", "1000000", how])
        told = settle(watched, storm.name, made.started + 1, made.cpu + made.own_cpu)
    assert told.ended(name=storm.name, parent=storm.name) == made.started
    assert told.statuses(name=storm.name, parent=storm.name) == {status: made.started}
    assert LEAST <= told.cpu(storm.name) / (made.cpu + made.own_cpu) <= MOST
    assert_complete(told)


def test_threads_of_a_living_process_count_once(storm: Path) -> None:
    with Watched(OPTIONS) as watched:
        made = make_storm([storm, "churn", "0.7", "500", ROUNDS])
        told = settle(watched, storm.name, 1, made.own_cpu)
    assert told.ended(name=storm.name) == 1
    # /proc counts in hundredths of a second, and a thread's last slice only at its end.
    assert LEAST <= told.cpu(storm.name) / made.own_cpu <= 1.1
    assert_complete(told)


@EITHER_KERNEL
def test_who_started_a_process_is_told_though_it_died_first(
    storm: Path, spin: Spin, options: Options
) -> None:
    path = spin("orphan")
    with Watched(options) as watched:
        made = make_storm([storm, "orphan", "100", path, ROUNDS, "4"])
        told = settle(watched, path.name, 100, 0)
    assert told.ended(name=path.name) == 100
    assert told.parents(path.name) == {"storm-starter"}
    assert told.statuses(name="storm-starter", parent=storm.name) == {0: 100}
    assert made.started == 200


def test_forks_without_exec_bear_the_name_of_what_forked(storm: Path) -> None:
    with Watched(OPTIONS) as watched:
        made = make_storm([storm, "fork", "300", ROUNDS, "9"])
        told = settle(watched, storm.name, made.started + 1, made.cpu + made.own_cpu)
    assert told.statuses(name=storm.name, parent=storm.name) == {9 << 8: made.started}
    assert LEAST <= told.cpu(storm.name) / (made.cpu + made.own_cpu) <= MOST


def test_signals_are_told(storm: Path) -> None:
    with Watched(OPTIONS) as watched:
        made = make_storm([storm, "kill", "100", "9"])
        told = settle(watched, storm.name, made.started + 1, 0)
    assert told.statuses(name=storm.name, parent=storm.name) == {9: made.started}
    row = told.rows(name=storm.name, parent=storm.name)[0]
    assert (row.signal, row.exit_code) == (9, None)


def test_an_exec_chain_is_one_process_with_the_time_of_all(storm: Path) -> None:
    with Watched(OPTIONS) as watched:
        made = make_storm([storm, "rate", "50", "0.5", storm, "step", "5", ROUNDS, "6"])
        told = settle(watched, storm.name, made.started + 1, made.cpu + made.own_cpu)
    assert told.statuses(name=storm.name, parent=storm.name) == {6 << 8: made.started}
    assert LEAST <= told.cpu(storm.name) / (made.cpu + made.own_cpu) <= MOST


def test_a_pid_namespace_hides_nothing(storm: Path, spin: Spin) -> None:
    path = spin("in-container")
    with Watched(OPTIONS) as watched:
        made = make_storm([storm, "newpids", "rate", "500", "0.5", path, ROUNDS, "4"])
        told = settle(watched, path.name, made.started, made.cpu)
    assert told.ended(name=path.name) == made.started
    assert LEAST <= told.cpu(path.name) / made.cpu <= MOST
    assert all(row.parent_pids[0] != made.pid == 1 for row in told.rows(name=path.name))


def test_the_user_is_told(storm: Path, spin: Spin) -> None:
    path = spin("of-nobody")
    with Watched(OPTIONS) as watched:
        made = make_storm([storm, "user", str(NOBODY), "rate", "200", "0.5", path, ROUNDS, "4"])
        told = settle(watched, path.name, made.started, made.cpu)
    assert told.ended(name=path.name, uid=NOBODY) == made.started
    assert {one.uid for one in told.samples(path.name)} == {NOBODY}


@pytest.mark.parametrize("name", ["a (b) [c] d", "x) R 1 2 3", 'q"\\\x01\x1b[31m', "\udcff\udcfe name"])
def test_names_come_as_they_are(storm: Path, spin: Spin, name: str) -> None:
    path = spin(name)
    shown = os.fsencode(name).decode("utf-8", "backslashreplace")
    with Watched(OPTIONS) as watched:
        made = make_storm([storm, "rate", "200", "0.3", path, "1000", "4"])
        told = settle(watched, shown, made.started, 0)
    assert told.ended(name=shown) == made.started
    assert told.samples(shown)[0].path == os.fsencode(path).decode("utf-8", "backslashreplace")


def test_the_command_line_is_bounded_and_masked(storm: Path, spin: Spin) -> None:
    path = spin("mysql")
    with Watched(OPTIONS) as watched:
        make_storm(
            [storm, "rate", "50", "0.3", path, "1000", "0", "-pS3cret", "--token", "S3cret", "x" * 4096]
        )
        told = watched.wait_for(lambda told: bool(told.samples("mysql")))
    sample = told.samples("mysql")[0]
    assert sample.arguments[1:6] == ("1000", "0", "-p***", "--token", "***")
    assert sample.cut
    assert 500 < len(sample.arguments[6]) < 1024
    assert "S3cret" not in str(told)


def test_more_kinds_than_fit_are_counted_without_a_name(storm: Path, spin: Spin) -> None:
    """A program that ends with each of 256 codes under 20 names and parents: few enough. All are there."""
    paths = [spin(f"kind-{number}") for number in range(4)]
    with Watched(Options(interval_seconds=1.0, most_rows=10)) as watched:
        started = 0
        for code in range(0, 60, 3):
            for path in paths:
                started += make_storm([storm, "rate", "0", "0.002", path, "0", str(code)]).started
        told = watched.wait_for_looks(1)
    assert all(len(look.ended) <= 10 for look in told.looks)
    assert any(look.kinds_together for look in told.looks)
    named = sum(told.ended(name=path.name) for path in paths)
    assert named + told.ended(name="") >= started
    assert_complete(told)
