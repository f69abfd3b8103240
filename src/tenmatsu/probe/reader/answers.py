"""Answers as frames: a line `TENMATSU-R NUMBER KIND BYTES CRC`, then so many bytes, and the end of a line.

NUMBER is the request's. KIND `d` is a piece of the answer, `e` its end: a JSON object that says how it
went. Pieces are small, so that a long answer holds no other up. CRC is the CRC-32 of the bytes, in eight
hexadecimal digits. `tenmatsu.parse.reader_frames` reads it.
"""

import binascii
import json
import os
import threading
from typing import Any, Dict, List

MAGIC = "TENMATSU-R"
_PIECE_BYTES = 1 << 15


class Answers:
    """Writes frames whole, from any thread. When nobody takes them any more, the program is over."""

    def __init__(self, descriptor: int = 1) -> None:
        self._descriptor = descriptor
        self._writing = threading.Lock()

    def send(self, number: int, data: bytes) -> None:
        """Send a part of an answer."""
        for place in range(0, len(data), _PIECE_BYTES):
            self._write(number, "d", data[place : place + _PIECE_BYTES])

    def end(self, number: int, said: Dict[str, Any]) -> None:
        """Send an answer's end."""
        self._write(number, "e", json.dumps(said, separators=(",", ":")).encode("ascii"))

    def gather(self, number: int) -> "Gathered":
        """Return what makes few pieces of many small parts of an answer."""
        return Gathered(self, number)

    def _write(self, number: int, kind: str, data: bytes) -> None:
        head = f"{MAGIC} {number} {kind} {len(data)} {binascii.crc32(data):08x}\n"
        view = memoryview(head.encode("ascii") + data + b"\n")
        with self._writing:
            while view:
                view = view[os.write(self._descriptor, view) :]


class Gathered:
    """Sends the parts of one answer, many at once."""

    def __init__(self, answers: Answers, number: int) -> None:
        self._answers = answers
        self._number = number
        self._parts: List[bytes] = []
        self._held = 0

    def take(self, data: bytes) -> None:
        """Take a part."""
        self._parts.append(data)
        self._held += len(data)
        if self._held >= _PIECE_BYTES:
            self.flush()

    def flush(self) -> None:
        """Send what is held."""
        data = b"".join(self._parts)
        self._parts, self._held = [], 0
        self._answers.send(self._number, data)
