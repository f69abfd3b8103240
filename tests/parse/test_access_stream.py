"""Whole access logs read by blocks say the same as line by line, and lose no line."""

from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.parse.test_machine_properties import quick

from tenmatsu.parse.access_log import AccessReader
from tenmatsu.parse.access_stream import Row, StreamReader, find_format, read_format

BROWSER = b"Mozilla/5.0 (X11; Linux x86_64)"
PLAIN = b'192.0.2.7 - - [22/Nov/2025:23:05:%02d +0900] "GET /a?b=c HTTP/1.1" %d 512'
COMBINED = PLAIN + b' "-" "' + BROWSER + b'"'
TIMED = COMBINED + b" %d"


def lines(form: bytes, *more: object) -> bytes:
    return b"".join(form % (second, 200 + 300 * (second == 7), *more) + b"\n" for second in range(20))


JSON = b'{"time": "2025-11-22T14:05:%02d+00:00", "status": %d, "uri": "/a", "request_time": 0.5}'
FORMS = {
    "common": (lines(PLAIN), False, 1),
    "combined": (lines(COMBINED), False, 1),
    "apache %D": (lines(TIMED, 2500), True, 1),
    "apache %T": (lines(TIMED, 25), True, 1_000_000),
    "nginx request_time": (lines(COMBINED + b" 0.025"), True, 1_000_000),
    "vhost": (lines(b"www.example.org:443 " + TIMED, 2500), True, 1),
    "json": (lines(JSON), True, 1),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_recognised_and_read(name: str) -> None:
    block, has_duration, unit = FORMS[name]
    found = find_format(block)
    assert (found.has_duration, found.unit) == (has_duration, unit)
    reader = StreamReader(found)
    rows = reader.read(block)
    assert (reader.lines, reader.unread, len(rows.rows)) == (20, 0, 20)
    assert [row[3] for row in rows.rows].count(b"500") == 1
    assert sorted(rows.seconds[row[1]] - 1763820300 for row in rows.rows) == list(range(20))
    assert {row[2].partition(b"?")[0].split(b" HTTP")[0].split()[-1] for row in rows.rows} == {b"/a"}


def test_a_fraction_of_seconds_is_stamped_at_the_end() -> None:
    assert find_format(FORMS["nginx request_time"][0]).format.at_end
    assert not find_format(FORMS["apache %D"][0]).format.at_end


def test_rows_say_what_values_say() -> None:
    format = read_format('%h %l %u %t "%m %U" %>s %b "%{User-Agent}i" %D')
    block = (
        b'192.0.2.7 - - [22/Nov/2025:23:05:12 +0900] "POST /mt.cgi" 500 - "curl/8" 1234\n'
        b'192.0.2.7 - x [22/Nov/2025:23:05:12 +0900] "GET /a" 200 7 "-" 4\n'
    )
    values = AccessReader(format.format).read(block)
    rows = StreamReader(format).read(block)
    for value, row in zip(values, rows.rows, strict=True):
        assert rows.seconds[row[1]] == value.time.timestamp()
        assert row[2].decode() == f"{value.method} {value.path}"
        assert (int(row[3]), row[0].decode()) == (value.status, value.client)
        assert value.duration_seconds == pytest.approx(int(row[6]) / 1e6)


def test_lines_of_another_form_are_read_and_the_rest_is_shown() -> None:
    block = lines(TIMED, 2500) + lines(COMBINED) + b"what is this\n" + FORMS["json"][0]
    reader = StreamReader(find_format(block))
    rows = reader.read(block)
    assert len(rows.rows) == 60
    assert (reader.lines, reader.unread, reader.example) == (61, 1, b"what is this")


def test_a_time_that_is_none_is_not_read() -> None:
    block = lines(TIMED, 2500) + TIMED.replace(b"22/Nov", b"42/Nov") % (1, 200, 3) + b"\n"
    reader = StreamReader(find_format(lines(TIMED, 2500)))
    assert len(reader.read(block).rows) == 20
    assert (reader.unread, reader.example) == (1, b"42/Nov/2025:23:05:01 +0900")


@quick
@given(data=st.lists(st.binary(max_size=100) | st.sampled_from(FORMS["apache %D"][0].splitlines())))
def test_any_bytes_give_rows_or_are_counted_as_unread(data: list[bytes]) -> None:
    block = b"".join(line.replace(b"\n", b"") + b"\n" for line in data)
    for format in (find_format(block), find_format(FORMS["json"][0])):
        reader = StreamReader(format, UTC)
        rows = reader.read(block)
        assert reader.lines == len(data)
        assert len(rows.rows) + reader.unread == len(data)
        assert all(row[1] in rows.seconds and len(row) == len(Row._fields) for row in rows.rows)
        assert reader.unread or not reader.example


@pytest.mark.parametrize("time", ["1e300", "-1", "nan", "inf", "99999999999999", "x"])
def test_a_time_outside_the_calendar_is_not_read(time: str) -> None:
    reader = StreamReader(read_format("%{sec}t %>s %h"))
    assert reader.read(f"{time} 200 192.0.2.1\n".encode()).rows == []
    assert reader.unread == 1
