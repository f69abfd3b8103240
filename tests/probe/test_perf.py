"""The perf rung: its records, and real storms beside it."""

import os
import signal
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.probe.watching import WITHOUT_RIGHTS, Told, Watched, make_storm, not_here

from tenmatsu.probe.perf_call import parse_cpus
from tenmatsu.probe.perf_records import COMM, EXIT, FORK, SAMPLE, parse_records
from tenmatsu.probe.rung import Options
from tenmatsu.probe.rung_perf import PerfRung

Spin = Callable[[str], Path]
OPTIONS = Options(interval_seconds=0.1, rungs=("perf",))
NOBODY = 65534
# What of the truth by getrusage(2) about 1,000 samples find, neighbours or not.
LEAST, MOST = 0.5, 1.3
ROUNDS = "200000"


def task(kind: int, pid: int, tid: int, parent: int, now: int) -> bytes:
    return struct.pack("=IHHIIIIQIIQ", kind, 0, 48, pid, parent, tid, parent, now, pid, tid, now)


def comm(pid: int, name: bytes, misc: int) -> bytes:
    padded = name.ljust(16, b"\0")
    return struct.pack("=IHHII16sIIQ", COMM, misc, 48, pid, pid, padded, pid, pid, 9)


def test_records_are_read() -> None:
    sample = struct.pack("=IHHIIQ", SAMPLE, 2, 24, 7, 8, 5)
    lost = struct.pack("=IHHQQIIQ", 2, 0, 40, 1, 42, 7, 7, 6)
    unknown = struct.pack("=IHHQ", 77, 0, 16, 1)
    data = task(FORK, 7, 7, 3, 4) + sample + lost + unknown + comm(7, b"a b\xff)", 1 << 13)
    taken = parse_records(data + comm(7, b"x", 0) + task(EXIT, 7, 8, 3, 10))
    assert taken.events == [
        (4, FORK, 7, 7, 3, 3, b""),
        (5, SAMPLE, 7, 8, 0, 0, b""),
        (9, COMM, 7, 7, 1, 0, b"a b\xff)"),
        (9, COMM, 7, 7, 0, 0, b"x"),
        (10, EXIT, 7, 8, 3, 3, b""),
    ]
    assert (taken.lost, taken.forks, taken.exits) == (42, 1, 1)


@pytest.mark.parametrize("data", [bytes(8), task(EXIT, 1, 1, 1, 1)[:-20], b"\x04\0\0\0\0\0\x30\0"])
def test_what_is_no_record_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="perf record"):
        parse_records(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_records_or_refused(data: bytes) -> None:
    with suppress(ValueError):
        parse_records(data)


def test_lists_of_processors_are_read() -> None:
    assert parse_cpus(b"0-3,8,10-11\n") == [0, 1, 2, 3, 8, 10, 11]


@pytest.fixture(scope="module")
def why_not() -> str:
    return not_here("perf")


@pytest.fixture
def perf(why_not: str) -> None:
    if why_not:
        pytest.skip(why_not)


def settle(watched: Watched, name: str, processes: int) -> Told:
    watched.wait_for(lambda told: told.ended(name=name) >= processes)
    return watched.wait_for_looks(3)  # nothing may be told twice


def assert_complete(told: Told) -> None:
    least, most = told.forks_seen()
    assert least <= told.started_by_kernel() <= most
    assert not told.lost()
    assert not told.others


@pytest.mark.usefixtures("perf")
def test_without_the_right_it_says_which_is_missing() -> None:
    with Watched(OPTIONS, WITHOUT_RIGHTS) as watched:
        hello = watched.told.hello
    assert hello
    refused = next(one for one in hello.refused if one.rung == "perf")
    assert refused.why == "not_permitted"
    assert "kernel.perf_event_paranoid" in refused.reason


@pytest.mark.usefixtures("perf")
@pytest.mark.parametrize("rate", [200, 2000, 0])
def test_every_process_of_a_storm_is_told(storm: Path, spin: Spin, rate: int) -> None:
    name = f"rate-{rate}"
    with Watched(OPTIONS) as watched:
        made = make_storm([storm, "rate", str(rate), "0.7", spin(name), ROUNDS, "7"])
        told = settle(watched, name, made.started)
    assert told.hello
    assert (told.hello.rung, told.hello.cpu) == ("perf", "partly")
    assert any("samples a second" in remark for remark in told.hello.remarks)
    assert told.ended(name=name) == made.started
    assert told.statuses(name=name) == {None: made.started}
    assert told.parents(name) == {storm.name}
    assert_complete(told)


@pytest.mark.usefixtures("perf")
def test_the_time_of_many_is_estimated(storm: Path) -> None:
    with Watched(OPTIONS) as watched:
        made = make_storm([storm, "fork", "300", "6000000", "0"])  # about 3 ms each
        told = settle(watched, storm.name, made.started + 1)
    rows = told.rows(name=storm.name, parent=storm.name)
    assert sum(row.processes for row in rows) == made.started
    assert LEAST <= sum(row.cpu_ns or 0 for row in rows) / 1e9 / made.cpu <= MOST
    assert all(row.life_ns for row in rows)


@pytest.mark.usefixtures("perf")
def test_a_process_of_many_threads_is_one_and_ends_once(storm: Path) -> None:
    with Watched(OPTIONS) as watched:
        made = [make_storm([storm, "threads", "50", "4", "100000", how]) for how in ("join", "leave", "lead")]
        make_storm([storm, "churn", "0.2", "500", "1000"])
        processes = sum(one.started for one in made)
        told = settle(watched, storm.name, processes + 4)
    assert told.ended(name=storm.name, parent=storm.name) == processes
    assert told.ended(name=storm.name) == processes + 4
    assert_complete(told)


@pytest.mark.usefixtures("perf")
def test_who_started_a_process_is_told_though_it_died_first(storm: Path, spin: Spin) -> None:
    path = spin("orphan")
    with Watched(OPTIONS) as watched:
        make_storm([storm, "orphan", "100", path, ROUNDS, "4"])
        told = settle(watched, path.name, 100)
    assert told.ended(name=path.name) == 100
    assert told.parents(path.name) == {"storm-starter"}
    assert told.ended(name="storm-starter", parent=storm.name) == 100


@pytest.mark.usefixtures("perf")
def test_an_exec_chain_is_one_process(storm: Path) -> None:
    with Watched(OPTIONS) as watched:
        made = make_storm([storm, "rate", "50", "0.5", storm, "step", "5", "1000", "6"])
        told = settle(watched, storm.name, made.started + 1)
    assert told.ended(name=storm.name, parent=storm.name) == made.started


@pytest.mark.usefixtures("perf")
@pytest.mark.parametrize("words", [["newpids"], ["user", str(NOBODY)]])
def test_neither_a_pid_namespace_nor_another_user_hides_anything(
    storm: Path, spin: Spin, words: list[str]
) -> None:
    path = spin("elsewhere")
    with Watched(OPTIONS) as watched:
        made = make_storm([storm, *words, "rate", "500", "0.4", path, "1000", "4"])
        told = settle(watched, path.name, made.started)
    assert told.ended(name=path.name) == made.started
    assert all(row.parent_pids[0] > 1 for row in told.rows(name=path.name))


@pytest.mark.usefixtures("perf")
def test_names_come_as_they_are(storm: Path, spin: Spin) -> None:
    with Watched(OPTIONS) as watched:
        for name in ["a (b) [c] d", "x) R 1 2 3", 'q"\\\x01\x1b[31m', "\udcff\udcfe name"]:
            shown = os.fsencode(name).decode("utf-8", "backslashreplace")
            made = make_storm([storm, "rate", "200", "0.1", spin(name), "1000", "4"])
            assert settle(watched, shown, made.started).ended(name=shown) == made.started


@pytest.mark.usefixtures("perf")
def test_what_did_not_fit_is_told_as_lost(storm: Path) -> None:
    rung = PerfRung()
    rung.ring_bytes = 32 << 10
    try:
        rung.open(OPTIONS)
        before = rung.count().forks
        made = make_storm([storm, "fork", "2000", "0", "0"])
        seen = rung.count().forks
        assert before is not None
        assert seen is not None
        assert seen - before < made.started
        lost = 0
        late = time.monotonic() + 10
        # The kernel tells of it when there is room again and something else happens on that processor.
        while lost < made.started - (seen - before) and time.monotonic() < late:
            make_storm([storm, "fork", "10", "1000", "0"])
            lost += rung.collect().losses.get("records_lost", 0)
    finally:
        rung.close()
    # Each fork that was not seen is a record that was lost.
    assert lost >= made.started - (seen - before)


@pytest.mark.usefixtures("perf")
def test_a_process_that_a_look_met_is_charged_once(storm: Path) -> None:
    """It used half of its time before the look: what /proc charged it then is not charged again."""
    with Watched(OPTIONS) as watched:
        made = make_storm([storm, "churn", "1", "500", "4000000"])
        told = settle(watched, storm.name, 1)
    assert told.cpu(storm.name) <= made.own_cpu * MOST + 0.05
    assert told.living(storm.name)


@pytest.mark.usefixtures("perf")
def test_nothing_is_left_after_a_signal() -> None:
    with Watched(OPTIONS) as watched:
        pid = watched.pid
        assert any("perf_event" in one for one in open_files(pid))
        os.kill(pid, signal.SIGTERM)
        late = time.monotonic() + 10
        while not watched.told.others and time.monotonic() < late:
            time.sleep(0.02)
        assert [getattr(one, "code", None) for one in watched.told.others] == [0]


def open_files(pid: int) -> list[str]:
    links = Path(f"/proc/{pid}/fd").iterdir()
    return [str(link.readlink()) for link in links if link.is_symlink()]
