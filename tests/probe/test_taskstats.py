"""The taskstats rung: each version's layout; threads put together; real storms told whole, or as lost."""

import ctypes
import shutil
import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.probe.watching import Told, Watched, make_storm, make_storm_everywhere

from tenmatsu.probe.netlink import GENERIC_HEAD_BYTES, make_attribute
from tenmatsu.probe.rung import Ended, Options
from tenmatsu.probe.taskstats_ends import TaskEnds
from tenmatsu.probe.taskstats_kernel import find_places, split_processors
from tenmatsu.probe.taskstats_layout import Task, find_layout

Named = Callable[[str], Path]
NOBODY = 65534
ROUNDS = "200000"  # about 0.1 ms
# Of the truth by getrusage(2). The rung promises 85 %; the rest is for a machine that others use too.
LEAST, MOST = 0.75, 1.2
OPTIONS = Options(interval_seconds=0.1, rungs=("taskstats",))
STORMS = pytest.mark.usefixtures("netlink")
EITHER_VERSION = pytest.mark.parametrize(
    "options",
    [OPTIONS, OPTIONS._replace(old_taskstats=True)],
    ids=["this kernel's version", "as before version 12"],
)

U8, U16, U32, U64 = ctypes.c_uint8, ctypes.c_uint16, ctypes.c_uint32, ctypes.c_uint64


def for_version(version: int) -> type[ctypes.Structure]:
    """`struct taskstats` as include/uapi/linux/taskstats.h had it at that version, on a 64-bit machine."""
    peaks = version == 15

    def delay(name: str) -> list[tuple[str, type]]:
        more = ["_max", "_min"] if peaks else []
        return [(f"{name}_{end}", U64) for end in ("count", "delay_total", *more)]

    def words(text: str) -> list[tuple[str, type]]:
        return [(name, U64) for name in text.split()]

    fields: list[tuple[str, type]] = [
        ("version", U16),
        ("ac_exitcode", U32),
        ("ac_flag", U8),
        ("ac_nice", U8),
    ]
    fields += delay("cpu") + delay("blkio") + delay("swapin")
    fields += words("cpu_run_real_total cpu_run_virtual_total")
    fields += [("ac_comm", ctypes.c_char * 32), ("ac_sched", U8), ("ac_pad", U8 * 3), ("aligned", U32)]
    fields += [(name, U32) for name in ("ac_uid", "ac_gid", "ac_pid", "ac_ppid", "ac_btime")]
    fields += words("ac_etime ac_utime ac_stime ac_minflt ac_majflt coremem virtmem hiwater_rss hiwater_vm")
    fields += words("read_char write_char read_syscalls write_syscalls")
    since = {
        4: words("read_bytes write_bytes cancelled_write_bytes"),
        5: words("nvcsw nivcsw"),
        6: words("ac_utimescaled ac_stimescaled cpu_scaled_run_real_total"),
        7: delay("freepages"),
        9: delay("thrashing"),
        10: words("ac_btime64"),
        11: delay("compact"),
        12: [("ac_tgid", U32), *words("ac_tgetime ac_exe_dev ac_exe_inode")],
        13: delay("wpcopy"),
        14: delay("irq"),
        16: words(" ".join(f"peak{number}" for number in range(16))),
        17: words("soft_count soft_delay_total soft_delay_max soft_delay_min"),
    }
    for first, added in since.items():
        fields += added if version >= first else []
    return type("taskstats", (ctypes.Structure,), {"_fields_": fields})


VALUES = {
    "ac_exitcode": 7 << 8,
    "ac_flag": 0x20,
    "cpu_count": 3,
    "cpu_delay_total": 40_000,
    "cpu_run_virtual_total": 50_000,
    "ac_comm": b"a name",
    "ac_uid": 1000,
    "ac_pid": 123,
    "ac_ppid": 99,
    "ac_etime": 250,
    "ac_utime": 10,
    "ac_stime": 20,
    "nvcsw": 5,
    "ac_tgid": 120,
}


def make_stats(version: int) -> bytes:
    """A struct in which each byte that is not ours is 0xEE."""
    kind = for_version(version)
    one = kind.from_buffer_copy(b"\xee" * ctypes.sizeof(kind))
    one.version = version
    for name, value in VALUES.items():
        if hasattr(one, name):
            setattr(one, name, value)
    return bytes(one)


@pytest.mark.parametrize("version", [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17])
def test_each_version_is_read(version: int) -> None:
    task = find_layout(version).read(make_stats(version), 0)
    assert task == Task(
        exit_code=7 << 8,
        flags=0x20,
        cpu_count=3,
        cpu_delay=40_000,
        cpu_run=50_000,
        comm=task.comm,
        uid=1000,
        pid=123,
        ppid=99,
        etime=250,
        utime=10,
        stime=20,
        nvcsw=5 if version >= 5 else -1,
        tgid=120 if version >= 12 else 0,
    )
    assert task.comm.split(b"\0")[0] == b"a name"
    assert find_layout(version).has_tgid == (version >= 12)


@pytest.mark.parametrize(("version", "size"), [(8, 328), (14, 432), (15, 560), (16, 560)])
def test_the_structs_above_are_those_of_the_kernel(version: int, size: int) -> None:
    assert ctypes.sizeof(for_version(version)) == size


def test_a_cut_struct_is_refused() -> None:
    with pytest.raises(struct.error):
        find_layout(16).read(make_stats(16)[:300], 0)


@pytest.mark.parametrize("padded", [False, True], ids=["x86", "a machine that pads"])
@pytest.mark.parametrize("last", [False, True])
def test_the_parts_of_a_message_are_found(padded: bool, last: bool) -> None:
    stats = make_stats(14)
    padding = make_attribute(6, b"") if padded else b""

    def aggregate(kind: int, pid: int) -> bytes:
        pid_of = make_attribute(kind, struct.pack("=I", pid))
        return padding + make_attribute(kind + 3, pid_of + make_attribute(3, stats))

    message = bytes(GENERIC_HEAD_BYTES) + aggregate(1, 5) + (aggregate(2, 4) if last else b"")
    task_at, group_at, group_pid_at = find_places(message, len(message))
    assert message[task_at : task_at + len(stats)] == stats
    assert (message[group_at : group_at + len(stats)] == stats) == last
    assert struct.unpack_from("=I", message, group_pid_at)[0] == 4 if last else group_pid_at == 0


@given(st.binary(max_size=200))
def test_any_message_is_looked_through(message: bytes) -> None:
    assert all(0 <= place <= len(message) for place in find_places(message, len(message)))


def test_each_processor_gets_a_socket_until_there_are_too_many() -> None:
    assert split_processors("0-2,5") == [(b"0\0", True), (b"1\0", True), (b"2\0", True), (b"5\0", True)]
    many = split_processors("0-1023")
    assert len(many) == 256
    assert many[0] == (b"0,1,2,3\0", False)


def make_task(pid: int, tgid: int, *, name: bytes = b"java", code: int = 0, etime: int = 9) -> Task:
    return Task(code, 0, 1, 0, 0, name.ljust(16, b"\0"), 0, pid, 0, etime, 0, 0, 0, tgid)


def take(ends: TaskEnds, drains: int = 3) -> list[Ended]:
    for _ in range(drains):
        ends.turn()
    return ends.take()


def test_threads_are_one_process_whoever_of_them_is_last() -> None:
    ends = TaskEnds(None)
    ends.add_thread(make_task(11, 10, name=b"pool"), 10, 5)
    ends.turn()
    ends.add_last_thread(make_task(12, 10, name=b"gc", code=256), 10, 7, run_ns=0)
    ends.add_thread(make_task(10, 10, code=256, etime=50), 10, 100)  # the first, from another processor
    (row,) = take(ends)
    assert (row.name, row.processes, row.status, row.cpu_ns, row.life_ns) == (b"java", 1, 256, 112, 50_000)
    assert take(ends) == []


def test_who_was_met_alive_is_remembered_until_all_of_it_is_there() -> None:
    ends = TaskEnds(None)
    ends.look({10})
    ends.add_last_thread(make_task(10, 10), 10, 7, run_ns=0)
    for _ in range(4):
        ends.look({1})
    assert [row.pid for row in take(ends)] == [10]


def test_threads_that_ended_before_our_time_are_in_the_kernels_sum() -> None:
    ends = TaskEnds(None)
    ends.add_last_thread(make_task(10, 10), 10, 100, run_ns=900)
    assert [row.cpu_ns for row in take(ends)] == [900]


def test_who_was_met_alive_gets_a_row_with_its_pid() -> None:
    ends = TaskEnds(None)
    ends.look({7})
    for pid in (7, 8, 7):  # the second 7 is another process
        ends.add_process((b"a", 0, 0, 0), 10, 1, pid)
    assert [(row.pid, row.processes, row.cpu_ns) for row in take(ends)] == [(7, 1, 10), (0, 2, 20)]


def test_who_was_met_by_the_look_before_may_have_ended_during_this_one() -> None:
    ends = TaskEnds(None)
    ends.look({7})
    ends.look({8})
    ends.add_process((b"a", 0, 0, 0), 10, 1, 7)
    assert [row.pid for row in take(ends)] == [7]
    ends.look({8})
    ends.look({8})
    ends.add_process((b"a", 0, 0, 0), 10, 1, 7)
    assert [row.pid for row in take(ends)] == [0]


def test_a_parent_is_named_by_its_own_end() -> None:
    ends = TaskEnds(None)
    beyond = 1 << 30  # no pid is so large
    ends.add_process((b"child", 0, 0, beyond), 1, 1, beyond + 1)
    ends.turn()
    ends.add_process((b"parent\0", 0, 0, 0), 1, 1, beyond)
    assert {(row.name, row.parent) for row in take(ends)} == {(b"child", b"parent"), (b"parent", b"")}


def test_more_kinds_than_fit_are_one_row_and_counted() -> None:
    ends = TaskEnds(None)
    for number in range(5000):
        ends.add_process((b"n%d" % number, 0, 0, 0), 1, 1, number)
    rows = take(ends)
    assert sum(row.processes for row in rows) == 5000
    assert sum(row.processes for row in rows if not row.name) == ends.lost["kinds_full"] == 5000 - 4096


def test_a_process_whose_last_message_was_lost_is_forgotten() -> None:
    ends = TaskEnds(None)
    ends.add_thread(make_task(11, 10), 10, 5)
    for _ in range(3):
        ends.look({1})
    assert not ends._groups


def assert_whole(told: Told, cpu_of: tuple[str, float]) -> None:
    name, truth = cpu_of
    assert not told.lost()
    assert not told.others
    assert told.hello
    if not any("ticks" in remark for remark in told.hello.remarks):
        assert LEAST <= told.cpu(name) / truth <= MOST


def settle(watched: Watched, name: str, processes: int) -> Told:
    """Wait until all was told, and some looks longer: nothing may be told twice."""
    watched.wait_for(lambda told: told.ended(name=name) >= processes)
    return watched.wait_for_looks(3)


@STORMS
@pytest.mark.parametrize("rate", [200, 2000, 0])
def test_every_process_of_a_storm_is_told(storm_as: Named, spin: Named, rate: int) -> None:
    path = spin(f"ts-rate-{rate}")
    with Watched(OPTIONS) as watched:
        made = make_storm([storm_as("ts-storm"), "rate", str(rate), "0.5", path, ROUNDS, "7"])
        told = settle(watched, path.name, made.started)
    assert told.hello
    assert (told.hello.rung, told.hello.cpu) == ("taskstats", "partly")
    assert told.statuses(name=path.name) == {7 << 8: made.started}
    assert told.parents(path.name) == {"ts-storm"}
    assert_whole(told, (path.name, made.cpu))


@STORMS
@EITHER_VERSION
@pytest.mark.parametrize(("how", "status"), [("join", 3 << 8), ("leave", 3 << 8), ("lead", 0)])
def test_a_process_of_many_threads_is_one(storm_as: Named, options: Options, how: str, status: int) -> None:
    name = f"ts-{how}"
    with Watched(options) as watched:
        made = make_storm([storm_as(name), "threads", "60", "4", "1000000", how])
        told = settle(watched, name, made.started + 1)
    assert told.statuses(name=name, parent=name) == {status: made.started}
    assert told.ended(name=name) == made.started + 1
    assert_whole(told, (name, made.cpu + made.own_cpu))


@STORMS
@EITHER_VERSION
def test_threads_of_a_living_process_count_once(storm_as: Named, options: Options) -> None:
    with Watched(options) as watched:
        made = make_storm([storm_as("ts-churn"), "churn", "0.6", "500", ROUNDS])
        told = settle(watched, "ts-churn", 1)
    assert told.ended(name="ts-churn") == 1
    assert_whole(told, ("ts-churn", made.own_cpu))


@STORMS
def test_ends_of_every_kind_are_told(storm_as: Named, spin: Named) -> None:
    orphan, inside, nobodys = spin("ts-orphan"), spin("ts-inside"), spin("ts-nobody")
    with Watched(OPTIONS) as watched:
        orphans = make_storm([storm_as("ts-orphans"), "orphan", "50", orphan, ROUNDS, "4"])
        killed = make_storm([storm_as("ts-kill"), "kill", "50", "9"])
        steps = make_storm([storm_as("ts-step"), "fork", "50", ROUNDS, "9"])
        chained = make_storm(
            [storm_as("ts-chain"), "rate", "100", "0.2", storm_as("ts-link"), "step", "5", ROUNDS, "6"]
        )
        spaced = make_storm([storm_as("ts-new"), "newpids", "rate", "500", "0.2", inside, ROUNDS, "4"])
        user = make_storm([storm_as("ts-user"), "user", str(NOBODY), "rate", "200", "0.2", nobodys, "0", "4"])
        told = settle(watched, nobodys.name, user.started)
    assert told.statuses(name=orphan.name) == {4 << 8: 50}
    assert told.parents(orphan.name) <= {"ts-orphans", "storm-starter"}
    assert told.ended(name="storm-starter") == orphans.started - 50
    assert told.statuses(name="ts-kill", parent="ts-kill") == {9: killed.started}
    assert told.statuses(name="ts-step", parent="ts-step") == {9 << 8: steps.started}
    assert told.statuses(name="ts-link", parent="ts-chain") == {6 << 8: chained.started}
    assert told.statuses(name=inside.name) == {4 << 8: spaced.started}
    assert all(row.parent_pids[0] > 1 for row in told.rows(name=inside.name))
    assert told.ended(name=nobodys.name, uid=NOBODY) == user.started
    assert_whole(told, ("ts-link", chained.cpu))


@STORMS
def test_names_come_as_they_are(storm_as: Named, spin: Named) -> None:
    names = ["ts (b) [c] d", "ts x) R 1 2 3", 'ts"\\\x01\x1b[31m', "\udcff\udcfe ts"]
    shown = [name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace") for name in names]
    with Watched(OPTIONS) as watched:
        made = [
            make_storm([storm_as("ts-storm"), "rate", "200", "0.1", spin(name), "0", "4"]) for name in names
        ]
        told = settle(watched, shown[-1], made[-1].started)
    assert [told.ended(name=name) for name in shown] == [one.started for one in made]


def missed(told: Told) -> int:
    return told.lost()["messages_missed"]


@STORMS
def test_what_found_no_room_is_told_as_lost(storm_as: Named, spin: Named) -> None:
    path = spin("ts-overrun")
    with Watched(OPTIONS._replace(receive_buffer_bytes=8192)) as watched:
        made = make_storm([storm_as("ts-storm"), "rate", "0", "0.5", path, "0", "4"])
        make_storm_everywhere([storm_as("ts-storm"), "rate", "100", "0.3", spin("ts-after"), "0", "4"])
        told = watched.wait_for(lambda told: made.started <= told.ended(name=path.name) + missed(told))
    assert told.ended(name=path.name) < made.started <= told.ended(name=path.name) + missed(told)
    assert told.lost()["buffer_full"] > 0


@STORMS
@pytest.mark.parametrize(
    ("before", "whys"),
    [
        (["unshare", "--pid", "--fork", "--kill-child"], {"namespace"}),
        (["unshare", "--net"], {"namespace", "not_in_kernel"}),
        (["unshare", "--user", "--map-root-user"], {"not_permitted", "namespace"}),
        (["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"], {"not_permitted"}),
    ],
    ids=["another pid namespace", "another network", "another user namespace", "without the right"],
)
def test_where_it_cannot_work_it_says_why(before: Sequence[str], whys: set[str]) -> None:
    if shutil.which(before[0]) is None:
        pytest.skip(f"{before[0]} is not installed")
    with Watched(OPTIONS._replace(limit_seconds=0.1), before=before) as watched:
        hello = watched.told.hello
    assert hello
    refused = next(one for one in hello.refused if one.rung == "taskstats")
    assert refused.why in whys
    assert refused.reason
