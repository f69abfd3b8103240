"""Whatever the bytes are, each parser gives a value or a ParseError, and does so soon."""

import re
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import islice

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.parse.test_machine_cases import CASES, NAMES, PARSERS, read_input

from tenmatsu.errors import ParseError
from tenmatsu.parse.answer_page import find_page_fault

TYPES = ("", "text/html", "text/plain", "text/xml", "image/png")
SOON_SECONDS = 1.5  # of CPU, for two megabytes; a pattern that goes back and forth takes minutes

quick = settings(deadline=None, max_examples=60, database=None, suppress_health_check=[HealthCheck.too_slow])


def parser(name: str) -> Callable[[bytes], object]:
    """Return a parser that takes nothing but bytes."""
    return partial(PARSERS[name], status=200, content_type="") if name == "answer_page" else PARSERS[name]


def try_parse(name: str, data: bytes) -> None:
    with suppress(ParseError):
        parser(name)(data)


def inputs(name: str) -> list[bytes]:
    return [read_input(case) for case in NAMES if case.partition("-")[0] == name]


@st.composite
def mutations(draw: st.DrawFn, originals: list[bytes]) -> bytes:
    """Return a real input with a few places damaged."""
    data = draw(st.sampled_from(originals))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 12)))
        data = data[:start] + draw(SCRAPS | st.just(data[start:end] * 2)) + data[end:]
    return data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data


SCRAPS = st.binary(max_size=8) | st.sampled_from(
    [
        b"\n",
        b"\r",
        b"\x0b",
        b"\x00",
        b" ",
        b"-",
        b"(",
        b")",
        b":",
        b"9" * 5000,
        b"0x",
        b"_",
        b"\xff",
        b"\xe2\x80\xa8",
    ]
)


@pytest.mark.parametrize("name", sorted(PARSERS))
@quick
@given(data=st.binary(max_size=200))
def test_any_bytes_give_a_value_or_a_parse_error(name: str, data: bytes) -> None:
    try_parse(name, data)


@pytest.mark.parametrize("name", sorted(PARSERS))
@quick
@given(data=st.data())
def test_damaged_input_gives_a_value_or_a_parse_error(name: str, data: st.DataObject) -> None:
    try_parse(name, data.draw(mutations(inputs(name))))


@pytest.mark.parametrize("case", NAMES)
def test_input_cut_off_anywhere_gives_a_value_or_a_parse_error(case: str) -> None:
    whole = read_input(case)
    for end in range(0, len(whole), 1 + len(whole) // 100):
        try_parse(case.partition("-")[0], whole[:end])


@pytest.mark.parametrize("case", NAMES)
def test_a_number_longer_than_python_reads_gives_a_value_or_a_parse_error(case: str) -> None:
    whole = read_input(case)
    for number in islice(re.finditer(rb"\d+", whole), 60):
        try_parse(case.partition("-")[0], whole[: number.start()] + b"9" * 5000 + whole[number.end() :])


@quick
@given(status=st.integers(100, 599), body=st.binary(max_size=300), content_type=st.sampled_from(TYPES))
def test_what_is_said_of_an_answer_is_fit_to_print(status: int, body: bytes, content_type: str) -> None:
    for prefix in (b"", b"<methodResponse><fault>faultString</name><value>", b"<html><h1>Error: "):
        fault = find_page_fault(status, prefix + body + b"</h1>", content_type=content_type)
        if fault is not None:
            assert fault.reason.en.isprintable()
            assert fault.reason.ja.isprintable()
            assert len(fault.reason.en) < 200


HOSTILE = {
    "answer_page": (
        b"<h1",
        b"<title>",
        b"<h1>Error",
        b'<div id="',
        b'<div id="generic-error"><a>',
        b"<methodResponse> ",
        b"Can't locate ",
        b"faultString</name> ",
    ),
    "key_values": (b"\n", b" ", b"a", b"a:", b"a 1"),
    "mounts": (b"a ", b"\\040", b" - "),
    "net_dev": (b"\n", b":", b"a:1 "),
    "proc_pressure": (b"some ", b"total=", b"some total=1"),
}


@pytest.mark.parametrize(("name", "scrap"), [(name, scrap) for name in HOSTILE for scrap in HOSTILE[name]])
def test_two_megabytes_of_anything_are_read_soon(name: str, scrap: bytes) -> None:
    began = time.process_time()
    try_parse(name, scrap * (2_000_000 // len(scrap)))
    assert time.process_time() - began < SOON_SECONDS


def test_the_cases_are_here() -> None:
    assert len(list(CASES.iterdir())) >= len(NAMES) > len(PARSERS)
