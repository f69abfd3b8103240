"""The trace rung: formats and pages of tracefs, and real storms beside it.

Where tracefs is not mounted, the probe gets one in a mount namespace of its own: the machine stays as it is.
"""

import json
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.probe.watching import Told, Watched, make_storm, not_here

from tenmatsu.probe.proc_files import read_stat
from tenmatsu.probe.rung import Options
from tenmatsu.probe.trace_format import (
    Page,
    for_each_event,
    parse_format,
    parse_header_page,
    parse_statistics,
)
from tenmatsu.probe.trace_instance import is_of_the_dead

Spin = Callable[[str], Path]
OPTIONS = Options(interval_seconds=0.1, rungs=("trace",))
EITHER_KERNEL = pytest.mark.parametrize(
    "options",
    [OPTIONS, OPTIONS._replace(old_exit_tracepoint=True)],
    ids=["this kernel's exit event", "as before 6.16"],
)
TRACEFS = "/sys/kernel/tracing"
MOUNT = ["unshare", "--mount", "sh", "-c", f'mount -t tracefs tracefs {TRACEFS} && exec "$@"', "sh"]
NOBODY = 65534
PAGE = Page(8, 16, 4096)

EXEC_FORMAT = b"""\
name: sched_process_exec
ID: 365
format:
	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:unsigned char common_flags;	offset:2;	size:1;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;

	field:__data_loc char[] filename;	offset:8;	size:4;	signed:0;
	field:pid_t pid;	offset:12;	size:4;	signed:1;
	field:pid_t old_pid;	offset:16;	size:4;	signed:1;

print fmt: "filename=%s pid=%d old_pid=%d", __get_str(filename), REC->pid, REC->old_pid
"""
EXIT_FORMAT = b"""\
ID: 369
	field:char comm[16];	offset:8;	size:16;	signed:0;
	field:bool group_dead;	offset:32;	size:1;	signed:0;
	field:unsigned long clone_flags;	offset:40;	size:8;	signed:0;
"""
HEADER_PAGE = b"""\
	field: u64 timestamp;	offset:0;	size:8;	signed:0;
	field: local_t commit;	offset:8;	size:8;	signed:1;
	field: int overwrite;	offset:8;	size:1;	signed:1;
	field: char data;	offset:16;	size:4080;	signed:0;
"""


def test_fields_are_where_the_kernel_says() -> None:
    exec_ = parse_format(EXEC_FORMAT)
    event = struct.pack("=HBBiIii", 365, 0, 0, 7, 6 << 16 | 20, 9, -1) + b"/bin/x"[:5] + b"\0"
    data = b"xxx" + event
    assert exec_.number == 365
    assert exec_.text_in("filename", data, 3) == b"/bin/"
    assert (exec_.number_in("pid", data, 3), exec_.number_in("old_pid", data, 3)) == (9, -1)
    exit_ = parse_format(EXIT_FORMAT)
    data = (
        bytes(8) + b"a (b) \xff".ljust(16, b"\0") + bytes(8) + b"\1" + bytes(7) + struct.pack("=Q", 1 << 40)
    )
    assert exit_.text_in("comm", data, 0) == b"a (b) \xff"
    assert (exit_.number_in("group_dead", data, 0), exit_.number_in("clone_flags", data, 0)) == (1, 1 << 40)
    assert parse_header_page(HEADER_PAGE) == PAGE


@pytest.mark.parametrize("text", [b"", b"name: x\n", b"ID: x"])
def test_an_unknown_format_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match="event without a number"):
        parse_format(text)
    with pytest.raises(ValueError, match="head of a page"):
        parse_header_page(text)


def entry(kind: int, delta: int) -> bytes:
    return struct.pack("=I", delta << 5 | kind if sys.byteorder == "little" else kind << 27 | delta)


def page(*entries: bytes, flags: int = 0) -> bytes:
    data = b"".join(entries)
    return (struct.pack("=QQ", 1000, len(data) | flags) + data).ljust(4096, b"\0")


def test_a_page_holds_events_with_their_times() -> None:
    short, long = entry(2, 5) + b"ABCDEFGH", entry(0, 6) + struct.pack("=I", 12) + b"abcdefgh"
    gap = entry(29, 1) + struct.pack("=I", 8) + b"none"
    far, stamp = entry(30, 3) + struct.pack("=I", 1), entry(31, 9) + struct.pack("=I", 2)
    whole = page(short, long, gap, far, short, stamp, short, entry(29, 0), short, flags=1 << 31)
    found = [(now, whole[at : at + 2]) for now, at in for_each_event(whole, PAGE)]
    assert found == [
        (1005, b"AB"),
        (1011, b"ab"),
        (1012 + (1 << 27) + 3 + 5, b"AB"),
        ((2 << 27) + 9 + 5, b"AB"),
    ]


@pytest.mark.parametrize("data", [b"", bytes(15), struct.pack("=QQ", 1, 5000) + bytes(4080)])
def test_a_page_that_contradicts_itself_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="a page"):
        list(for_each_event(data, PAGE))


@given(st.binary(max_size=100), st.integers(0, 100))
def test_any_bytes_are_a_page_or_refused(data: bytes, length: int) -> None:
    with suppress(ValueError):
        list(for_each_event(struct.pack("=QQ", 1, length) + data, PAGE))


def test_statistics_are_numbers_by_name() -> None:
    text = b"entries: 5\noverrun: 7\ncommit overrun: 0\nnow ts: 12.5\n"
    assert parse_statistics(text) == {"entries": 5, "overrun": 7, "commit overrun": 0}


def test_only_what_is_surely_a_dead_probes_is_removed() -> None:
    stat = read_stat(str(os.getpid()))
    assert stat
    namespace = Path("/proc/self/ns/pid").stat().st_ino
    assert not is_of_the_dead(f"tenmatsu-{stat.pid}-{stat.started}-{namespace}")
    assert is_of_the_dead(f"tenmatsu-{stat.pid}-{stat.started - 1}-{namespace}")
    assert not is_of_the_dead(f"tenmatsu-{stat.pid}-{stat.started - 1}-{namespace + 1}")
    assert not is_of_the_dead("somebody-else")
    assert not is_of_the_dead(f"tenmatsu-{stat.pid}-{stat.started - 1}-{namespace}.old")


@pytest.fixture(scope="module")
def before() -> list[str]:
    """The words that give the probe a tracefs, if it can have one."""
    words = (
        [] if any(" tracefs " in line for line in Path("/proc/mounts").read_text().splitlines()) else MOUNT
    )
    why = "the trace rung needs root" if os.geteuid() else not_here("trace", words)
    if why:
        pytest.skip(why)
    return words


def settle(watched: Watched, name: str, processes: int) -> Told:
    watched.wait_for(lambda told: told.ended(name=name) >= processes)
    return watched.wait_for_looks(3)  # nothing may be told twice


def assert_complete(told: Told) -> None:
    least, most = told.forks_seen()
    assert least <= told.started_by_kernel() <= most
    assert not told.lost()
    assert not told.others


@pytest.mark.parametrize("rate", [200, 2000, 0])
def test_every_process_of_a_storm_is_told(before: list[str], storm: Path, spin: Spin, rate: int) -> None:
    path = spin(f"rate-{rate}")
    with Watched(OPTIONS, before) as watched:
        made = make_storm([storm, "rate", str(rate), "0.6", path, "200000", "7"])
        told = settle(watched, path.name, made.started)
    assert told.hello
    assert (told.hello.rung, told.hello.cpu) == ("trace", "none")
    assert told.ended(name=path.name) == made.started
    assert told.statuses(name=path.name) == {None: made.started}
    assert told.parents(path.name) == {storm.name}
    assert [one.path for one in told.samples(path.name)] == [str(path)]
    assert_complete(told)


@EITHER_KERNEL
def test_a_process_of_many_threads_is_one(before: list[str], storm: Path, options: Options) -> None:
    with Watched(options, before) as watched:
        made = [make_storm([storm, "threads", "50", "4", "100000", how]) for how in ("join", "leave", "lead")]
        processes = sum(one.started for one in made)
        told = settle(watched, storm.name, processes + 3)
    assert told.ended(name=storm.name, parent=storm.name) == processes
    assert told.ended(name=storm.name) == processes + 3
    assert_complete(told)


@EITHER_KERNEL
def test_threads_and_exec_chains_end_once(before: list[str], storm: Path, options: Options) -> None:
    with Watched(options, before) as watched:
        make_storm([storm, "churn", "0.2", "500", "1000"])
        made = make_storm([storm, "rate", "50", "0.3", storm, "step", "5", "1000", "6"])
        told = settle(watched, storm.name, made.started + 2)
    assert told.ended(name=storm.name, parent=storm.name) == made.started
    assert told.ended(name=storm.name) == made.started + 2
    assert_complete(told)


@EITHER_KERNEL
def test_who_started_a_process_is_told_though_it_died_first(
    before: list[str], storm: Path, spin: Spin, options: Options
) -> None:
    path = spin("orphan")
    with Watched(options, before) as watched:
        make_storm([storm, "orphan", "100", path, "200000", "4"])
        told = settle(watched, path.name, 100)
    assert told.ended(name=path.name) == 100
    assert told.parents(path.name) == {"storm-starter"}
    assert told.ended(name="storm-starter", parent=storm.name) == 100


@pytest.mark.parametrize("words", [["newpids"], ["user", str(NOBODY)]])
def test_neither_a_pid_namespace_nor_another_user_hides_anything(
    before: list[str], storm: Path, spin: Spin, words: list[str]
) -> None:
    path = spin("elsewhere")
    with Watched(OPTIONS, before) as watched:
        made = make_storm([storm, *words, "rate", "500", "0.3", path, "1000", "4"])
        told = settle(watched, path.name, made.started)
    assert told.ended(name=path.name) == made.started
    assert all(row.parent_pids[0] > 1 for row in told.rows(name=path.name))


def test_names_come_as_they_are(before: list[str], storm: Path, spin: Spin) -> None:
    names = ["a (b) [c] d", "x) R 1 2 3", 'q"\\\x01\x1b[31m', "\udcff\udcfe name"]
    with Watched(OPTIONS, before) as watched:
        for name in names:
            path = spin(name)
            shown = os.fsencode(name).decode("utf-8", "backslashreplace")
            made = make_storm([storm, "rate", "200", "0.1", path, "1000", "4"])
            told = settle(watched, shown, made.started)
            assert told.ended(name=shown) == made.started
            assert told.samples(shown)[0].path == os.fsencode(path).decode("utf-8", "backslashreplace")


OVERFLOW = """
import json, subprocess, sys
from tenmatsu.probe.rung import Options
from tenmatsu.probe.rung_trace import TraceRung
rung = TraceRung()
rung.buffer_bytes = 16 << 10
try:
    rung.open(Options())
    before = rung.count().forks
    made = json.loads(subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, check=True).stdout)
    losses = rung.collect().losses
    print(json.dumps([made["started"], rung.count().forks - before, losses]))
finally:
    rung.close()
"""


def test_what_did_not_fit_is_told_as_lost(before: list[str], storm: Path) -> None:
    command = [*before, sys.executable, "-c", OVERFLOW, str(storm), "fork", "2000", "0", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    started, seen, losses = json.loads(done.stdout)
    assert seen < started
    assert losses["events_overwritten"] >= started - seen


def instances(before: list[str], pid: int) -> list[str]:
    listed = subprocess.run(
        [*before, "ls", f"{TRACEFS}/instances"], capture_output=True, text=True, check=True
    )
    return [name for name in listed.stdout.split() if name.startswith(f"tenmatsu-{pid}-")]


def end(watched: Watched, number: int) -> None:
    os.kill(watched.pid, number)
    late = time.monotonic() + 10
    while not watched.told.others and time.monotonic() < late:
        time.sleep(0.02)
    assert watched.told.others


def test_no_instance_is_left_after_a_signal_or_a_cut_line(before: list[str]) -> None:
    with Watched(OPTIONS, before) as watched:
        assert len(instances(before, watched.pid)) == 1
        end(watched, signal.SIGTERM)
        assert instances(before, watched.pid) == []
    with Watched(OPTIONS, before) as watched:
        pid = watched.pid
    assert instances(before, pid) == []


def test_a_kill_leaves_an_empty_instance_that_the_next_start_removes(before: list[str]) -> None:
    with Watched(OPTIONS, before) as watched:
        pid = watched.pid
        end(watched, signal.SIGKILL)
    names = instances(before, pid)
    assert len(names) == 1
    folder = f"{TRACEFS}/instances/{names[0]}"
    show = ["cat", f"{folder}/tracing_on", f"{folder}/buffer_size_kb"]
    said = subprocess.run([*before, *show], capture_output=True, text=True, check=True).stdout.split()
    assert said[0] == "0"  # writes nothing any more
    assert int(said[1]) <= 16  # two pages at most are left of the buffers
    with Watched(OPTIONS, before):
        assert instances(before, pid) == []
