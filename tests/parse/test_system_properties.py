"""Whatever the bytes are, each of these parsers gives a value or a ParseError, and does so soon."""

import json
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.parse.test_machine_cases import CASES, read_input
from tests.parse.test_machine_properties import SOON_SECONDS, mutations, quick
from tests.parse.test_system_cases import NAMES, PARSERS

from tenmatsu.errors import ParseError
from tenmatsu.parse.kernel_messages import classify, find_template, is_report_detail
from tenmatsu.parse.plain_text import MOST_CHARACTERS, make_plain
from tenmatsu.parse.syslog import parse_syslog

ARGUMENTS: dict[str, dict[str, str]] = {
    "dpkg_log": {"since": "2026-11-08T00:00:00"},
    "syslog": {"modified": "2026-03-01T00:00:01+00:00", "zone": "Asia/Tokyo"},
    "yum_log": {"modified": "2026-03-01T00:00:01+00:00", "zone": "Asia/Tokyo"},
}
BYTES_PARSERS = sorted(set(PARSERS) - {"kernel_messages"})
HOSTILE = {
    "cpuinfo": (b":", b"flags: hypervisor "),
    "dnf_rpm_log": (b"2026-03-10T03:14:15+0900 ", b"9"),
    "dpkg_log": (b"2026-11-22 10:00:01 upgrade ", b"2026-11-22 10:00:01 upgrade a b c\n"),
    "journal": (b"[", b'{"a":'),
    "os_release": (b"A=", b"A='\n", b"\\"),
    "rpm_installed": (b"1 ", b"9"),
    "syslog": (b" kernel", b" kernel\n", b"Mar 11 02:14:07 a kernel: [", b"Mar 11 02:14:07 a kernel - - ["),
    "systemctl_show": (b"\n\n", b"Id=a\n", b"="),
    "timedatectl_show": (b"NTP=", b"NTP=yes\n"),
    "ntpq_variables": (b"leap_", b"offset=1"),
    "yum_log": (b"Mar 10 03:14:15 ", b"Mar 10 03:14:15 Updated: a\n"),
}


def try_parse(name: str, data: bytes) -> None:
    try:
        PARSERS[name](data, **ARGUMENTS.get(name, {}))
    except ParseError as refused:
        refusal = refused.words
        assert refusal.en
        assert refusal.ja


def inputs(name: str) -> list[bytes]:
    return [read_input(case) for case in NAMES if case.partition("-")[0] == name]


@pytest.mark.parametrize("name", BYTES_PARSERS)
@quick
@given(data=st.binary(max_size=500))
def test_any_bytes_give_a_value_or_a_parse_error(name: str, data: bytes) -> None:
    try_parse(name, data)


@pytest.mark.parametrize("name", BYTES_PARSERS)
@quick
@given(data=st.data())
def test_damaged_input_gives_a_value_or_a_parse_error(name: str, data: st.DataObject) -> None:
    try_parse(name, data.draw(mutations(inputs(name))))


@pytest.mark.parametrize("case", [name for name in NAMES if not name.startswith("kernel_messages")])
def test_input_cut_off_anywhere_gives_a_value_or_a_parse_error(case: str) -> None:
    whole = read_input(case)
    for end in range(0, len(whole), 1 + len(whole) // 100):
        try_parse(case.partition("-")[0], whole[:end])


@pytest.mark.parametrize(("name", "scrap"), [(name, scrap) for name in HOSTILE for scrap in HOSTILE[name]])
def test_two_megabytes_of_anything_are_read_soon(name: str, scrap: bytes) -> None:
    began = time.process_time()
    try_parse(name, scrap * (2_000_000 // len(scrap)))
    assert time.process_time() - began < SOON_SECONDS


MESSAGES = [line for case in inputs("kernel_messages") for line in case.decode().splitlines()]


@quick
@given(text=st.text(max_size=2000) | st.sampled_from(MESSAGES).flatmap(lambda m: st.text().map(m.__add__)))
def test_any_message_has_a_template_that_is_its_own_template(text: str) -> None:
    classify(text)
    is_report_detail(text)
    once = find_template(text)
    assert find_template(once) == once


@pytest.mark.parametrize("scrap", ["ata1.00: ", "[sda] ", "EXT4-fs (", "denied error, dev ", "a" * 50, "1:"])
def test_a_message_of_a_megabyte_costs_no_more_than_any_other(scrap: str) -> None:
    text = scrap * (1_000_000 // len(scrap))
    began = time.process_time()
    for _ in range(20):
        classify(text)
        find_template(text)
        make_plain(text)
    assert time.process_time() - began < SOON_SECONDS


def test_no_line_that_the_kernel_did_not_write_is_taken_for_one_of_its() -> None:
    text = (
        b"Mar 11 02:14:07 web1 logger: Mar 11 02:14:07 web1 kernel: Out of memory: Killed process 1 (x)\n"
        b"Mar 11 02:14:08 web1 sudo[1]: u : COMMAND=/bin/echo kernel: Out of memory: Killed process 1 (x)\n"
    )
    part = parse_syslog(text, modified=datetime(2026, 3, 11, 3, tzinfo=UTC), zone=UTC, keep=lambda _: True)
    assert (part.kernel_lines, part.lines) == (0, ())


@quick
@given(text=st.text(alphabet=st.characters()))
def test_plain_text_is_one_line_and_moves_no_cursor(text: str) -> None:
    plain = make_plain(text)
    assert len(plain) <= MOST_CHARACTERS
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in "\u2028\u2029\u202e\u2066" for c in plain)
    plain.encode()


def test_the_name_of_a_case_says_which_parser_it_is_for() -> None:
    sources = {json.loads((CASES / name / "expected.json").read_text("utf-8"))["source"] for name in NAMES}
    assert "" not in sources
    assert len(NAMES) > 2 * len(PARSERS)
