"""This machine as it is reached: files, archives, limits, rights, commands."""

import bz2
import gzip
import lzma
import os
import pickle
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tenmatsu.errors import NotPermitted, NotThere, ReachError, TookTooLong
from tenmatsu.reach.local import LocalReach

NOBODY = 65534
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}
LINES = b"".join(b"Mar 11 07:%02d:25 web1 kernel: line %d\n" % (n % 60, n) for n in range(2000))
IMPOSSIBLE = ["nul\0byte", "half a character \ud800"]

here = LocalReach()


def test_now_is_utc() -> None:
    assert abs(here.now() - datetime.now(UTC)) < timedelta(seconds=5)
    assert here.now().utcoffset() == timedelta(0)


def test_a_file_is_read_from_an_offset_and_up_to_a_limit(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    assert here.read(str(path)) == b"0123456789"
    assert here.read(str(path), offset=4) == b"456789"
    assert here.read(str(path), offset=4, limit_bytes=3) == b"456"
    assert here.read(str(path), offset=99) == b""
    assert here.read(str(path), limit_bytes=0) == b""


def test_a_file_larger_than_one_read_comes_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * (3 << 20) + b"end")
    assert here.read(str(path)).endswith(b"xend")
    assert len(here.read(str(path), limit_bytes=2_500_000)) == 2_500_000


def test_a_file_without_a_size_is_read_all_the_same() -> None:
    assert here.read("/proc/self/stat").startswith(str(os.getpid()).encode())
    assert b"(" in here.read_unpacked("/proc/self/stat")


def test_a_pipe_that_nobody_writes_to_does_not_keep_us(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert here.read(str(tmp_path / "pipe")) == b""


@pytest.mark.parametrize("suffix", PACKERS)
def test_an_archive_is_unpacked_and_its_end_kept(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"messages.1{suffix}"
    path.write_bytes(PACKERS[suffix](LINES))
    assert here.read_unpacked(str(path)) == LINES
    assert here.read_unpacked(str(path), limit_bytes=100) == LINES[-100:]


@pytest.mark.parametrize("suffix", PACKERS)
def test_of_a_large_archive_only_the_end_is_held(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"messages.1{suffix}"
    path.write_bytes(PACKERS[suffix](b"a" * (5 << 20) + LINES))
    assert here.read_unpacked(str(path), limit_bytes=len(LINES) + 3) == b"aaa" + LINES


def test_of_a_plain_log_the_end_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "messages"
    path.write_bytes(LINES)
    assert here.read_unpacked(str(path), limit_bytes=100) == LINES[-100:]
    assert here.read_unpacked(str(path)) == LINES


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("damage", ["cut off", "changed", "no archive", "empty end"])
def test_a_damaged_archive_is_said_to_be_damaged(tmp_path: Path, suffix: str, damage: str) -> None:
    path = tmp_path / f"messages.1{suffix}"
    packed = PACKERS[suffix](LINES)
    middle = len(packed) // 2
    path.write_bytes(
        {
            "cut off": packed[:middle],
            "changed": packed[:middle] + b"\xff" * 40 + packed[middle + 40 :],
            "no archive": LINES,
            "empty end": packed[:-4],
        }[damage]
    )
    with pytest.raises(ReachError, match="is damaged") as caught:
        here.read_unpacked(str(path))
    assert type(caught.value) is ReachError
    assert "壊れています" in caught.value.words.ja
    assert caught.value.what == str(path)


def test_an_empty_file_by_an_archives_name_is_never_a_bug_of_ours(tmp_path: Path) -> None:
    for suffix in PACKERS:
        path = tmp_path / f"empty{suffix}"
        path.touch()
        try:
            assert here.read_unpacked(str(path)) == b""
        except ReachError as refused:
            assert "damaged" in str(refused)  # noqa: PT017 - either answer will do


CALLS: dict[str, Callable[[str], Any]] = {
    "read": here.read,
    "read_unpacked": here.read_unpacked,
    "unpack": lambda path: here.read_unpacked(path + ".gz"),
    "names": here.names,
    "stat": here.stat,
    "link": here.link,
    "space": here.space,
    "records": here.records,
    "walk": here.walk,
}


@pytest.mark.parametrize("call", CALLS)
def test_what_is_missing_is_not_there(tmp_path: Path, call: str) -> None:
    (tmp_path / "file").touch()
    missing = [str(tmp_path / "none"), str(tmp_path / "file" / "below")]
    for path in missing + [f"{tmp_path}/{name}" for name in IMPOSSIBLE]:
        with pytest.raises(NotThere):
            CALLS[call](path)


def test_other_errors_keep_their_reason(tmp_path: Path) -> None:
    with pytest.raises(ReachError, match="Is a directory"):
        here.read(str(tmp_path))
    with pytest.raises(ReachError, match="Invalid argument"):
        here.link(str(tmp_path))
    with pytest.raises(ReachError, match="File name too long"):
        here.stat(str(tmp_path / ("n" * 300)))


def test_names_and_patterns_are_sorted(tmp_path: Path) -> None:
    for name in ("b.conf", "a.conf", "c.txt", "sub/d.conf"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert here.names(str(tmp_path)) == ["a.conf", "b.conf", "c.txt", "sub"]
    assert here.glob(f"{tmp_path}/*.conf") == [f"{tmp_path}/a.conf", f"{tmp_path}/b.conf"]
    assert f"{tmp_path}/sub/d.conf" in here.glob(f"{tmp_path}/**/*.conf")
    assert here.glob(f"{tmp_path}/none/*") == []


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_a_pattern_that_no_file_can_match_finds_none(name: str) -> None:
    assert here.glob(f"/tmp/{name}/*") == []


def test_stat_follows_links_and_link_does_not(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    (tmp_path / "link").symlink_to("file")
    found = here.stat(str(tmp_path / "link"))
    assert (found.size_bytes, found.is_file, found.is_directory) == (5, True, False)
    assert stat.S_ISREG(found.mode)
    assert here.stat(str(tmp_path)).is_directory
    assert here.link(str(tmp_path / "link")) == "file"
    assert here.link("/proc/self/exe") == str(Path("/proc/self/exe").resolve())


@pytest.mark.parametrize("seconds", [-(1 << 40), 1 << 38, (1 << 62)])
def test_a_file_may_have_any_time(tmp_path: Path, seconds: int) -> None:
    path = tmp_path / "file"
    path.touch()
    try:
        os.utime(path, ns=(0, 0))
        os.utime(path, (seconds, seconds))
    except (OSError, OverflowError) as refused:
        pytest.skip(f"this file system keeps no such time: {refused}")
    assert here.stat(str(path)).modified.tzinfo is UTC


def test_space_is_what_an_ordinary_user_may_take(tmp_path: Path) -> None:
    found = here.space(str(tmp_path))
    assert 0 <= found.available_bytes <= found.free_bytes <= found.total_bytes
    assert 0 <= found.free_inodes <= found.total_inodes
    assert not found.read_only
    assert here.space("/proc").total_bytes == 0


def test_a_command_says_what_it_printed_and_its_code() -> None:
    found = here.run(["sh", "-c", "printf out; printf err >&2; exit 3"])
    assert (found.code, found.out, found.err) == (3, b"out", b"err")


def test_no_shell_reads_the_words_of_a_command() -> None:
    words = ["$(id)", "`id`", "; id", "*", "a b", "'"]
    assert here.run(["printf", "%s|", *words]).out == "".join(f"{word}|" for word in words).encode()


def test_a_command_answers_in_the_c_locale_and_knows_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    monkeypatch.setenv("SECRET_TOKEN", "x")
    names = {line.partition(b"=")[0] for line in here.run(["env"]).out.splitlines()}
    assert names == {b"LC_ALL", b"PATH"}
    assert b"LC_ALL=C.UTF-8" in here.run(["env"]).out


def test_a_command_reads_nothing_from_us() -> None:
    assert here.run(["cat"]).out == b""


def test_a_command_that_takes_too_long_is_ended() -> None:
    began = time.monotonic()
    with pytest.raises(TookTooLong, match=r"sleep 60 gave no answer in 0\.2 s"):
        here.run(["sleep", "60"], limit_seconds=0.2)
    assert time.monotonic() - began < 5


def test_of_a_long_answer_the_end_is_kept() -> None:
    assert here.run(["seq", "1", "10000"], limit_bytes=6).out == b"10000\n"


def test_a_missing_program_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotThere):
        here.run(["tenmatsu-has-no-such-program"])
    broken = tmp_path / "broken"
    broken.write_text(f"#!{tmp_path}/no-interpreter\n")
    broken.chmod(0o755)
    with pytest.raises(NotThere):
        here.run([str(broken)])
    broken.write_bytes(b"\x7fELF, but no program")
    with pytest.raises(ReachError, match="Exec format error"):
        here.run([str(broken)])
    with pytest.raises(NotThere):
        here.run(["true", "nul\0byte"])


def test_records_of_a_plain_file_end(tmp_path: Path) -> None:
    (tmp_path / "kmsg").write_bytes(b"6,1,1,-;one\n")
    found = here.records(str(tmp_path / "kmsg"))
    assert (found.lines, found.lost) == ((b"6,1,1,-;one\n",), False)
    assert here.records("/dev/null").lines == ()


def test_a_walk_stops_at_its_limit_and_follows_no_link(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"dir{number}").mkdir()
        (tmp_path / f"dir{number}" / "file").write_bytes(b"123")
    (tmp_path / "circle").symlink_to(tmp_path)
    whole = here.walk(str(tmp_path))
    assert (len(whole.files), whole.complete) == (11, True)
    assert {file.size_bytes for file in whole.files if file.path.endswith("/file")} == {3}
    cut = here.walk(str(tmp_path), limit_entries=7)
    assert (len(cut.files), cut.complete) == (7, False)


def test_the_clocks_are_read_together() -> None:
    found = here.clocks()
    assert abs(found.real - time.time()) < 5
    assert 0 <= found.width < 1
    assert found.boot >= found.monotonic - 1


AS_NOBODY = """
import os, pickle, sys
from tenmatsu.errors import ReachError
from tenmatsu.reach.local import LocalReach
os.setgroups([])
os.setresgid(*[{id}] * 3)
os.setresuid(*[{id}] * 3)
found = {{}}
for call in {calls!r}:
    try:
        found[call] = "read" if getattr(LocalReach(), call)({path!r}) is not None else ""
    except ReachError as error:
        found[call] = type(error).__name__
try:
    LocalReach().run([{program!r}])
except ReachError as error:
    found["run"] = type(error).__name__
pickle.dump(found, sys.stdout.buffer)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can look as somebody else")
def test_what_is_not_permitted_is_said_to_be_so(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    (closed / "inner").mkdir(parents=True)
    (closed / "inner" / "file").touch()
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    closed.chmod(0o700)
    calls = ["read", "read_unpacked", "names", "stat", "link", "space", "records", "walk"]
    code = AS_NOBODY.format(id=NOBODY, calls=calls, path=f"{closed}/inner", program=str(program))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=20, check=True)
    assert pickle.loads(done.stdout) == {
        **dict.fromkeys(calls, NotPermitted.__name__),
        "run": NotThere.__name__,
    }
