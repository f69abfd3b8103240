"""What tracefs says of its own formats, and its ring buffer's pages by that.

Sources: events/*/format and events/header_page; `ring_buffer_event` in include/linux/ring_buffer.h, the
flags of the page in kernel/trace/ring_buffer.c.
"""

import re
import struct
import sys
from typing import Dict, Iterator, NamedTuple, Tuple

_FIELD = re.compile(rb"field:\s*([^;]*?)\s*(\w+)(?:\[\w*\])?;\s*offset:(\d+);\s*size:(\d+);")
# Set in a page's `commit` where events before it were lost (RB_MISSED_EVENTS, RB_MISSED_STORED).
_LENGTH_MASK = (1 << 30) - 1
# Kinds of entries; below them, the length in words of four bytes (0: it follows).
_PADDING, _TIME_EXTEND, _TIME_STAMP = 29, 30, 31
_TIME_BITS = 27
_STAMP_MASK = (1 << 59) - 1
_WORD = struct.Struct("=I")
_SIGNED = struct.Struct("=i")
_U64 = struct.Struct("=Q")
_LITTLE = sys.byteorder == "little"


class Field(NamedTuple):
    """Where a field lies in an event, in bytes."""

    at: int
    size: int
    elsewhere: bool  # it holds where its value lies, and how long that is (__data_loc)


class Format(NamedTuple):
    """An event: its number, and its fields."""

    number: int
    fields: Dict[str, Field]

    def number_in(self, name: str, data: bytes, at: int) -> int:
        """Return a whole number of at most four bytes from an event that begins at `at`."""
        field = self.fields[name]
        if field.size == _SIGNED.size:
            return int(_SIGNED.unpack_from(data, at + field.at)[0])
        return int.from_bytes(data[at + field.at : at + field.at + field.size], sys.byteorder)

    def text_in(self, name: str, data: bytes, at: int) -> bytes:
        """Return a text, up to its end."""
        begin, size, elsewhere = self.fields[name]
        begin += at
        if elsewhere:
            where = _WORD.unpack_from(data, begin)[0]
            begin, size = at + (where & 0xFFFF), where >> 16
        return data[begin : begin + size].split(b"\0", 1)[0]


class Page(NamedTuple):
    """A page: the size of `commit` in its head, where its entries begin, and how long it is at most."""

    commit_bytes: int
    data_at: int
    whole_bytes: int


def parse_format(text: bytes) -> Format:
    """Return what an event's `format` file says. Raises ValueError."""
    number = re.search(rb"^ID:\s*(\d+)", text, re.MULTILINE)
    if number is None:
        raise ValueError("an event without a number")
    return Format(int(number.group(1)), _parse_fields(text))


def parse_header_page(text: bytes) -> Page:
    """Return what `events/header_page` says. Raises ValueError."""
    fields = _parse_fields(text)
    if not {"timestamp", "commit", "data"} <= fields.keys() or fields["timestamp"].size != _U64.size:
        raise ValueError("the head of a page is not known")
    data = fields["data"]
    return Page(fields["commit"].size, data.at, data.at + data.size)


def _parse_fields(text: bytes) -> Dict[str, Field]:
    return {
        name.decode("ascii"): Field(int(at), int(size), kind.startswith(b"__data_loc"))
        for kind, name, at, size in _FIELD.findall(text)
    }


def for_each_event(data: bytes, page: Page) -> Iterator[Tuple[int, int]]:
    """Yield the time of each event of a page, in the trace clock's unit, and where it begins.

    Raises ValueError where the page contradicts itself.
    """
    try:
        now = _U64.unpack_from(data, 0)[0]
        commit = int.from_bytes(data[_U64.size : _U64.size + page.commit_bytes], sys.byteorder)
        at = page.data_at
        end = at + (commit & _LENGTH_MASK)
        if end > len(data):
            raise ValueError(f"a page of {len(data)} bytes holds {end}")
        while at < end:
            head = _WORD.unpack_from(data, at)[0]
            kind, delta = (
                (head & 31, head >> 5) if _LITTLE else (head >> _TIME_BITS, head & (1 << _TIME_BITS) - 1)
            )
            at += _WORD.size
            if kind < _PADDING:
                now += delta
                yield now, at + (0 if kind else _WORD.size)
                at += 4 * kind if kind else _WORD.unpack_from(data, at)[0]
                continue
            if kind == _PADDING and not delta:  # nothing more on this page
                return
            extra = _WORD.unpack_from(data, at)[0]
            if kind == _PADDING:
                now += delta
                at += extra
                continue
            at += _WORD.size
            stretch = (extra << _TIME_BITS) + delta
            now = now + stretch if kind == _TIME_EXTEND else now & ~_STAMP_MASK | stretch
    except struct.error as short:
        raise ValueError(f"a page ends in the middle: {short}") from short


def parse_statistics(text: bytes) -> Dict[str, int]:
    """Return the numbers of a `stats` file, by their names; those that are none are left out."""
    pairs = (line.split(b":", 1) for line in text.splitlines() if b":" in line)
    return {name.decode("ascii"): int(value) for name, value in pairs if value.strip().isdigit()}
