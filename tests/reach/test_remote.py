"""Another machine as it is reached: the same answers as from this one, whatever is asked."""

import bz2
import gzip
import lzma
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.reach.fake_ssh import SSH, put_first

from tenmatsu.errors import NoConnection, ReachError, TookTooLong
from tenmatsu.reach import Reach
from tenmatsu.reach.local import LocalReach
from tenmatsu.reach.reader_line import REMOTE
from tenmatsu.reach.remote import RemoteReach

HERE = LocalReach()
SOON_SECONDS = 20.0
LONG_SECONDS = 600.0

Call = Callable[[Reach], Any]


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RemoteReach]:
    """A machine behind a `ssh` that is a shell: this one."""
    with pytest.MonkeyPatch.context() as patch:
        put_first(patch, tmp_path_factory.mktemp("ssh"), SSH.format(path=os.environ["PATH"], shell="sh"))
        reach = RemoteReach("web1")
    with closing(reach):
        yield reach


@pytest.fixture(scope="module")
def things(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all kinds of files."""
    folder = tmp_path_factory.mktemp("things")
    text = b"".join(b"Mar 11 07:00:25 web1 kernel: line %d\n" % n for n in range(5000))
    (folder / "messages").write_bytes(text)
    for suffix, pack in ((".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)):
        (folder / f"messages{suffix}").write_bytes(pack(text))
        (folder / f"cut{suffix}").write_bytes(pack(text)[:-9])
        (folder / f"wrong{suffix}").write_bytes(text)
    (folder / "empty").touch()
    (folder / "link").symlink_to("messages")
    (folder / "nowhere").symlink_to("no-such-file")
    (folder / "circle").symlink_to("circle")
    (folder / "old").touch()
    os.utime(folder / "old", (-10, -10))
    Path(os.fsdecode(os.fsencode(folder) + b"/half \xff a name")).touch()
    (folder / "new\nline").mkdir()
    (folder / "new\nline" / "inner").write_bytes(b"\0\n\xff")
    os.mkfifo(folder / "pipe")
    return folder


def outcome(reach: Reach, call: Call) -> object:
    """What comes of a call: the value, or the error by kind and words."""
    try:
        return call(reach)
    except ReachError as error:
        return type(error), error.what, error.words


PATHS = [
    "messages",
    "empty",
    "link",
    "nowhere",
    "circle",
    "old",
    "new\nline",
    "new\nline/inner",
    "half \udcff a name",
    "none",
    "messages/below",
    "nul\0byte",
    "half a character \ud800",
    "n" * 300,
    "messages.gz",
    "messages.bz2",
    "messages.xz",
    "cut.gz",
    "cut.bz2",
    "cut.xz",
    "wrong.gz",
    "wrong.bz2",
    "wrong.xz",
    "pipe",
    ".",
]
QUESTIONS: dict[str, Callable[[str], Call]] = {
    "read": lambda path: lambda reach: reach.read(path),
    "read from": lambda path: lambda reach: reach.read(path, offset=7, limit_bytes=100),
    "read nothing": lambda path: lambda reach: reach.read(path, limit_bytes=0),
    "unpack": lambda path: lambda reach: reach.read_unpacked(path),
    "unpack the end": lambda path: lambda reach: reach.read_unpacked(path, limit_bytes=1000),
    "names": lambda path: lambda reach: reach.names(path),
    "glob": lambda path: lambda reach: reach.glob(f"{path}*"),
    "stat": lambda path: lambda reach: reach.stat(path),
    "link": lambda path: lambda reach: reach.link(path),
    "records": lambda path: lambda reach: reach.records(path),
    "walk": lambda path: lambda reach: reach.walk(path),
    "walk a little": lambda path: lambda reach: reach.walk(path, limit_entries=3),
    "run": lambda path: lambda reach: reach.run([path]),
}


@pytest.mark.parametrize("path", PATHS, ids=ascii)
def test_every_question_about_files_is_answered_as_here(there: RemoteReach, things: Path, path: str) -> None:
    for name, make in QUESTIONS.items():
        call = make(f"{things}/{path}")
        assert outcome(there, call) == outcome(HERE, call), name


def spaces(path: str) -> Call:
    return lambda reach: reach.space(path)


def test_room_is_told_as_here(there: RemoteReach) -> None:
    for path in ("/proc", "/none", "/dev/null/x"):
        assert outcome(there, spaces(path)) == outcome(HERE, spaces(path))
    assert there.space("/").total_bytes == HERE.space("/").total_bytes


def test_many_small_files_are_read_by_one_question(there: RemoteReach, things: Path) -> None:
    paths = [f"{things}/{path}" for path in PATHS if path != "pipe"]
    assert there.read_each(paths, limit_bytes=50) == HERE.read_each(paths, limit_bytes=50)
    assert there.read_each([]) == {}


COMMANDS: list[list[str]] = [
    ["sh", "-c", "printf out; printf err >&2; exit 3"],
    ["sh", "-c", "kill -9 $$"],
    ["printf", "%s|", "$(id)", "`id`", "; id", "*", "a b", "'", "\udcff", "日本"],
    ["env"],
    ["cat"],
    ["true", "nul\0byte"],
    ["tenmatsu-has-no-such-program"],
    ["/dev/null"],
    ["sleep", "60"],
    ["sh", "-c", "sleep 60 & wait"],
]


@pytest.mark.parametrize("argv", COMMANDS, ids=ascii)
def test_a_command_answers_as_here(there: RemoteReach, argv: list[str]) -> None:
    call: Call = lambda reach: reach.run(argv, limit_seconds=0.5)  # noqa: E731
    assert outcome(there, call) == outcome(HERE, call)


@pytest.mark.parametrize(("limit", "complete"), [(10, False), (30, True)])
def test_a_walk_that_is_cut_off_in_its_last_folder_says_so(
    there: RemoteReach, tmp_path: Path, limit: int, complete: bool
) -> None:
    for number in range(30):
        (tmp_path / f"{number}").touch()
    walk = there.walk(str(tmp_path), limit_entries=limit)
    assert (len(walk.files), walk.complete) == (limit, complete)


def test_of_a_long_answer_the_end_is_kept(there: RemoteReach) -> None:
    assert there.run(["seq", "1", "300000"], limit_bytes=7).out == b"300000\n"


def test_a_command_that_was_given_up_is_ended_with_what_it_began(there: RemoteReach) -> None:
    mark = f"3{os.getpid() % 1000:03d}.25"
    with pytest.raises(TookTooLong):
        there.run(["sh", "-c", f"sleep {mark} & wait"], limit_seconds=0.3)
    assert soon(lambda: not running(f"sleep {mark}"))


def test_a_slow_answer_holds_no_other_up(there: RemoteReach) -> None:
    slow = [
        threading.Thread(target=outcome, args=(there, lambda reach: reach.run(["sleep", "3"])))
        for _ in range(20)
    ]
    for thread in slow:
        thread.start()
    assert there.read("/proc/version") == HERE.read("/proc/version")
    assert all(thread.is_alive() for thread in slow)
    for thread in slow:
        thread.join()


def test_the_time_there_is_known_without_a_question(there: RemoteReach) -> None:
    offset = there.clock_offset
    assert abs(offset.seconds) <= offset.uncertainty_seconds + 0.001  # it is the same clock
    assert abs(there.now() - datetime.now(UTC)) < timedelta(seconds=1)
    clocks = there.clocks()
    assert abs(clocks.real - time.time()) < SOON_SECONDS
    assert len(clocks.timex) == len(HERE.clocks().timex)


def test_the_command_holds_nothing_that_shells_read_differently() -> None:
    inner = REMOTE.removeprefix("exec sh -c '").removesuffix("'")
    assert not set("'\\!\n`") & set(inner)
    assert len(REMOTE) < 1024


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[RemoteReach]:
    """A connection of the test's own, to be ill-treated."""
    put_first(monkeypatch, tmp_path, SSH.format(path=os.environ["PATH"], shell="sh"))
    with closing(RemoteReach("web1")) as reach:
        yield reach


def test_a_lost_line_ends_every_question_at_once(line: RemoteReach) -> None:
    said: list[object] = []
    asking = [
        threading.Thread(
            target=lambda: said.append(
                outcome(line, lambda reach: reach.run(["sleep", "60"], limit_seconds=90))
            )
        )
        for _ in range(5)
    ]
    told = threading.Event()
    line.when_lost(told.set)
    for thread in asking:
        thread.start()
    reader = int(line.link("/proc/self"))
    os.kill(line._line._process.pid, signal.SIGKILL)
    for thread in asking:
        thread.join(SOON_SECONDS)
    assert told.wait(SOON_SECONDS)
    assert len(said) == 5
    assert all(isinstance(one, tuple) and one[0] is NoConnection for one in said)
    with pytest.raises(NoConnection, match="was cut"):
        line.read("/proc/version")
    assert line.lost_at is not None
    assert soon(lambda: not Path(f"/proc/{reader}").exists())


def test_the_other_side_ends_with_the_line(line: RemoteReach) -> None:
    mark = f"4{os.getpid() % 1000:03d}.25"
    reader = int(line.link("/proc/self"))
    asking = threading.Thread(
        target=outcome, args=(line, lambda reach: reach.run(["sleep", mark], limit_seconds=90))
    )
    asking.start()
    assert soon(lambda: bool(running(f"sleep {mark}")))
    line.close()
    asking.join(SOON_SECONDS)
    assert not asking.is_alive()
    assert soon(lambda: not Path(f"/proc/{reader}").exists())
    assert soon(lambda: not running(f"sleep {mark}"))


HOSTILE = """\
#!/bin/sh
echo
echo 'TENMATSU-START python 0 root /usr/bin/python3'
cat <<'END'
{said}
END
cat >/dev/null
"""
HELLO = "TENMATSU-H 0 e 7b7d"  # {}


@pytest.mark.parametrize(
    "said",
    [
        "",
        "TENMATSU-R 0 e 2 00000000\n{}",
        "TENMATSU-R 0 e 999999 00000000",
        f"{HELLO}\nsomething else",
        f"{HELLO}\nTENMATSU-H 1 e 5b5d",  # a list
        f"{HELLO}\nTENMATSU-H 1 e 7b7d",  # an answer without any data
        f"{HELLO}\nTENMATSU-H 1 d 4e614e\nTENMATSU-H 1 e 7b7d",  # NaN
        f"{HELLO}\nTENMATSU-H 1 d 31653939\nTENMATSU-H 1 e 7b7d",  # 1e99
        f"{HELLO}\nTENMATSU-H 1 d " + "00" * 200_000,
    ],
)
def test_whatever_is_answered_is_an_error_in_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str
) -> None:
    put_first(monkeypatch, tmp_path, HOSTILE.format(said=said).replace("cat >/dev/null\n", "exit 0\n"))
    with pytest.raises(ReachError) as caught:
        RemoteReach("web1")
    assert caught.value.words.en != caught.value.words.ja


def test_a_host_that_is_no_host_is_refused() -> None:
    with pytest.raises(NoConnection):
        RemoteReach("no-such-name.invalid")


def soon(condition: Callable[[], bool]) -> bool:
    """Wait until it holds; tell whether it does."""
    late = time.monotonic() + SOON_SECONDS
    while not condition() and time.monotonic() < late:
        time.sleep(0.02)
    return condition()


def running(command: str) -> list[str]:
    """The processes with this command line, wherever the program is."""
    wanted = b"\0".join(word.encode() for word in command.split()) + b"\0"
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes().rpartition(b"/")[2] == wanted:
                found.append(path.parent.name)
        except OSError:
            continue
    return found
