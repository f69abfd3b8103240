"""A machine without Python as it is reached: sh and busybox answer as this one does, as far as they can."""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.reach.closed_folders import words_without_override
from tests.reach.fake_ssh import SSH, bare_path, put_first
from tests.reach.test_remote import COMMANDS, HERE, PATHS, QUESTIONS, Call, outcome, running, soon, things

from tenmatsu.errors import NoConnection, ReachError, TookTooLong
from tenmatsu.parse.kmsg import parse_kmsg_record
from tenmatsu.reach import FileStat, FoundFile, Walk
from tenmatsu.reach.remote import RemoteReach
from tenmatsu.sight import memory
from tenmatsu.sight.look_on import Wanted, look_through

__all__ = ["things"]  # a fixture

COMMANDS_THERE = (
    "awk cat date dd env find gzip head id ls od readlink seq sleep sh stat tail timeout true uname".split()
)
ABSOLUTE = ("/usr/libexec/platform-python", "/usr/local/bin/python3")


@pytest.fixture(scope="module", params=["busybox", "this machine's"])
def bare(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RemoteReach]:
    """This machine with nothing but a shell and a few commands: busybox's, or its own."""
    skip_where_python_cannot_be_hidden()
    folder = tmp_path_factory.mktemp("bare")
    with pytest.MonkeyPatch.context() as patch:
        of_busybox = request.param == "busybox"
        path = busybox_path(folder) if of_busybox else bare_path(folder, *COMMANDS_THERE)
        put_first(patch, folder, SSH.format(path=path, shell="sh"))
        reach = RemoteReach("web1")
    with closing(reach):
        yield reach


def skip_where_python_cannot_be_hidden() -> None:
    for place in ABSOLUTE:
        if Path(place).exists():
            pytest.skip(f"{place} cannot be hidden")


def busybox_path(folder: Path) -> str:
    skip_where_python_cannot_be_hidden()
    busybox = shutil.which("busybox")
    if busybox is None:
        pytest.skip("busybox is not installed")
    (folder / "bare").mkdir()
    for name in COMMANDS_THERE:
        (folder / "bare" / name).symlink_to(busybox)
    return str(folder / "bare")


def as_told(outcome: object) -> object:
    """What both can tell: whole seconds, and of an error its kind."""
    if isinstance(outcome, FileStat):
        return replace(outcome, modified=outcome.modified.replace(microsecond=0))
    if isinstance(outcome, Walk):
        return {replace_times(file) for file in outcome.files if "\n" not in file.path}, outcome.complete
    if isinstance(outcome, list):
        return [one for one in outcome if "\n" not in one]
    if isinstance(outcome, tuple) and isinstance(outcome[0], type):
        return outcome[0]
    return outcome


def replace_times(file: FoundFile) -> FoundFile:
    return file._replace(modified=int(file.modified), changed=int(file.changed))


# Only of /dev/kmsg are there records, whose lines are told apart by how they begin.
ASKED = [name for name in QUESTIONS if name not in ("records", "walk a little", "read nothing")]
UNPACKED_BY_PYTHON_ONLY = (".bz2", ".xz")


@pytest.mark.parametrize(
    "path", [one for one in PATHS if not one.endswith(UNPACKED_BY_PYTHON_ONLY)], ids=ascii
)
def test_every_question_about_files_is_answered_as_here(bare: RemoteReach, things: Path, path: str) -> None:
    for name in ASKED:
        if "\n" in path and name == "walk":
            continue  # such names are left out
        if path == "pipe" and name == "read from":
            continue  # nobody reads a pipe from its middle
        call = QUESTIONS[name](f"{things}/{path}")
        assert as_told(outcome(bare, call)) == as_told(outcome(HERE, call)), name


@pytest.mark.parametrize(
    "path",
    [
        "/proc/1/cmdline",
        "/proc/self/mountinfo",
        "/proc/filesystems",
        "/proc",
        "/proc/none",
        "/sys/kernel/none",
    ],
)
def test_what_the_kernel_tells_is_read_as_here(bare: RemoteReach, path: str) -> None:
    call: Call = QUESTIONS["read"](path)
    there, here = outcome(bare, call), outcome(HERE, call)
    if path.endswith("mountinfo"):
        assert isinstance(there, bytes)
        assert there.count(b"\n") > 0
    else:
        assert as_told(there) == as_told(here)


def test_many_small_files_are_read_by_one_question(bare: RemoteReach) -> None:
    paths = ["/proc/version", "/proc/none", "/proc/filesystems"]
    assert bare.read_each(paths) == HERE.read_each(paths)


def test_odd_files_are_read_by_one_question_as_here(bare: RemoteReach, tmp_path: Path) -> None:
    texts = ["1 (a\rb) S 1\n", "", "no end", "", "\n", "\r", "- \n -", "x" * 5_000, "one\n\n", "last"]
    paths = [str(tmp_path / f"{place}") for place in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        Path(path).write_bytes(text.encode())
    paths += [str(tmp_path), str(tmp_path / "none")]
    assert bare.read_each(paths) == HERE.read_each(paths)


def test_a_name_cannot_forge_what_a_walk_meets(bare: RemoteReach, tmp_path: Path) -> None:
    (tmp_path / "d\r999999999999 1 1 81a4 " / "forged").mkdir(parents=True)
    call: Call = lambda reach: reach.walk(str(tmp_path))  # noqa: E731
    assert as_told(outcome(bare, call)) == as_told(outcome(HERE, call))


@pytest.mark.parametrize("argv", [one for one in COMMANDS if one[0] not in ("printf", "env")], ids=ascii)
def test_a_command_answers_as_here(bare: RemoteReach, argv: list[str]) -> None:
    if argv == ["sh", "-c", "kill -9 $$"]:
        pytest.skip("killed by its limit or by itself: sh cannot tell")
    call: Call = lambda reach: reach.run(argv, limit_seconds=1)  # noqa: E731
    assert as_told(outcome(bare, call)) == as_told(outcome(HERE, call))


def test_words_of_a_command_come_as_they_are(bare: RemoteReach) -> None:
    words = ["$(id)", "`id`", "; id", "*", "a  b", "'", '"', "\\0101", "\udcff", "日本", "", "\t", "x\n"]
    said = bare.run(["sh", "-c", 'for one; do printf "%s|" "$one"; done', "sh", *words])
    assert said.out == HERE.run(["sh", "-c", 'for one; do printf "%s|" "$one"; done', "sh", *words]).out


def test_a_slow_command_holds_no_other_up(bare: RemoteReach) -> None:
    mark = f"5.{os.getpid()}"
    assert soon(lambda: not running(f"sleep {mark}"))
    with pytest.raises(TookTooLong):
        bare.run(["sleep", mark], limit_seconds=1)
    assert bare.read("/proc/version") == HERE.read("/proc/version")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may read the kernel's messages")
def test_the_kernels_messages_are_the_same(bare: RemoteReach) -> None:
    there, here = bare.records("/dev/kmsg"), HERE.records("/dev/kmsg")
    if not here.lines:
        pytest.skip("the kernel keeps no messages here")
    assert set(there.lines) & set(here.lines)
    assert all(parse_kmsg_record(line) for line in there.lines[-5:])


def test_the_clock_is_known_as_well_as_date_tells_it(bare: RemoteReach) -> None:
    offset = bare.clock_offset
    assert abs(offset.seconds) <= offset.uncertainty_seconds + 0.01
    assert offset.uncertainty_seconds < 5
    assert bare.clocks().width > 0


@pytest.mark.parametrize("whose", ["busybox", "this machine's"])
def test_a_walk_that_may_not_look_everywhere_is_incomplete(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, whose: str
) -> None:
    skip_where_python_cannot_be_hidden()
    words = words_without_override()
    path = busybox_path(tmp_path) if whose == "busybox" else bare_path(tmp_path, *COMMANDS_THERE)
    put_first(monkeypatch, tmp_path, SSH.format(path=path, shell=" ".join([*words, "sh"])))
    top = tmp_path / "top"
    top.mkdir()
    for number in range(300):
        (top / f"{number}").mkdir(mode=0)
    with closing(RemoteReach("web1")) as reach:
        walk = reach.walk(str(top))
        assert (len(walk.files), walk.complete) == (300, False)
        for folder in top.iterdir():
            folder.chmod(0o700)
        walk = reach.walk(str(top))
        assert (len(walk.files), walk.complete) == (300, True)


def test_what_sh_cannot_do_is_said(bare: RemoteReach) -> None:
    for call in (
        lambda: bare.glob("/etc/**/x"),
        lambda: bare.ask_name_server("127.0.0.1", b"\0" * 12, limit_seconds=1),
    ):
        with pytest.raises(ReachError, match=r"Python 3\.6") as caught:
            call()
        assert not isinstance(caught.value, NoConnection)
    assert bare.why_not_all is not None
    assert "Python" in bare.why_not_all.en


def test_nothing_is_left_when_the_line_is_closed(bare: RemoteReach) -> None:
    mark = f"7.{os.getpid()}"
    asking = threading.Thread(
        target=outcome, args=(bare, lambda reach: reach.run(["sleep", mark], limit_seconds=3))
    )
    asking.start()
    assert soon(lambda: bool(running(f"sleep {mark}")))
    bare.close()  # the last test of this line
    asking.join()
    assert soon(lambda: not running(f"sleep {mark}"))


def test_a_clock_that_is_an_hour_ahead_is_told_in_ours(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    skip_where_python_cannot_be_hidden()
    path = bare_path(tmp_path, *COMMANDS_THERE)
    date = Path(path) / "date"
    date.unlink()
    date.write_text(f"#!/bin/sh\necho $(($({shutil.which('date')} +%s) + 3600))\n")
    date.chmod(0o755)
    put_first(monkeypatch, tmp_path, SSH.format(path=path, shell="sh"))
    with closing(RemoteReach("web1")) as ahead:
        offset = ahead.clock_offset
        assert abs(offset.seconds - 3600) <= offset.uncertainty_seconds
        assert abs((ahead.now() - datetime.now(UTC)).total_seconds() - 3600) <= offset.uncertainty_seconds + 1
        began = datetime.now(UTC)
        looked = look_through(ahead, Wanted(seconds=0.5, since=began), sights=(memory.SIGHT,))
    evidence = looked.evidence
    late = timedelta(seconds=offset.uncertainty_seconds + 1)
    assert began - late <= evidence.window.start <= evidence.window.end <= datetime.now(UTC) + late
    assert abs(evidence.since - began) < timedelta(seconds=1)
    assert all(evidence.window.holds(time) for one in evidence.series for time, _ in one.points)
    assert looked.clock_offset.offset_seconds == pytest.approx(offset.seconds)
    (reached,) = evidence.find_events("machine.reached")
    assert reached.number("clock_offset_seconds") == pytest.approx(offset.seconds)
