"""Another machine named on the command line: what may be said, and what comes of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.reach.fake_ssh import SSH, put_first

LIMIT_SECONDS = 120


def call(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tenmatsu", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_SECONDS,
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("investigate", "--old-ssh"), "--old-ssh and --ssh-config go with --on"),
        (("investigate", "--on", "-oProxyCommand=x"), "is not the name of a host"),
        (("investigate", "--on", "web1", "--replay", "x"), "--replay judges what a case holds"),
        (("who", "sshd", "--on", "a b"), "is not the name of a host"),
    ],
)
def test_what_cannot_be_meant_is_one_line(words: tuple[str, ...], said: str) -> None:
    done = call(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_machine_that_does_not_let_us_in_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put_first(monkeypatch, tmp_path, "#!/bin/sh\necho 'x: Permission denied (publickey).' >&2\nexit 255\n")
    for words in (("investigate", "--on", "web1"), ("who", "sshd", "--on", "web1")):
        done = call(*words)
        assert (done.returncode, done.stdout) == (2, "")
        assert "web1 does not let us in" in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_who_asks_the_machine_that_was_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    put_first(monkeypatch, tmp_path, SSH.format(path=os.environ["PATH"], shell="sh"))
    there, here = call("who", "python3", "--on", "me@web1"), call("who", "python3")
    assert there.returncode == here.returncode
    assert "On me@web1" in there.stdout
    answers = [json.loads(call("who", "python3", "--json", *more).stdout) for more in ((), ("--on", "web1"))]
    assert answers[0]["names"][0]["here"]["installed"] == answers[1]["names"][0]["here"]["installed"]


def test_a_normal_of_another_machine_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    put_first(monkeypatch, tmp_path, SSH.format(path=os.environ["PATH"], shell="sh"))
    case = Path(__file__).parent.parent / "cases" / "faults" / "healthy-under-load.case"
    done = call("investigate", "--on", "web1", "--normal", str(case))
    assert (done.returncode, done.stdout) == (2, "")
    assert "another machine" in done.stderr
