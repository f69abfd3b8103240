"""Commands that only read: no shell, in the C locale, within limits, and ended with what they began."""

import os
import select
import signal
import subprocess
import time
from contextlib import suppress
from typing import Any, Callable, Dict, List, Optional

from tenmatsu.probe.reader.files import Request, Send

# As `reach/local.py`: readable answers in English, and the places where Debian keeps admin tools.
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "PATH": _PATH}
_BEAT_SECONDS = 0.2
_READ_BYTES = 1 << 16


class TooLong(Exception):
    """It did not end within its limit, or was given up."""


class _End:
    """The last bytes of a stream."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._kept: List[bytes] = []
        self._held = 0

    def take(self, data: bytes) -> None:
        self._kept.append(data)
        self._held += len(data)
        if self._held > 2 * self._limit + _READ_BYTES:
            self._kept = [self.bytes()]
            self._held = len(self._kept[0])

    def bytes(self) -> bytes:
        whole = b"".join(self._kept)
        return whole[max(0, len(whole) - self._limit) :]


def run(request: Request, send: Send, given_up: Callable[[], bool]) -> Request:
    """Run a command and send the end of what it printed. Raises FileNotFoundError, TooLong."""
    argv = [word.encode("utf-8", "surrogateescape") for word in request["argv"]]
    program = _find_program(argv[0])
    if program is None:
        raise FileNotFoundError(argv[0])
    process = subprocess.Popen(  # noqa: S603 - who asks chose the words; no shell reads them
        [program, *argv[1:]],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_ENVIRONMENT,
        start_new_session=True,  # so that all of it can be ended
    )
    RUNNING.add(process.pid)
    try:
        return _listen(process, request, send, given_up)
    finally:
        RUNNING.discard(process.pid)
        _end(process)


# The commands at work, by pid: each leads a session of its own.
RUNNING = set()  # type: set[int]


def end_all() -> None:
    """End every command that is still at work."""
    for pid in list(RUNNING):
        with suppress(OSError):
            os.killpg(pid, signal.SIGKILL)


def _listen(
    process: Any,  # noqa: ANN401 - Popen is generic only since 3.9
    request: Request,
    send: Send,
    given_up: Callable[[], bool],
) -> Request:
    deadline = time.monotonic() + request["limit_seconds"]
    streams: Dict[int, _End] = {
        pipe.fileno(): _End(request["limit_bytes"]) for pipe in (process.stdout, process.stderr)
    }
    waiting = select.poll()
    for descriptor in streams:
        waiting.register(descriptor, select.POLLIN)
    at_work = len(streams)
    while at_work or process.poll() is None:
        left = deadline - time.monotonic()
        if left <= 0 or given_up():
            raise TooLong
        if not at_work:
            with suppress(subprocess.TimeoutExpired):
                process.wait(min(left, _BEAT_SECONDS))
            continue
        for descriptor, _ in waiting.poll(min(left, _BEAT_SECONDS) * 1000):
            data = os.read(descriptor, _READ_BYTES)
            streams[descriptor].take(data)
            if not data:
                waiting.unregister(descriptor)
                at_work -= 1
    out, err = (stream.bytes() for stream in streams.values())
    send(out)
    send(err)
    return {"code": process.returncode, "out": len(out)}


def _end(process: Any) -> None:  # noqa: ANN401
    if process.poll() is None:
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    process.stdout.close()
    process.stderr.close()


def _find_program(name: bytes) -> Optional[bytes]:
    folders = [b""] if b"/" in name else _PATH.encode("ascii").split(b":")
    for folder in folders:
        path = os.path.join(folder, name)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return None
