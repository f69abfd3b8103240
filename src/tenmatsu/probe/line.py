"""The line to whoever asked: standard output. When it is cut, or a signal says so, the probe ends.

`python3 -` has read its program up to the end of standard input, so that one says nothing more. A pipe or
socket whose other end is closed shows as an error on *our* end, at once and without writing (pipe_poll and
unix_poll in the kernel): that is what is waited for.
"""

import os
import select
import signal
import time
from typing import List, Tuple

# A pipe that says it can be written takes this much without blocking (PIPE_BUF, pipe(7)).
_CHUNK_BYTES = 4096
# Whoever takes nothing for so long is gone, even if nobody has told us: a network that swallows packets.
_STALLED_SECONDS = 20.0
_SLICE_SECONDS = 0.4
_ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Cut(Exception):
    """The line is gone, or we were told to go (then `line_holds`). The message says which."""

    def __init__(self, reason: str, line_holds: bool = False) -> None:
        super().__init__(reason)
        self.line_holds = line_holds


class Line:
    """Waits, writes, and notices the end."""

    def __init__(self, descriptor: int = 1) -> None:
        self._descriptor = descriptor
        self._woken, self._waker = os.pipe()
        for end in (self._woken, self._waker):
            os.set_blocking(end, False)
        self._caught: List[int] = []
        for number in _ENDING:
            signal.signal(number, self._catch)
        signal.set_wakeup_fd(self._waker)
        self._poll = select.poll()
        self._poll.register(self._woken, select.POLLIN)
        self._poll.register(descriptor, 0)
        self._room = select.poll()
        self._room.register(descriptor, select.POLLOUT)

    def _catch(self, number: int, _frame: object) -> None:
        self._caught.append(number)

    def wait(self, until: float) -> None:
        """Wait until `time.monotonic()` says so. Raises Cut."""
        while True:
            left = until - time.monotonic()
            self._find_cut(self._poll.poll(max(0.0, left) * 1000))
            if self._caught:
                raise Cut(f"signal {self._caught[0]}", line_holds=True)
            if left <= 0:
                return

    def send(self, data: bytes) -> None:
        """Write all of it. Raises Cut when the line is cut or takes nothing."""
        view = memoryview(data)
        while view:
            self._wait_for_room()
            try:
                view = view[os.write(self._descriptor, view[:_CHUNK_BYTES]) :]
            except BlockingIOError:  # somebody else made it so, and took the room
                continue
            except OSError as gone:
                raise Cut("the line was cut: " + (gone.strerror or "?")) from gone

    def _wait_for_room(self) -> None:
        """Wait until a chunk can be written. A signal lets the frame be finished if that is soon."""
        late = time.monotonic() + _STALLED_SECONDS
        ready = self._room.poll(_SLICE_SECONDS * 1000)
        while not ready:
            if self._caught:
                raise Cut(f"signal {self._caught[0]}, and nobody takes anything")
            if time.monotonic() >= late:
                raise Cut(f"nobody took anything for {_STALLED_SECONDS:.0f} s")
            ready = self._room.poll(_SLICE_SECONDS * 1000)
        self._find_cut(ready)

    def _find_cut(self, ready: List[Tuple[int, int]]) -> None:
        for descriptor, events in ready:
            if descriptor == self._descriptor and events & (
                select.POLLERR | select.POLLHUP | select.POLLNVAL
            ):
                raise Cut("the line was cut")
