"""The probe ends when its line does, and leaves nothing behind."""

import ctypes
import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.probe.watching import Watched

from tenmatsu.errors import NotThere, ReachError
from tenmatsu.parse.probe_frames import End, Frame, FrameReader, Hello, Look
from tenmatsu.probe import line as line_module
from tenmatsu.probe.bundle import PYTHON_OPTIONS, make_bundle
from tenmatsu.probe.line import Cut, Line
from tenmatsu.probe.rung import Options
from tenmatsu.reach import probe as reach_module
from tenmatsu.reach.probe import Lost, ProbeLine, start_here

ENDS_WITHIN_SECONDS = 1.0
BPF_PROG_GET_FD_BY_ID, BPF_MAP_GET_FD_BY_ID = 13, 14
QUICK = Options(interval_seconds=0.1)


def is_gone(command: int, identity: int) -> bool:
    """Tell whether the kernel has no BPF program or map of that number any more."""
    number = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
    attributes = ctypes.create_string_buffer(identity.to_bytes(4, sys.byteorder), 128)
    found = ctypes.CDLL(None, use_errno=True).syscall(number, command, attributes, 128)
    if found >= 0:
        os.close(found)
    return found < 0 and ctypes.get_errno() == errno.ENOENT


def bpf_things(pid: int) -> list[tuple[int, int]]:
    """Every program and map that a process holds, as the command to ask for it and its number."""
    things = []
    for info in Path(f"/proc/{pid}/fdinfo").iterdir():
        for line in info.read_text().splitlines():
            key, _, value = line.partition(":")
            if key in ("prog_id", "map_id"):
                things.append(
                    (BPF_PROG_GET_FD_BY_ID if key == "prog_id" else BPF_MAP_GET_FD_BY_ID, int(value))
                )
    return things


def soon(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    late = time.monotonic() + seconds
    while not condition() and time.monotonic() < late:
        time.sleep(0.02)
    return condition()


def start(output: int) -> subprocess.Popen[bytes]:
    """Start a probe that writes to this descriptor, whoever reads it."""
    process = subprocess.Popen([sys.executable, *PYTHON_OPTIONS], stdin=subprocess.PIPE, stdout=output)
    assert process.stdin
    process.stdin.write(make_bundle(QUICK))
    process.stdin.close()
    return process


def read_until_look(descriptor: int) -> Hello:
    reader, frames = FrameReader(), list[Frame]()
    while not any(isinstance(frame, Look) for frame in frames):
        frames += reader.feed(os.read(descriptor, 1 << 16))
    assert isinstance(frames[0], Hello)
    return frames[0]


def assert_ends(process: subprocess.Popen[bytes], *, code: int | None = None) -> None:
    began = time.monotonic()
    ended = process.wait(10)
    assert time.monotonic() - began < ENDS_WITHIN_SECONDS
    assert code is None or ended == code


@pytest.mark.parametrize("kind", ["pipe", "socket"])
def test_it_ends_when_nobody_reads_any_more(kind: str) -> None:
    if kind == "pipe":
        ours, its = os.pipe()
    else:
        pair = socket.socketpair()
        ours, its = pair[0].detach(), pair[1].detach()
    process = start(its)
    os.close(its)
    read_until_look(ours)
    os.close(ours)
    assert_ends(process, code=1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_says_goodbye_when_it_is_told_to_go(number: signal.Signals) -> None:
    ours, its = os.pipe()
    process = start(its)
    os.close(its)
    read_until_look(ours)
    process.send_signal(number)
    with os.fdopen(ours, "rb") as rest:
        last = rest.read().splitlines()[-1]
    assert b'"kind":"end"' in last
    assert f"signal {number}".encode() in last
    assert_ends(process, code=0)


@pytest.mark.usefixtures("ebpf")
@pytest.mark.parametrize("how", ["closed", "killed"])
def test_nothing_stays_in_the_kernel(how: str) -> None:
    ours, its = os.pipe()
    process = start(its)
    os.close(its)
    read_until_look(ours)
    things = bpf_things(process.pid)
    if how == "killed":
        process.kill()
    os.close(ours)
    assert_ends(process)
    assert {command for command, _ in things} == {BPF_PROG_GET_FD_BY_ID, BPF_MAP_GET_FD_BY_ID}
    assert len(things) >= 4 + 10
    assert soon(lambda: all(is_gone(*thing) for thing in things))


def test_it_writes_no_file_and_changes_no_setting(tmp_path: Path) -> None:
    settings = [Path("/proc/sys/kernel") / name for name in ("bpf_stats_enabled", "task_delayacct", "acct")]
    before = {path: path.read_text() for path in settings if path.exists()}
    where = ("env", "-C", str(tmp_path), f"HOME={tmp_path}", f"TMPDIR={tmp_path}")
    with Watched(QUICK, before=where) as watched:
        watched.wait_for_looks(2)
        opened = [str(one.readlink()) for one in Path(f"/proc/{watched.pid}/fd").iterdir()]
    assert list(tmp_path.iterdir()) == []
    assert {path: path.read_text() for path in before} == before
    assert [
        one for one in opened if one.startswith("/") and not one.startswith(("/dev/", "/sys/fs/cgroup"))
    ] == []


def test_it_ends_by_itself_when_the_time_is_over() -> None:
    line, hello = start_here(QUICK._replace(limit_seconds=0.35))
    frames = list(line.frames())
    line.close()
    looks = [frame for frame in frames if isinstance(frame, Look)]
    assert isinstance(frames[-1], End)
    assert len(looks) == 4
    assert hello.interval_seconds == 0.1
    assert sum(look.seconds for look in looks) == pytest.approx(0.35, abs=0.1)


def test_a_reader_that_takes_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_module, "_STALLED_SECONDS", 0.1)
    ours, its = os.pipe()
    handlers = {number: signal.getsignal(number) for number in line_module._ENDING}
    try:
        with pytest.raises(Cut, match="nobody took"):
            Line(its).send(b"x" * (1 << 20))
    finally:
        signal.set_wakeup_fd(-1)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        os.close(ours)
        os.close(its)


def test_a_cut_line_is_a_gap_with_its_times() -> None:
    with Watched(QUICK) as watched:
        watched.wait_for_looks(1)
        os.kill(watched.pid, signal.SIGKILL)
        told = watched.wait_for(lambda told: bool(told.others))
    lost = told.others[0]
    assert isinstance(lost, Lost)
    assert lost.since <= lost.noticed
    assert (lost.noticed - lost.since).total_seconds() < 5
    assert "cut" in lost.why.en


def test_what_the_command_complains_of_is_told() -> None:
    line = ProbeLine(["sh", "-c", "echo sudo: a password is required >&2; exit 1"], QUICK)
    (lost,) = line.frames()
    line.close()
    assert isinstance(lost, Lost)
    assert lost.why.en == "the line was cut. sudo: a password is required"


def test_a_command_that_is_silent_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach_module, "_HELLO_SECONDS", 0.1)
    monkeypatch.setattr(reach_module, "_GOODBYE_SECONDS", 0.1)
    line = ProbeLine(["sleep", "60"], QUICK)
    (lost,) = line.frames()
    line.close()
    line.close()
    assert isinstance(lost, Lost)
    assert "too long" in lost.why.en


def test_a_command_that_is_not_there_is_said() -> None:
    with pytest.raises(NotThere):
        ProbeLine(["no-such-command"], QUICK)


def test_without_any_working_way_the_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ReachError, match="the line was cut"):
        start_here(QUICK)


def test_where_sudo_wants_a_password_it_runs_as_oneself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    refusing = tmp_path / "sudo"
    refusing.write_text("#!/bin/sh\necho 'sudo: a password is required' >&2\nexit 1\n")
    refusing.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    line, hello = start_here(QUICK)
    line.close()
    assert hello.pid != os.getpid()


def test_through_sudo_it_is_run_and_closed_alike(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    granting = tmp_path / "sudo"
    granting.write_text('#!/bin/sh\n[ "$1" = -n ] && shift && "$@"; exit $?\n')
    granting.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    line, hello = start_here(QUICK)
    began = time.monotonic()
    line.close()
    assert time.monotonic() - began < ENDS_WITHIN_SECONDS
    assert soon(lambda: not Path(f"/proc/{hello.pid}").exists())
