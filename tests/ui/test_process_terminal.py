"""The whole of `tenmatsu top` in a terminal: it starts, can be left, and leaves nothing behind."""

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

SOON_SECONDS = 60.0
COMMAND = (sys.executable, "-m", "tenmatsu", "top", "--lang", "en", "--for", "1s")


class Terminal:
    """A program behind a pseudo-terminal of 80 columns and 24 lines, and what it has written so far."""

    def __init__(self) -> None:
        self.ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (24, 80))
        self.program = subprocess.Popen(
            COMMAND,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color"},
        )
        os.close(theirs)
        self.written = b""

    def read_until(self, text: bytes) -> None:
        limit = time.monotonic() + SOON_SECONDS
        while text not in self.written:
            assert time.monotonic() < limit, self.written[-2000:]
            if select.select([self.ours], [], [], 0.2)[0]:
                try:
                    self.written += os.read(self.ours, 1 << 16)
                except OSError as gone:  # EIO: nobody holds the other end any more (pty(7))
                    raise AssertionError(self.written[-2000:]) from gone

    def children(self) -> list[int]:
        tasks = Path(f"/proc/{self.program.pid}/task").glob("*/children")
        return [int(pid) for path in tasks for pid in path.read_text().split()]

    def close(self) -> None:
        if self.program.poll() is None:
            self.program.terminate()
        self.program.wait(SOON_SECONDS)
        os.close(self.ours)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    terminal = Terminal()
    yield terminal
    terminal.close()


def ends_soon(pid: int) -> bool:
    limit = time.monotonic() + SOON_SECONDS
    while Path(f"/proc/{pid}").exists():
        if time.monotonic() > limit:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("key", [b"q", b"\x03"])
def test_it_is_left_by_a_key_and_the_terminal_is_as_before(terminal: Terminal, key: bytes) -> None:
    terminal.read_until(b"forks/s")
    probes = terminal.children()
    assert probes
    os.write(terminal.ours, key)
    terminal.read_until(b"\x1b[?1049l")
    assert terminal.program.wait(SOON_SECONDS) == 0
    assert all(ends_soon(pid) for pid in probes)


def test_with_the_terminal_gone_no_probe_is_left(terminal: Terminal) -> None:
    terminal.read_until(b"forks/s")
    probes = terminal.children()
    assert probes
    terminal.program.send_signal(signal.SIGHUP)
    terminal.program.wait(SOON_SECONDS)
    assert all(ends_soon(pid) for pid in probes)
