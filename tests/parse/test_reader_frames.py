"""What the readers answer: whatever comes, values or an error of ours."""

import binascii
import json
import struct
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenmatsu.errors import ParseError
from tenmatsu.parse import shell_answers
from tenmatsu.parse.reader_frames import MOST_FRAME_BYTES, Piece, PieceReader


def frame(number: int, kind: str, data: bytes) -> bytes:
    return b"TENMATSU-R %d %s %d %08x\n%s\n" % (number, kind.encode(), len(data), binascii.crc32(data), data)


def read(data: bytes, step: int = 1 << 20) -> list[Piece]:
    reader = PieceReader()
    return [piece for at in range(0, len(data), step) for piece in reader.feed(data[at : at + step])]


PIECES = st.lists(st.tuples(st.integers(0, 10**9), st.sampled_from("de"), st.binary(max_size=200)))


@given(PIECES, st.integers(1, 50))
def test_frames_come_whole_however_they_are_cut(pieces: list[tuple[int, str, bytes]], step: int) -> None:
    data = b"Welcome!\n\n" + b"".join(frame(*one) for one in pieces)
    assert [(one.number, one.kind, one.data) for one in read(data, step)] == pieces


LINES = {
    b"TENMATSU-L 7 a line": Piece(7, "d", b"a line\n"),
    b"TENMATSU-P 7 a piece\r\xff": Piece(7, "d", b"a piece\r\xff"),
    b"TENMATSU-L 7 TENMATSU-E 8 ok": Piece(7, "d", b"TENMATSU-E 8 ok\n"),
    b"TENMATSU-H 7 d 000aff": Piece(7, "d", b"\0\n\xff"),
    b"TENMATSU-H 7 r 41": Piece(7, "r", b"A"),
    b"TENMATSU-E 7 ok": Piece(7, "e", b"{}"),
    b"TENMATSU-E 7 code 3": Piece(7, "e", b'{"code": 3}'),
    b"TENMATSU-E 7 not_there": Piece(7, "e", b'{"error": "not_there", "why": ""}'),
    b"TENMATSU-E 7 other Is a directory": Piece(7, "e", b'{"error": "other", "why": "Is a directory"}'),
}


@pytest.mark.parametrize("line", LINES, ids=ascii)
def test_lines_of_the_shells_are_frames_too(line: bytes) -> None:
    assert read(line + b"\n") == [LINES[line]]


@pytest.mark.parametrize(
    "data",
    [
        frame(1, "d", b"a")[:-2] + b"b\n",
        frame(1, "d", b"a")[:-1] + b"x",
        b"TENMATSU-R 1 d %d 00000000\n" % (MOST_FRAME_BYTES + 1),
        frame(1, "d", b"a") + b"something else\n",
        frame(1, "d", b"a") + b"TENMATSU-H 1 d 0\n",
        b"x" * 100_000,
    ],
    ids=["changed", "no end", "too long", "noise", "half a byte", "no line"],
)
def test_damage_is_said(data: bytes) -> None:
    with pytest.raises(ParseError):
        read(data)


@given(
    st.one_of(
        st.binary(), st.lists(st.sampled_from([*LINES, frame(1, "d", b"x"), b"TENMATSU-R "])).map(b"\n".join)
    )
)
def test_whatever_comes_is_frames_or_an_error_of_ours(data: bytes) -> None:
    with suppress(ParseError):
        read(data)


CONVERTERS: list[Callable[[bytes], object]] = [
    shell_answers.convert_stat,
    shell_answers.convert_space,
    shell_answers.convert_time,
    shell_answers.convert_clocks,
    shell_answers.convert_list,
    shell_answers.convert_records,
    shell_answers.convert_walk,
    lambda data: shell_answers.convert_each(data, ["a", "b"]),
]


@given(
    st.sampled_from(CONVERTERS),
    st.one_of(st.binary(), st.text("0123456789 .\n/ax,;", max_size=80).map(str.encode)),
)
def test_whatever_a_shell_answers_is_a_value_or_a_value_error(
    convert: Callable[[bytes], object], data: bytes
) -> None:
    try:
        convert(data)
    except ValueError:
        return


def test_answers_of_a_shell_get_the_form_of_pythons() -> None:
    assert json.loads(shell_answers.convert_stat(b"12 100 0 81a4 65024 7\n")) == [
        12,
        100,
        0,
        0o100644,
        65024,
        7,
    ]
    assert json.loads(shell_answers.convert_space(b"10 5 4 4096 9 8 1\n")) == [
        40960,
        20480,
        16384,
        9,
        8,
        True,
    ]
    assert shell_answers.convert_time(b"12.5\n") == (12.5, 0.0)
    assert shell_answers.convert_time(b"12.N\n") == (12.0, 1.0)
    assert json.loads(shell_answers.convert_clocks(b"12\n3.25 1.0\n")) == [12.0, 3.25, 3.25, 3.25, 1.02, ""]
    one, two = b"6,1,5,-;a\n SUBSYSTEM=x\n", b"4,2,6,-;b\n"
    records = shell_answers.convert_records(one + two)
    assert records == struct.pack(">I", len(one)) + one + struct.pack(">I", len(two)) + two
    lines = shell_answers.convert_walk(b"1 2 3 81a4 /a/b/c\n4 5 6 41ed /a/b\n").splitlines()
    assert [json.loads(line)[0] for line in lines] == ["/a/b", "/a/b/c"]
    walked = shell_answers.convert_walk(b"1 2 3 41ed /a/d\r999999999999 1 1 81a4 /forged\n").splitlines()
    assert [json.loads(line)[0] for line in walked] == ["/a/d\r999999999999 1 1 81a4 /forged"]
    each = shell_answers.convert_each(b"1 x\n1 y z\n", ["none", "there"])
    assert each == b"\xff\xff\xff\xff" + struct.pack(">I", 6) + b"x\ny z\n"


def test_files_of_one_question_are_told_apart_whatever_stands_in_them() -> None:
    data = b"0 (a\rb)\n0 \r7 c\n0-no end\n0-\n1-\n"
    each = shell_answers.convert_each(data, ["odd", "empty", "none"])
    odd = b"(a\rb)\n\r7 c\nno end"
    assert each == struct.pack(">I", len(odd)) + odd + struct.pack(">I", 0) + b"\xff\xff\xff\xff"
