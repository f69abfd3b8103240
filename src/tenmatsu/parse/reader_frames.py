"""The frames with which a reader answers (`probe/reader/answers.py`, `probe/reader.sh`) → values.

Whatever another machine sends: frames or a `ParseError`, and never more held than one frame's bytes. Before
the first frame anything may stand: what the login shell says.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tenmatsu.errors import ParseError

_HEAD = re.compile(rb"TENMATSU-R (\d{1,12}) ([de]) (\d{1,6}) ([0-9a-f]{8})")
_SHELL_LINE = re.compile(rb"TENMATSU-H (\d{1,12}) ([de]) ((?:[0-9a-f]{2})*)")
_FORMAT = "an answer of the reader"
MOST_FRAME_BYTES = 1 << 18
_MOST_LINE_BYTES = 1 << 14


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the answer to a request, or its end (then `data` says how it went)."""

    number: int
    is_end: bool
    data: bytes


class PieceReader:
    """Takes bytes as they come, returns the frames that are whole."""

    def __init__(self) -> None:
        """Begin in front of the first frame."""
        self._rest = bytearray()
        self._begun = False

    def feed(self, data: bytes) -> Iterator[Piece]:
        """Yield what is whole now. Raises ParseError at damage; nothing can be told of what follows it."""
        self._rest += data
        while (end := self._rest.find(b"\n")) >= 0:
            line = bytes(self._rest[:end])
            if found := _SHELL_LINE.fullmatch(line):
                piece, length = _make_shell_piece(found), end + 1
            elif found := _HEAD.fullmatch(line):
                size = int(found[3])
                if size > MOST_FRAME_BYTES:
                    raise ParseError(_FORMAT, f"a frame of {size} bytes")
                length = end + 1 + size + 1
                if len(self._rest) < length:
                    return
                piece = _make_piece(found, bytes(self._rest[end + 1 : length]))
            elif self._begun and line:
                raise ParseError(_FORMAT, ascii(line[:80]))
            else:
                del self._rest[: end + 1]
                continue
            self._begun = True
            del self._rest[:length]
            yield piece
        if len(self._rest) > _MOST_LINE_BYTES:
            raise ParseError(_FORMAT, "a line without end")


def _make_piece(found: re.Match[bytes], data: bytes) -> Piece:
    content = data[:-1]
    if data[-1:] != b"\n" or binascii.crc32(content) != int(found[4], 16):
        raise ParseError(_FORMAT, "damage on the way")
    return Piece(int(found[1]), found[2] == b"e", content)


def _make_shell_piece(found: re.Match[bytes]) -> Piece:
    return Piece(int(found[1]), found[2] == b"e", bytes.fromhex(found[3].decode("ascii")))
