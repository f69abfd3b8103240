"""This machine's own device records, directory walks and clocks."""

import os
import time
from pathlib import Path

import pytest

from tenmatsu.errors import NotThere, ParseError
from tenmatsu.parse.adjtimex import parse_adjtimex
from tenmatsu.reach.local import LocalReach

HERE = LocalReach()


def test_a_walk_meets_everything_below_and_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "file").write_text("x")
    (tmp_path / "a" / "round").symlink_to(tmp_path)
    walk = HERE.walk(str(tmp_path))
    assert walk.complete
    assert {Path(file.path).name for file in walk.files} == {"a", "b", "file", "round"}


def test_a_walk_stops_at_its_limit_and_says_so(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"{number}").mkdir()
        (tmp_path / f"{number}" / "file").write_text("")
    walk = HERE.walk(str(tmp_path), limit_entries=40)
    assert not walk.complete
    assert len(walk.files) == 40


@pytest.mark.parametrize(("limit", "complete"), [(10, False), (29, False), (30, True)])
def test_a_walk_that_is_cut_off_in_its_last_folder_says_so(
    tmp_path: Path, limit: int, complete: bool
) -> None:
    for number in range(30):
        (tmp_path / f"{number}").write_text("")
    walk = HERE.walk(str(tmp_path), limit_entries=limit)
    assert (len(walk.files), walk.complete) == (limit, complete)


def test_a_walk_of_nothing_is_an_error_not_an_empty_answer(tmp_path: Path) -> None:
    with pytest.raises(NotThere):
        HERE.walk(str(tmp_path / "nowhere"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list every directory")
def test_a_walk_that_may_not_look_everywhere_is_incomplete(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    assert not HERE.walk(str(tmp_path)).complete


def test_a_change_of_the_mode_alone_shows_in_the_time_of_the_inode(tmp_path: Path) -> None:
    script = tmp_path / "mt.cgi"
    script.write_text("x")
    os.utime(script, (0, 0))
    script.chmod(0o600)
    (found,) = HERE.walk(str(tmp_path)).files
    assert found.modified == 0
    assert found.changed > time.time() - 60


def test_records_of_a_device_that_holds_none_are_none() -> None:
    records = HERE.records("/dev/null")
    assert (records.lines, records.lost) == ((), False)


def test_records_of_a_pipe_that_has_nothing_yet_are_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    keeper = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    try:
        assert HERE.records(str(pipe)).lines == ()
        os.write(keeper, b"6,1,1,-;one\n")
        assert HERE.records(str(pipe)).lines == (b"6,1,1,-;one\n",)
    finally:
        os.close(keeper)


def test_records_of_what_is_not_there_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotThere):
        HERE.records(str(tmp_path / "kmsg"))


def test_the_clocks_are_read_close_together_and_go_on() -> None:
    first, second = HERE.clocks(), HERE.clocks()
    assert second.monotonic > first.monotonic
    assert abs(first.real - time.time()) < 5
    assert first.boot >= first.monotonic - 0.001
    assert 0 <= first.width < 1


def test_the_kernels_own_word_on_the_clock_is_understood_where_it_gives_one() -> None:
    timex = HERE.clocks().timex
    if not timex:
        with pytest.raises(ParseError):
            parse_adjtimex(timex)
        pytest.skip("adjtimex(2) is not to be had here")
    assert 0 <= parse_adjtimex(timex).maximum_error_seconds < 1000
