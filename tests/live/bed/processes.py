"""Start, find and end the bed's own processes: always by id, never by name."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# A service's environment: nothing of the person's who runs the tests.
CLEAN_ENVIRONMENT: Mapping[str, str] = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C",
}


class BedError(Exception):
    """The bed itself does not work: a fault of the bed or of this machine, never of the subject."""


class Unusable(BedError):
    """A machine that cannot hold (a part of) the bed. The text says why."""


@dataclass(frozen=True, kw_only=True)
class Process:
    """A process that is not mistaken for another one when its number is used again."""

    pid: int
    start_ticks: int


def until(condition: Callable[[], object], *, what: str, limit_seconds: float = 15.0) -> None:
    """Wait for a condition, looked at every 20 ms. Raise `BedError` when it does not come."""
    end = time.monotonic() + limit_seconds
    while not condition():
        if time.monotonic() > end:
            raise BedError(f"waited {limit_seconds:g} s in vain: {what}")
        time.sleep(0.02)


def find_process(pid: int) -> Process | None:
    """Return the live process of this number; a zombie is not alive."""
    fields = _stat(pid)
    return Process(pid=pid, start_ticks=int(fields[19])) if fields and fields[0] != "Z" else None


def for_each_in_session(session: int) -> Iterator[Process]:
    """Every live process of a session. Each thing that the bed starts has one of its own."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        fields = _stat(int(entry.name))
        if fields and fields[0] != "Z" and int(fields[3]) == session:
            yield Process(pid=int(entry.name), start_ticks=int(fields[19]))


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the third (state) on; none when there is no such process."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return []
    return text.rpartition(")")[2].split()


def start(
    command: Sequence[str | Path],
    *,
    log: Path,
    folder: Path,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own; it is told to end should this process die."""
    with log.open("ab") as output:
        return subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            env={**CLEAN_ENVIRONMENT, **(environment or {})},
            start_new_session=True,
        )


def end(process: subprocess.Popen[bytes], *, patience_seconds: float = 5.0) -> None:
    """End a process and everything in its session, and wait until all of it is gone."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(patience_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    until(lambda: not _kill_session(process.pid), what=f"the end of session {process.pid}")


def _kill_session(session: int) -> tuple[Process, ...]:
    """Kill what is left of a session; return what there was to kill."""
    left = tuple(for_each_in_session(session))
    for each in left:
        try:
            # The descriptor keeps naming the process that was looked at.
            descriptor = os.pidfd_open(each.pid)
        except ProcessLookupError:
            continue
        try:
            if find_process(each.pid) == each:
                signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        except ProcessLookupError:
            pass
        finally:
            os.close(descriptor)
    return left


@contextmanager
def running(command: Sequence[str | Path], *, log: Path, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a child for as long as the block lasts."""
    process = start(command, log=log, folder=folder)
    try:
        yield process
    finally:
        end(process)
