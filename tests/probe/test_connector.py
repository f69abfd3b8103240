"""The connector rung: forks counted exactly, ends with their codes, names of what lives, losses shown."""

import shutil
import struct
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from tests.probe.watching import Storm, Told, Watched, make_storm, make_storm_everywhere

from tenmatsu.probe.connector import COMM, EVENT, EXEC, EXIT, FORK, LEAST_EVENT_BYTES, NAME_AT
from tenmatsu.probe.rung import Options
from tenmatsu.probe.rung_connector import ConnectorRung

Named = Callable[[str], Path]
Events = Sequence[tuple[int, tuple[int, ...]]]
Row = tuple[bytes, bytes, int, int | None]
ROUNDS = "200000"  # about 0.1 ms
OPTIONS = Options(interval_seconds=0.1, rungs=("connector",))
STORMS = pytest.mark.usefixtures("netlink")
BEYOND = 1 << 30  # no pid is so large, so /proc knows none of them


def make_event(number: int, what: int, *words: int, name: bytes = b"") -> bytes:
    """A message as cn_proc.c sends it: nlmsghdr, cn_msg, proc_event (include/uapi/linux/cn_proc.h)."""
    own = struct.pack(f"={len(words)}I", *words) + name
    event = struct.pack("=IIQ", what, 0, 1_000_000_000 + number) + own.ljust(24, b"\0")
    cn_msg = struct.pack("=IIIIHH", 1, 1, number, 0, len(event), 0)
    return struct.pack("=IHHII", 16 + len(cn_msg) + len(event), 3, 0, 0, 0) + cn_msg + event


class Recorded:
    """Stands for a socket, and brings these messages."""

    def __init__(self, messages: Sequence[bytes]) -> None:
        self._messages = list(messages)

    def recv_into(self, buffer: bytearray) -> int:
        if not self._messages:
            raise BlockingIOError
        message = self._messages.pop(0)
        buffer[: len(message)] = message
        return len(message)

    def send(self, message: bytes) -> int:
        return len(message)

    def close(self) -> None: ...


def collect(messages: Sequence[bytes], monkeypatch: pytest.MonkeyPatch) -> tuple[ConnectorRung, list[Row]]:
    """Return the rung, and (name, parent, processes, status) of each row."""
    monkeypatch.setattr("tenmatsu.probe.rung_connector.open_connector", lambda _: Recorded(messages))
    monkeypatch.setattr("tenmatsu.probe.rung_connector.list_pids", list)
    rung = ConnectorRung()
    rung.open(OPTIONS)
    rows = rung.collect().ended
    return rung, [(row.name, row.parent, row.processes, row.status) for row in rows]


SHELL, CHILD, THREAD = BEYOND, BEYOND + 1, BEYOND + 2
NAME = (COMM, (SHELL, SHELL))
BIRTH = (FORK, (SHELL, SHELL, CHILD, CHILD))


def as_messages(events: Events) -> list[bytes]:
    first = make_event(0, FORK, BEYOND + 9, BEYOND + 9, SHELL, SHELL)
    named = make_event(1, COMM, SHELL, SHELL, name=b"sh")
    rest = [make_event(number, what, *words) for number, (what, words) in enumerate(events, 2)]
    return [first, named, *rest]


def test_the_events_layout_is_that_of_the_header() -> None:
    assert (EVENT.size, LEAST_EVENT_BYTES, NAME_AT) == (76, 68, 60)
    message = make_event(5, EXIT, 11, 10, 7 << 8, 17, 3, 2)
    assert len(message) == EVENT.size
    assert EVENT.unpack(message) == (5, EXIT, 0, 1_000_000_005, 11, 10, 7 << 8, 17, 3, 2)


@pytest.mark.parametrize(
    ("events", "rows"),
    [
        ([BIRTH, (EXIT, (CHILD, CHILD, 256, 17))], [(b"sh", b"sh", 1, 256)]),
        ([BIRTH, (EXEC, (CHILD, CHILD)), (EXIT, (CHILD, CHILD, 0, 17))], [(b"", b"sh", 1, 0)]),
        # A thread is none; the process ends with its last task, whichever that is.
        ([BIRTH, (FORK, (SHELL, SHELL, THREAD, CHILD)), (EXIT, (THREAD, CHILD, 0, 0))], []),
        (
            [
                BIRTH,
                (FORK, (SHELL, SHELL, THREAD, CHILD)),
                (EXIT, (CHILD, CHILD, 0, 17)),
                (EXIT, (THREAD, CHILD, 9, 0)),
            ],
            [(b"sh", b"sh", 1, 9)],
        ),
        # Its parent ends first.
        (
            [BIRTH, (EXIT, (SHELL, SHELL, 0, 17)), (EXIT, (CHILD, CHILD, 0, 17))],
            [(b"sh", b"", 1, 0), (b"sh", b"sh", 1, 0)],
        ),
        # An exec by another thread than the first ends all others, the first included.
        (
            [
                BIRTH,
                (FORK, (SHELL, SHELL, THREAD, CHILD)),
                (EXIT, (CHILD, CHILD, 0, 17)),
                (EXEC, (CHILD, CHILD)),
                (EXIT, (CHILD, CHILD, 512, 17)),
            ],
            [(b"", b"sh", 1, 512)],
        ),
        # Of what was never met, an end counts as well.
        ([(EXIT, (BEYOND + 5, BEYOND + 5, 15, 17))], [(b"", b"", 1, 15)]),
    ],
)
def test_events_become_processes(events: Events, rows: list[Row], monkeypatch: pytest.MonkeyPatch) -> None:
    rung, found = collect(as_messages(events), monkeypatch)
    assert found == rows
    assert rung.count().forks == 1 + sum(what == FORK for what, _ in events)
    assert rung.count().task_exits == sum(what == EXIT for what, _ in events)
    assert rung.count().process_exits == sum(processes for _, _, processes, _ in rows)


def test_a_hole_in_the_numbers_is_a_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    messages = [make_event(number, EXIT, number, number, 0, 17) for number in (1, 2, 5, 6)]
    monkeypatch.setattr("tenmatsu.probe.rung_connector.open_connector", lambda _: Recorded(messages))
    rung = ConnectorRung()
    rung.open(OPTIONS)
    assert rung.collect().losses == {"messages_missed": 2}
    assert rung.collect().losses == {}


def test_who_is_gone_without_an_end_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    thread_lost = [BIRTH, (FORK, (SHELL, SHELL, THREAD, CHILD)), (EXIT, (CHILD, CHILD, 9, 17))]
    rung, _ = collect(as_messages(thread_lost), monkeypatch)
    rung.after_look({1})
    assert rung.collect().ended == []
    rung.after_look({1})
    rows = rung.collect().ended
    assert [(row.name, row.status) for row in rows] == [(b"sh", 9)]
    assert not rung._processes


def of_storm(told: Told, made: Storm) -> Counter[int | None]:
    """Statuses of what this very storm started: no other process on this machine has its pid as parent."""
    counts: Counter[int | None] = Counter()
    for row in told.rows():
        if row.parent_pids == (made.pid, made.pid):
            counts[row.status] += row.processes
    return counts


def settle(watched: Watched, made: Storm) -> Told:
    """Wait until all was told, and some looks longer: nothing may be told twice."""
    watched.wait_for(lambda told: of_storm(told, made).total() >= made.started)
    return watched.wait_for_looks(3)


def assert_whole(told: Told) -> None:
    least, most = told.forks_seen()
    assert least <= told.started_by_kernel() <= most
    assert not told.lost()
    assert not told.others


@STORMS
@pytest.mark.parametrize("rate", [200, 2000, 0])
def test_every_process_of_a_storm_is_told(storm_as: Named, spin: Named, rate: int) -> None:
    with Watched(OPTIONS) as watched:
        made = make_storm([storm_as("cn-rate"), "rate", str(rate), "0.5", spin("cn-spin"), ROUNDS, "71"])
        told = settle(watched, made)
    assert told.hello
    assert (told.hello.rung, told.hello.cpu) == ("connector", "none")
    assert of_storm(told, made) == {71 << 8: made.started}
    assert {row.parent for row in told.rows(status=71 << 8)} == {"cn-rate"}
    assert_whole(told)


@STORMS
@pytest.mark.parametrize(("how", "status"), [("join", 3 << 8), ("leave", 3 << 8), ("lead", 0)])
def test_a_process_of_many_threads_is_one(storm_as: Named, how: str, status: int) -> None:
    with Watched(OPTIONS) as watched:
        made = make_storm([storm_as("cn-threads"), "threads", "60", "4", "1000000", how])
        told = settle(watched, made)
    assert of_storm(told, made) == {status: made.started}
    assert_whole(told)


@STORMS
def test_ends_of_every_kind_are_told(storm_as: Named, spin: Named) -> None:
    with Watched(OPTIONS) as watched:
        make_storm([storm_as("cn-orphans"), "orphan", "50", spin("cn-orphan"), ROUNDS, "72"])
        killed = make_storm([storm_as("cn-kill"), "kill", "50", "9"])
        chained = make_storm(
            [storm_as("cn-chain"), "rate", "100", "0.2", storm_as("cn-link"), "step", "5", ROUNDS, "73"]
        )
        inside = make_storm(
            [storm_as("cn-new"), "newpids", "rate", "500", "0.2", spin("cn-inside"), ROUNDS, "74"]
        )
        churned = make_storm([storm_as("cn-churn"), "churn", "0.3", "500", ROUNDS])
        last = make_storm([storm_as("cn-last"), "fork", "50", ROUNDS, "75"])
        told = settle(watched, last)
    assert told.ended(status=72 << 8) == 50
    assert {row.parent for row in told.rows(status=72 << 8)} == {"storm-starter"}
    assert of_storm(told, killed) == {9: killed.started}
    assert of_storm(told, chained) == {73 << 8: chained.started}
    assert told.ended(status=74 << 8) == inside.started
    assert of_storm(told, churned) == {}
    assert told.ended(name="cn-churn") == 1
    assert of_storm(told, last) == {75 << 8: last.started}
    assert_whole(told)


@STORMS
@pytest.mark.parametrize("name", ["cn (b) [c] d", "cn x) R 1 2 3"])
def test_what_lives_long_enough_has_its_name(storm_as: Named, name: str) -> None:
    with Watched(OPTIONS) as watched:
        make_storm([storm_as(name), "churn", "0.5", "100", "0"])
        told = watched.wait_for(lambda told: told.ended(name=name) > 0)
    assert told.ended(name=name) == 1
    assert told.rows(name=name)[0].life_ns


@STORMS
def test_what_found_no_room_is_told_as_lost(storm_as: Named, spin: Named) -> None:
    with Watched(OPTIONS._replace(receive_buffer_bytes=8192)) as watched:
        made = make_storm([storm_as("cn-storm"), "rate", "0", "0.5", spin("cn-overrun"), "0", "76"])
        make_storm_everywhere([storm_as("cn-storm"), "rate", "100", "0.3", spin("cn-after"), "0", "77"])
        told = watched.wait_for(lambda told: told.lost()["messages_missed"] > made.started)
    assert told.ended(status=76 << 8) < made.started
    assert told.lost()["buffer_full"] > 0
    assert told.lost()["messages_missed"] > made.started


@STORMS
@pytest.mark.parametrize(
    "before",
    [["unshare", "--pid", "--fork", "--kill-child"], ["unshare", "--net"], ["unshare", "--user"]],
    ids=["another pid namespace", "another network", "another user namespace"],
)
def test_where_it_cannot_work_it_says_why(before: Sequence[str]) -> None:
    if shutil.which(before[0]) is None:
        pytest.skip(f"{before[0]} is not installed")
    with Watched(OPTIONS._replace(limit_seconds=0.1), before=before) as watched:
        hello = watched.told.hello
    assert hello
    refused = next(one for one in hello.refused if one.rung == "connector")
    assert refused.why in ("namespace", "not_permitted")
    assert refused.reason
