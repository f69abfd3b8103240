"""A log file: read from a time on, its predecessors too, and as it grows."""

import gzip
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tenmatsu.errors import NotThere
from tenmatsu.parse.access_log import USUAL_FORMAT, AccessReader
from tenmatsu.reach.local import LocalReach
from tenmatsu.sight.log_tail import LogTail

START = datetime(2026, 3, 11, tzinfo=UTC)


def entry(second: int) -> bytes:
    stamp = at(second).strftime("%d/%b/%Y:%H:%M:%S +0000")
    return f'192.0.2.7 - - [{stamp}] "GET /{second} HTTP/1.1" 200 7 "-" "Mozilla/5.0"\n'.encode()


def entries(begin: int, end: int) -> bytes:
    return b"".join(entry(second) for second in range(begin, end))


def first_time(text: bytes) -> datetime | None:
    found = AccessReader(USUAL_FORMAT).read(text)
    return found[0].time if found else None


def paths(blocks: Iterable[bytes]) -> list[int]:
    found = AccessReader(USUAL_FORMAT).read(b"".join(blocks))
    return [int(one.path[1:]) for one in found]


def tail_of(path: Path) -> LogTail:
    return LogTail(LocalReach(), str(path), first_time)


def at(second: int) -> datetime:
    return START + timedelta(seconds=second)


def test_history_begins_near_the_time_and_holds_all_after_it(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_bytes(entries(0, 30_000))
    found = paths(tail_of(log).history(at(29_000)))
    assert 27_000 < found[0] <= 29_000
    assert found == list(range(found[0], 30_000))


def test_history_goes_on_in_rotated_logs_packed_ones_too(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    (tmp_path / "access.log.2.gz").write_bytes(gzip.compress(entries(0, 10)))
    (tmp_path / "access.log.1").write_bytes(entries(10, 20))
    log.write_bytes(entries(20, 30))
    assert paths(tail_of(log).history(at(0))) == list(range(30))


def test_growth_is_read_once_and_half_lines_are_waited_for(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_bytes(entries(0, 3))
    tail = tail_of(log)
    assert paths(tail.history(at(0))) == [0, 1, 2]
    more = entries(3, 5)
    with log.open("ab") as file:
        file.write(more[:-20])
    assert paths(tail.grown()) == [3]
    with log.open("ab") as file:
        file.write(more[-20:])
    assert paths(tail.grown()) == [4]
    assert list(tail.grown()) == []


def test_a_rotation_within_the_window_loses_nothing(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_bytes(entries(0, 3))
    tail = tail_of(log)
    list(tail.history(at(0)))
    with log.open("ab") as file:
        file.write(entries(3, 5))
    log.rename(tmp_path / "access.log.1")
    assert list(tail.grown()) == []
    log.write_bytes(entries(5, 7))
    assert paths(tail.grown()) == [3, 4, 5, 6]


def test_a_log_that_was_emptied_is_read_from_its_beginning(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_bytes(entries(0, 30))
    tail = tail_of(log)
    list(tail.history(at(0)))
    log.write_bytes(entries(40, 42))
    assert paths(tail.grown()) == [40, 41]


def test_a_log_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(NotThere):
        tail_of(tmp_path / "no.log")
