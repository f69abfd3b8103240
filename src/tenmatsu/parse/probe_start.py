"""The line with which a machine behind SSH says what the probe can run on there (`reach/host_line.py`)."""

import re
from dataclasses import dataclass, field
from typing import Literal

from tenmatsu.errors import ParseError
from tenmatsu.parse.plain_text import make_plain

_LINE = re.compile(rb"TENMATSU-START (python|shell|nothing) ([0-9]{1,10}) (\S.{0,63}) (\S{1,400}) ?\r?")
_WHAT: dict[bytes, Literal["python", "shell", "nothing"]] = {
    b"python": "python",
    b"shell": "shell",
    b"nothing": "nothing",
}
_MOST_NOISE_LINES = 10_000
_MOST_LINE_BYTES = 1 << 20
_MOST_KEPT_LINES = 20
_MOST_KEPT_BYTES = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Start:
    """What is there: the user that we are, and the program that waits for ours on its standard input."""

    what: Literal["python", "shell", "nothing"]
    uid: int
    user: str
    program: str


@dataclass(kw_only=True)
class StartReader:
    """Takes bytes until that line came. `noise` is what stood before it: a greeting, start files."""

    noise: list[str] = field(default_factory=list)
    _lines: int = 0
    _rest: bytes = b""

    def feed(self, data: bytes) -> tuple[Start, bytes] | None:
        """Return what is there and the bytes that follow, once the line is whole. Raises ParseError."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for place, line in enumerate(lines):
            if found := _LINE.fullmatch(line):
                return _make_start(found), b"\n".join([*lines[place + 1 :], self._rest])
            self._lines += 1
            if line.strip() and len(self.noise) < _MOST_KEPT_LINES:
                self.noise.append(_text(line[:_MOST_KEPT_BYTES]))
        if self._lines > _MOST_NOISE_LINES or len(self._rest) > _MOST_LINE_BYTES:
            raise ParseError("the start of a probe", "something else, without end")
        return None


def _make_start(found: re.Match[bytes]) -> Start:
    return Start(what=_WHAT[found[1]], uid=int(found[2]), user=_text(found[3]), program=_text(found[4]))


def _text(raw: bytes) -> str:
    return make_plain(raw.decode("utf-8", "backslashreplace"))
