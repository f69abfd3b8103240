"""Which tasks that ended were threads of a process: what taskstats does not say before version 12."""

import socket
from typing import Dict, Optional

from tenmatsu.probe.connector import (
    EVENT,
    LEAST_EVENT_BYTES,
    close_connector,
    let_only_threads_ends_pass,
    open_connector,
)
from tenmatsu.probe.netlink import Receiver
from tenmatsu.probe.rung import Unavailable

_BUFFER_BYTES = 4 << 20


class ThreadEnds:
    """The connector, filtered in the kernel to the ends of threads. They come right after taskstats' own."""

    def __init__(self) -> None:
        self._socket: Optional[socket.socket] = None
        self._receiver: Optional[Receiver] = None
        self._process_of: Dict[int, int] = {}
        self._before: Dict[int, int] = {}

    def open(self) -> None:
        """Begin to listen. Raises Unavailable."""
        self._socket = open_connector(_BUFFER_BYTES)
        try:
            let_only_threads_ends_pass(self._socket)
        except OSError as error:
            raise Unavailable("refused", f"a socket filter: {error.strerror}") from error
        self._receiver = Receiver(self._socket)

    @property
    def overruns(self) -> int:
        """Return how often events found no room."""
        return self._receiver.overruns if self._receiver else 0

    def drain(self) -> None:
        """Take what waits."""
        if self._receiver is None:
            return
        for size in self._receiver.for_each_size():
            if size >= LEAST_EVENT_BYTES:
                _, _, _, _, pid, process, _, _, _, _ = EVENT.unpack_from(self._receiver.buffer)
                if pid != process:
                    self._process_of[pid] = process

    def turn(self) -> None:
        """Forget what came before the last turn."""
        self._before, self._process_of = self._process_of, {}

    def find_process(self, pid: int) -> int:
        """Return the process of which this was a thread; 0 where it was none, or that is not known."""
        return self._process_of.pop(pid, 0) or self._before.pop(pid, 0)

    def close(self) -> None:
        """Stop listening. Never raises."""
        if self._socket is not None:
            close_connector(self._socket)
            self._socket = None
            self._receiver = None
