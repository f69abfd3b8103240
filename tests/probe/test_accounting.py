"""The accounting rung: its records, whose accounting it is, and real storms beside it."""

import errno
import os
import signal
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.probe.watching import WITHOUT_RIGHTS, Told, Watched, make_storm, not_here

from tenmatsu.parse.probe_frames import Trouble
from tenmatsu.probe.acct_call import count_written_by_a_child, make_detached_file, switch_on
from tenmatsu.probe.acct_records import Record, parse_records
from tenmatsu.probe.rung import Options
from tenmatsu.probe.rung_accounting import AccountingRung, find_full_file_system

Spin = Callable[[str], Path]
OPTIONS = Options(interval_seconds=0.1, rungs=("accounting",))
NOBODY = 65534
SOON_SECONDS = 10

# What Linux 6.18 wrote of a process that slept.
RECORDED = bytes.fromhex(
    "0003000000000000000000000000000013430000104300009ea6066b00004843"
    "00000000680b44050000630001000000736c6565700000000000000000000000"
)


def test_records_of_version_3_are_read() -> None:
    made = struct.pack(
        "=BBHIIIIIIfHHHHHHHH16s",
        *(1, 3, 0, 7 << 8, NOBODY, 5, 42, 7, 1, 250.0, 1 << 13 | 3, 4),
        *(0, 0, 0, 0, 0, 0, b"a (b) \xff\0rest"),
    )
    assert parse_records(RECORDED) == [Record(17171, 17168, 0, 0, 200, 0, b"sleep")]
    assert parse_records(made + made[:63]) == [Record(42, 7, NOBODY, 7 << 8, 250, 28, b"a (b) \xff")]


def test_records_of_version_2_are_read() -> None:
    made = struct.pack(
        "=BBHHHIHHHHHHHHHHI17sBHII",
        *(1, 2, 0, 0, 0, 1, 3, 4, 250, 0, 0, 0, 0, 0, 0, 100, 9, b"name", 0, 250, NOBODY, 5),
    )
    assert parse_records(made * 2) == [Record(0, 0, NOBODY, 9, 250, 7, b"name")] * 2


def test_other_records_are_refused() -> None:
    assert parse_records(bytes(63)) == []
    with pytest.raises(ValueError, match="version 0"):
        parse_records(bytes(64))


@given(st.binary(min_size=64, max_size=64), st.sampled_from([2, 3]))
def test_any_bytes_are_a_record(data: bytes, version: int) -> None:
    assert len(parse_records(data[:1] + bytes([version]) + data[2:])) == 1


@pytest.mark.usefixtures("accounting")
def test_without_the_right_it_says_which_is_missing() -> None:
    with Watched(OPTIONS, WITHOUT_RIGHTS) as watched:
        hello = watched.told.hello
    assert hello
    refused = next(one for one in hello.refused if one.rung == "accounting")
    assert refused.why == "not_permitted"
    assert "CAP_SYS_PACCT" in refused.reason


@pytest.fixture(scope="module")
def why_not() -> str:
    return "the accounting rung needs root" if os.geteuid() else not_here("accounting")


class Accounted(Watched):
    """A probe with this rung. Where somebody else took accounting meanwhile, the test cannot be made."""

    def __enter__(self) -> "Accounted":
        super().__enter__()
        hello = self.told.hello
        if hello is None or hello.rung != "accounting":
            self.line.close()
            pytest.skip(str(hello and hello.refused))
        return self


@pytest.fixture
def accounting(why_not: str) -> None:
    if why_not:
        pytest.skip(why_not)


@pytest.fixture
def somebody(why_not: str) -> Iterator[Callable[[], int]]:
    """Somebody else who uses accounting; into a file like ours, so that it ends with the test."""
    if why_not:
        pytest.skip(why_not)
    files = []

    def begin() -> int:
        files.append(make_detached_file(1 << 20).descriptor)
        switch_on(files[0])
        return files[0]

    yield begin
    for file in files:
        os.close(file)


def settle(watched: Watched, name: str, processes: int) -> Told:
    watched.wait_for(lambda told: told.ended(name=name) >= processes)
    return watched.wait_for_looks(2)  # nothing may be told twice


@pytest.mark.usefixtures("accounting")
@pytest.mark.parametrize("rate", [200, 2000, 0])
def test_every_process_of_a_storm_is_told(storm: Path, spin: Spin, rate: int) -> None:
    name = f"rate-{rate}"
    with Accounted(OPTIONS) as watched:
        made = make_storm([storm, "rate", str(rate), "0.7", spin(name), "200000", "7"])
        told = settle(watched, name, made.started)
    assert told.hello
    assert told.hello.cpu == "none"
    assert told.ended(name=name) == made.started
    assert told.statuses(name=name) == {7 << 8: made.started}
    assert told.parents(name) == {storm.name}
    assert not told.lost()
    assert not told.others


@pytest.mark.usefixtures("accounting")
def test_a_process_of_many_threads_is_one(storm: Path) -> None:
    with Accounted(OPTIONS) as watched:
        made = [make_storm([storm, "threads", "50", "4", "100000", how]) for how in ("join", "leave", "lead")]
        processes = sum(one.started for one in made)
        told = settle(watched, storm.name, processes + 3)
    assert told.statuses(name=storm.name, parent=storm.name) == {3 << 8: 100, 0: 50}
    assert told.ended(name=storm.name) == processes + 3


@pytest.mark.usefixtures("accounting")
def test_orphans_signals_and_exec_chains_are_told(storm: Path, spin: Spin) -> None:
    path = spin("orphan")
    with Accounted(OPTIONS) as watched:
        make_storm([storm, "orphan", "50", path, "200000", "4"])
        make_storm([storm, "kill", "50", "9"])
        made = make_storm([storm, "rate", "50", "0.3", storm, "step", "5", "1000", "6"])
        told = settle(watched, storm.name, 50 + made.started + 3)
        told = settle(watched, path.name, 50)
    assert told.statuses(name=path.name) == {4 << 8: 50}
    # Whose child it was at its end. Who started it is not told, and the remarks say so.
    assert told.parents(path.name) == {storm.name}
    assert told.hello
    assert any("orphan" in remark for remark in told.hello.remarks)
    assert told.statuses(name=storm.name, parent=storm.name) == {9: 50, 6 << 8: made.started}


@pytest.mark.usefixtures("accounting")
def test_a_pid_namespace_hides_nothing(storm: Path, spin: Spin) -> None:
    path = spin("in-container")
    with Accounted(OPTIONS) as watched:
        made = make_storm([storm, "newpids", "rate", "500", "0.4", path, "1000", "4"])
        told = settle(watched, path.name, made.started)
    assert told.ended(name=path.name) == made.started
    assert all(row.parent_pids[0] > 1 for row in told.rows(name=path.name))


@pytest.mark.usefixtures("accounting")
def test_the_user_is_told(storm: Path, spin: Spin) -> None:
    path = spin("of-nobody")
    with Accounted(OPTIONS) as watched:
        made = make_storm([storm, "user", str(NOBODY), "rate", "200", "0.3", path, "1000", "4"])
        told = settle(watched, path.name, made.started)
    assert told.ended(name=path.name, uid=NOBODY) == made.started


@pytest.mark.usefixtures("accounting")
def test_names_come_as_they_are(storm: Path, spin: Spin) -> None:
    with Accounted(OPTIONS) as watched:
        for name in ["a (b) [c] d", "x) R 1 2 3", 'q"\\\x01\x1b[31m', "\udcff\udcfe name"]:
            shown = os.fsencode(name).decode("utf-8", "backslashreplace")
            made = make_storm([storm, "rate", "200", "0.1", spin(name), "1000", "4"])
            assert settle(watched, shown, made.started).ended(name=shown) == made.started


@pytest.mark.usefixtures("accounting")
def test_a_life_is_told_where_hundredths_of_a_second_say_something(spin: Spin) -> None:
    with Accounted(OPTIONS) as watched:
        child = os.posix_spawn("/bin/sleep", ["sleep", "0.5"], os.environ)
        os.waitpid(child, 0)
        told = settle(watched, "sleep", 1)
        made = os.posix_spawn(spin("brief"), ["brief", "0", "0"], os.environ)
        os.waitpid(made, 0)
        told = settle(watched, "brief", 1)
    assert (told.rows(name="sleep", status=0)[0].life_ns or 0) > 0.4e9
    assert told.rows(name="brief")[0].life_ns is None


@pytest.mark.usefixtures("accounting")
def test_what_was_not_written_is_told_as_lost(storm: Path) -> None:
    rung = AccountingRung()
    rung.most_bytes = 64 << 10
    try:
        rung.open(OPTIONS)
        make_storm([storm, "fork", "2000", "0", "0"])
        harvest = rung.collect()
    finally:
        rung.close()
    assert harvest.losses["buffer_full"] >= 1
    assert sum(one.processes for one in harvest.ended) < 2000


def test_what_somebody_uses_is_not_taken(somebody: Callable[[], int]) -> None:
    theirs = somebody()
    assert "somebody uses process accounting" in not_here("accounting")
    before = os.fstat(theirs).st_size
    assert count_written_by_a_child()
    assert os.fstat(theirs).st_size == before + 64


def test_who_takes_it_over_keeps_it(somebody: Callable[[], int]) -> None:
    with Accounted(OPTIONS) as watched:
        theirs = somebody()
        late = time.monotonic() + SOON_SECONDS
        while not any(isinstance(one, Trouble) for one in watched.told.others) and time.monotonic() < late:
            time.sleep(0.02)
    assert any("taken process accounting over" in str(one) for one in watched.told.others)
    before = os.fstat(theirs).st_size
    assert count_written_by_a_child()
    assert os.fstat(theirs).st_size == before + 64


@pytest.mark.usefixtures("accounting")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_accounting_ends_with_the_probe_even_when_killed(number: int) -> None:
    with Accounted(OPTIONS) as watched:
        assert count_written_by_a_child()
        os.kill(watched.pid, number)
        late = time.monotonic() + SOON_SECONDS
        while count_written_by_a_child() and time.monotonic() < late:
            time.sleep(0.02)
        assert count_written_by_a_child() == 0
    mounts = Path("/proc/self/mounts").read_text()
    assert "tenmatsu" not in mounts


def test_a_full_disk_may_hide_accounting_that_is_paused(monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(free: int) -> None:
        room = os.statvfs_result((4096, 4096, 100, free, free, 1, 1, 1, 0, 255))
        monkeypatch.setattr(os, "statvfs", lambda _: room)

    fill(50)
    assert find_full_file_system() == ""
    fill(3)
    assert find_full_file_system() != ""


def test_an_error_while_it_is_made_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenmatsu.probe.acct_call._mount_and_open", fail)
    with pytest.raises(OSError, match=os.strerror(errno.ENOTBLK)):
        make_detached_file(1 << 20)


def fail(_: int) -> int:
    raise OSError(errno.ENOTBLK, "x")
