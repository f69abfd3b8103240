"""The frames with which a reader answers (`probe/reader/answers.py`, `probe/reader.sh`) → values.

Whatever another machine sends: frames or a `ParseError`, and never more held than one frame's bytes. Before
the first frame anything may stand: what the login shell says.
"""

import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tenmatsu.errors import ParseError

_HEAD = re.compile(rb"TENMATSU-R (\d{1,12}) ([de]) (\d{1,6}) ([0-9a-f]{8})")
# What `probe/reader.sh` writes: a line of text or a piece of one, any bytes, an end.
_SHELL_TEXT = re.compile(rb"TENMATSU-([LP]) (\d{1,12}) (.*)", re.DOTALL)
_SHELL_BYTES = re.compile(rb"TENMATSU-H (\d{1,12}) ([dr]) ((?:[0-9a-f]{2})*)")
_SHELL_END = re.compile(rb"TENMATSU-E (\d{1,12}) (ok|not_there|not_permitted|code|other) ?(.*)", re.DOTALL)
_FORMAT = "an answer of the reader"
MOST_FRAME_BYTES = 1 << 18
_MOST_LINE_BYTES = 1 << 14


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the answer to a request: `d` data, `r` a command's complaints, `e` its end, in JSON."""

    number: int
    kind: Literal["d", "r", "e"]
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
            if shell_piece := _make_shell_piece(line):
                piece, length = shell_piece, end + 1
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
    return Piece(int(found[1]), "e" if found[2] == b"e" else "d", content)


def _make_shell_piece(line: bytes) -> Piece | None:
    """Return what a line of the shell's holds, None where it is none."""
    if found := _SHELL_TEXT.fullmatch(line):
        return Piece(int(found[2]), "d", found[3] + b"\n" if found[1] == b"L" else found[3])
    if found := _SHELL_BYTES.fullmatch(line):
        return Piece(int(found[1]), "r" if found[2] == b"r" else "d", bytes.fromhex(found[3].decode("ascii")))
    if found := _SHELL_END.fullmatch(line):
        return Piece(int(found[1]), "e", json.dumps(_read_shell_end(found)).encode("ascii"))
    return None


def _read_shell_end(found: re.Match[bytes]) -> dict[str, object]:
    how, more = found[2].decode("ascii"), found[3].decode("utf-8", "backslashreplace")
    if how == "ok":
        return {}
    if how == "code" and more.isascii() and more.isdigit():
        return {"code": int(more[:9])}
    return {"error": "other" if how == "code" else how, "why": more}
