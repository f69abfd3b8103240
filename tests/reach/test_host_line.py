"""The far side: the best that is there is found, whatever greets us, and what is missing is said."""

import os
import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.reach.fake_ssh import SSH, bare_path, put_first

from tenmatsu.errors import NoConnection, ParseError, WrongUse
from tenmatsu.parse.probe_frames import End, Look
from tenmatsu.parse.probe_start import Start, StartReader
from tenmatsu.probe.rung import Options
from tenmatsu.reach.host_line import REMOTE, HostLine, make_sudoers_line, start_on
from tenmatsu.reach.ssh import SshOptions

QUICK = Options(interval_seconds=0.2, limit_seconds=0.4, rungs=("none",))
WITHOUT_PYTHON = ("awk", "cat", "date", "getconf", "id", "ls", "sh", "sleep", "uname")
ABSOLUTE = ("/usr/libexec/platform-python", "/usr/local/bin/python3")


@pytest.fixture
def no_python_elsewhere() -> None:
    for place in ABSOLUTE:
        if Path(place).exists():
            pytest.skip(f"{place} cannot be hidden")


@pytest.mark.parametrize("shell", ["sh", "dash", "bash", "busybox sh", "ksh", "zsh", "tcsh", "fish"])
def test_any_shell_reads_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, shell: str) -> None:
    if shutil.which(shell.partition(" ")[0]) is None:
        pytest.skip(f"{shell} is not installed")
    put_first(monkeypatch, tmp_path, SSH.format(path=os.environ["PATH"], shell=shell))
    line, hello = start_on("web1", QUICK)
    frames = list(line.frames())
    line.close()
    assert line.start
    assert (line.start.what, line.start.uid) == ("python", os.getuid())
    assert hello.python.startswith("3.")
    assert isinstance(frames[-1], End)
    assert line.clock_offset
    assert abs(line.clock_offset.seconds) <= line.clock_offset.uncertainty_seconds + 0.01


def test_the_command_holds_nothing_that_shells_read_differently() -> None:
    inner = REMOTE.removeprefix("exec sh -c '").removesuffix("'")
    assert not set("'\\!\n`") & set(inner)
    assert len(REMOTE) < 1024


@pytest.mark.usefixtures("no_python_elsewhere")
@pytest.mark.parametrize("python", ["", "#!/bin/sh\nexit 1\n"], ids=["none", "old"])
def test_without_a_python_that_is_new_enough_the_shell_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, python: str
) -> None:
    path = bare_path(tmp_path, *WITHOUT_PYTHON)
    if python:
        (Path(path) / "python3").write_text(python)
        (Path(path) / "python3").chmod(0o755)
    put_first(monkeypatch, tmp_path, SSH.format(path=path, shell="/bin/sh"))
    line, hello = start_on("web1", QUICK)
    frames = list(line.frames())
    line.close()
    (gap,) = line.find_gaps(hello)
    assert (hello.rung, hello.python) == ("proc", "")
    assert [type(frame) for frame in frames[:-1]] == [Look] * (len(frames) - 1)
    assert isinstance(frames[-1], End)
    assert "no Python 3.6" in gap.why.en
    assert gap.component == "web1"


@pytest.mark.usefixtures("no_python_elsewhere")
def test_with_nothing_at_all_there_it_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = bare_path(tmp_path, "id", "sh", "cat")
    put_first(monkeypatch, tmp_path, SSH.format(path=path, shell="/bin/sh"))
    with pytest.raises(NoConnection, match="neither a Python") as caught:
        start_on("web1", QUICK)
    assert caught.value.permanent


SUDO = {
    "refuses": "#!/bin/sh\necho 'sudo: a password is required' >&2\nexit 1\n",
    "has no terminal": "#!/bin/sh\necho 'sudo: sorry, you must have a tty to run sudo' >&2\nexit 1\n",
    "allows": '#!/bin/sh\n[ "$1" = -n ] && shift && exec "$@"\n',
}


@pytest.mark.parametrize("how", SUDO)
def test_sudo_is_tried_and_not_needed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, how: str) -> None:
    (tmp_path / "sudo").write_text(SUDO[how])
    (tmp_path / "id").write_text('#!/bin/sh\n[ "$1" = -u ] && echo 1000 || echo "DOM\\\\jo hn"\n')
    for name in ("sudo", "id"):
        (tmp_path / name).chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    put_first(monkeypatch, tmp_path, SSH.format(path=path, shell="/bin/sh"))
    line, hello = start_on("web1", QUICK)
    list(line.frames())
    line.close()
    assert line.start
    assert (line.start.uid, line.start.user) == (1000, "DOM\\jo hn")
    (gap,) = line.find_gaps(replace(hello, uid=1000))
    assert line.find_gaps(replace(hello, uid=0)) == ()
    assert ("sudo: " in gap.why.en) == (how != "allows")
    assert "DOM\\\\jo\\ hn ALL=(root) NOPASSWD: " in gap.close_by.en


def test_the_line_for_sudoers_holds_no_open_word() -> None:
    start = Start(what="python", uid=5, user="DOM\\jo hn", program="/opt/py,3/bin/python3")
    assert make_sudoers_line(start) == (
        "DOM\\\\jo\\ hn ALL=(root) NOPASSWD: /opt/py\\,3/bin/python3 -I -S -B -"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "#!/bin/sh\necho 'ssh: connect to host web1 port 22: Connection refused' >&2\nexit 255\n",
            "refuses",
        ),
        ("#!/bin/sh\necho 'This account is currently not available.'\nexit 1\n", "not available"),
        ("#!/bin/sh\nexit 0\n", "did not start: ?"),
        ("#!/bin/sh\nprintf 'a\\033[31mb\\n' >&2\nexit 1\n", "did not start: a [31mb"),
        ("#!/bin/sh\nyes Welcome | head -n 20000\n", "without end"),
        ("#!/bin/sh\nhead -c 2000000 /dev/zero\n", "without end"),
    ],
)
def test_what_is_no_probe_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, words: str
) -> None:
    put_first(monkeypatch, tmp_path, text)
    with pytest.raises(NoConnection, match=r".") as caught:
        start_on("web1", QUICK)
    assert words in caught.value.words.en


def test_a_name_that_no_host_has_starts_nothing() -> None:
    with pytest.raises(WrongUse):
        HostLine("-oProxyCommand=id", QUICK, SshOptions())


@pytest.mark.parametrize("step", [1, 5, 1000])
def test_the_start_is_found_in_any_pieces(step: int) -> None:
    data = b"motd\nTENMATSU-START\n\nTENMATSU-START python 0 root /usr/bin/python3 \r\nrest\nmore"
    reader = StartReader()
    found = None
    at = 0
    while found is None:
        found = reader.feed(data[at : at + step])
        at += step
    start, rest = found
    assert start == Start(what="python", uid=0, user="root", program="/usr/bin/python3")
    assert rest + data[at:] == b"rest\nmore"
    assert reader.noise == ["motd", "TENMATSU-START"]


@given(st.lists(st.binary(max_size=100), max_size=5))
def test_any_bytes_are_a_start_or_not(pieces: list[bytes]) -> None:
    reader = StartReader()
    with suppress(ParseError):
        for piece in pieces:
            reader.feed(piece)
