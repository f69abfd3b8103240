"""What a process is sent and what it answers, bounded in time and bytes: nobody fills our memory."""

import os
import select
import selectors
import subprocess
import time
from collections.abc import Callable
from typing import IO, NamedTuple, cast

from tenmatsu.errors import ReachError, TookTooLong
from tenmatsu.model.words import Words

_CHUNK_BYTES = 1 << 16


class Bounds(NamedTuple):
    """How long an exchange may take and how much may be answered, in seconds and bytes."""

    seconds: float
    out_bytes: int
    err_bytes: int


def exchange(process: subprocess.Popen[bytes], name: str, text: bytes, bounds: Bounds) -> tuple[bytes, bytes]:
    """Send a text and return all that the process printed and complained of; it has ended then.

    Its three streams are pipes; `name` is what to call it in a sentence. Raises TookTooLong, and ReachError
    where more is answered than the bounds allow: the process then still runs.
    """
    deadline = time.monotonic() + bounds.seconds
    out, err = (_Answer(name, most) for most in (bounds.out_bytes, bounds.err_bytes))
    with selectors.DefaultSelector() as waiting:
        waiting.register(_there(process.stdin), selectors.EVENT_WRITE, _Question(text).send)
        waiting.register(_there(process.stdout), selectors.EVENT_READ, out.take)
        waiting.register(_there(process.stderr), selectors.EVENT_READ, err.take)
        while waiting.get_map():
            _go_on(waiting, max(deadline - time.monotonic(), 0.0))
            if time.monotonic() > deadline:
                raise TookTooLong(name, bounds.seconds)
    try:
        process.wait(max(deadline - time.monotonic(), 0.0))
    except subprocess.TimeoutExpired as late:
        raise TookTooLong(name, bounds.seconds) from late
    return bytes(out.data), bytes(err.data)


def _go_on(waiting: selectors.BaseSelector, seconds: float) -> None:
    """Move what can be moved now, wait for it as long as this; close the streams that are through."""
    for key, _ in waiting.select(seconds):
        move: Callable[[IO[bytes]], bool] = key.data
        stream = cast("IO[bytes]", key.fileobj)
        if not move(stream):
            waiting.unregister(stream)
            stream.close()


class _Question:
    """What is still to be sent."""

    def __init__(self, text: bytes) -> None:
        self._left = memoryview(text)

    def send(self, stream: IO[bytes]) -> bool:
        """Send a part, as much as never blocks (pipe(7)); tell whether more is to be sent."""
        try:
            sent = os.write(stream.fileno(), self._left[: select.PIPE_BUF])
        except BrokenPipeError:  # it reads no more: what it answered says why
            return False
        self._left = self._left[sent:]
        return bool(self._left)


class _Answer:
    """What came by one stream."""

    def __init__(self, name: str, most_bytes: int) -> None:
        self.data = bytearray()
        self._name = name
        self._most = most_bytes

    def take(self, stream: IO[bytes]) -> bool:
        """Take what is there; tell whether more may come. Raises ReachError beyond the bound."""
        chunk = os.read(stream.fileno(), _CHUNK_BYTES)
        self.data += chunk
        if len(self.data) > self._most:
            raise ReachError(self._name, _TOO_MUCH.fill(name=self._name, most=f"{self._most >> 10:,}"))
        return bool(chunk)


def _there(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # noqa: S101 - Popen was asked for all three
    return pipe


_TOO_MUCH = Words(
    "{name} answered more than {most} KiB: no answer to what was asked",
    "{name} の応答が {most} KiB を超えました。質問への回答ではありません",
)
