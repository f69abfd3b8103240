"""Whatever web servers' files and logs hold, there is a value or a ParseError, and soon."""

import json
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.parse.test_machine_cases import read_input
from tests.parse.test_machine_properties import SOON_SECONDS, mutations, quick
from tests.parse.test_web_cases import NAMES, PARSERS, expected

from tenmatsu.errors import ParseError
from tenmatsu.parse.access_format import compile_access_format
from tenmatsu.parse.access_json import parse_json_access
from tenmatsu.parse.access_log import USUAL_FORMAT, AccessReader
from tenmatsu.parse.cgi_process import kind_of_environment, script_of
from tenmatsu.parse.clean_text import clean_text
from tenmatsu.parse.error_log import ErrorReader
from tenmatsu.parse.error_messages import classify_error, template_of
from tenmatsu.parse.log_time import parse_log_time
from tenmatsu.parse.request_kind import RequestKind, kind_of_agent, looks_like_attack
from tenmatsu.parse.web_settings import parse_duration

COMBINED = '%h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i" %D'
LOOSE = "%{X}i %{Y}i [%{Z}i] %t %{User-Agent}i -- %r == %>s"
HOSTILE = {
    "access_log": (b" ", b'"', b"\\", b'1 - - [1/J] "', b'a b c [d] "e" ', b"{", b'{"a":', b"[[[", b"\n"),
    "apache_directives": (
        b"<",
        b"<a>\n",
        b"</a>\n",
        b'"',
        b"\\\n",
        b"\\",
        b"${",
        b"${A}",
        b"Define A ${A}${A}\n",
    ),
    "apache_settings": (b"RLimitCPU 9", b"Listen ", b"CustomLog a %", b"Include *\n", b"<IfModule a>\n"),
    "envvars": (b"export A=", b"A=$A$A\n", b"A='", b"A="),
    "error_log": (
        b"[",
        b"[]",
        b"[client ",
        b"(1)a: ",
        b"[a:error] ",
        b"2025/11/22 23:05:12 [e] 1#1: ",
        b"\n",
    ),
    "nginx_settings": (b"{", b"}", b"a{", b"a b;", b'"', b"\\", b"#", b"log_format a $"),
    "proc_limits": (b"Max ", b"Max cpu time  1 ", b" "),
}


def try_parse(name: str, data: bytes) -> None:
    with suppress(ParseError):
        PARSERS[name](data)


def inputs(name: str) -> list[bytes]:
    return [read_input(case) for case in NAMES if case.partition("-")[0] == name]


@pytest.mark.parametrize("name", sorted(PARSERS))
@quick
@given(data=st.binary(max_size=500))
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
    for end in range(0, len(whole), 1 + len(whole) // 50):
        try_parse(case.partition("-")[0], whole[:end])


@pytest.mark.parametrize(("name", "scrap"), [(name, scrap) for name in HOSTILE for scrap in HOSTILE[name]])
def test_a_megabyte_of_anything_is_read_soon(name: str, scrap: bytes) -> None:
    began = time.process_time()
    try_parse(name, scrap * (1_000_000 // len(scrap)))
    assert time.process_time() - began < SOON_SECONDS


@pytest.mark.parametrize("format", [COMBINED, LOOSE, "%h%l%u%t%>s", "$a$b [$time_local] $status"])
@pytest.mark.parametrize("scrap", [b" ", b'"', b"[", b"a ", b'" "', b"\\", b"] "])
def test_a_hostile_line_costs_no_more_than_its_length(format: str, scrap: bytes) -> None:
    reader = AccessReader(compile_access_format(format))
    began = time.process_time()
    reader.read(scrap * 200_000)
    assert time.process_time() - began < SOON_SECONDS


PIECES = [
    "%t",
    "%>s",
    "%h",
    '"%r"',
    "%{X}i",
    "%%",
    "$status",
    "$time_local",
    '"',
    " ",
    "[",
    "]",
    "\\",
    "é",
    "^",
]
formats = st.text(max_size=200) | st.lists(st.sampled_from(PIECES)).map("".join)


@quick
@given(format=formats, line=st.binary(max_size=200))
def test_any_format_is_compiled_or_refused(format: str, line: bytes) -> None:
    with suppress(ParseError):
        AccessReader(compile_access_format(format)).read(line)


@quick
@given(data=st.lists(st.binary(max_size=100)))
def test_every_line_is_counted_once(data: list[bytes]) -> None:
    reader = AccessReader(USUAL_FORMAT)
    block = b"".join(line.replace(b"\n", b"") + b"\n" for line in data)
    found = reader.read(block)
    assert reader.lines == len(data)
    assert reader.bad == len(data) - len(found)


@quick
@given(path=st.from_regex(r"/[a-z/]{0,20}", fullmatch=True), query=st.text(max_size=30))
def test_nothing_of_a_query_string_is_kept(path: str, query: str) -> None:
    asked = "".join(c for c in query if c.isprintable() and c not in '"\\ ').encode()
    line = b'192.0.2.7 - - [11/Mar/2026:02:14:07 +0900] "GET %b?%b HTTP/1.1" 200 7\n' % (path.encode(), asked)
    (access,) = AccessReader(USUAL_FORMAT).read(line)
    assert access.path == path


@quick
@given(blocks=st.lists(st.binary(max_size=300), max_size=4))
def test_no_line_of_an_error_log_is_lost(blocks: list[bytes]) -> None:
    reader = ErrorReader(UTC)
    found = [line for block in blocks for line in reader.read(block)] + reader.flush(datetime.now(UTC))
    wanted = sum(bool(line.strip()) for block in blocks for line in block.split(b"\n"))
    assert len(found) == reader.lines == wanted


@quick
@given(code=st.sampled_from(["", "AH01215", "AH00161"]), message=st.text(max_size=300))
def test_any_message_is_of_a_class_and_its_template_is_stable(code: str, message: str) -> None:
    classify_error(code, message)
    once = template_of(message)
    assert not any(c.isdecimal() and c.isascii() for c in once)


@pytest.mark.parametrize(
    "scrap",
    ["/a", "/a/", "1.", "(@INC", "password=", "auth", "?", "a?", "://", "at x line ", "Error", "can't "],
)
def test_a_message_of_a_megabyte_costs_no_more_than_any_other(scrap: str) -> None:
    text = scrap * (1_000_000 // len(scrap))
    began = time.process_time()
    for _ in range(20):
        template_of(text)
        clean_text(text)
    classify_error("", text[:8192])
    assert time.process_time() - began < SOON_SECONDS


@quick
@given(text=st.text(max_size=700))
def test_clean_text_is_one_short_line(text: str) -> None:
    clean = clean_text(text)
    assert len(clean) <= 500
    assert clean.isprintable() or not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in clean)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("login failed: password=hunter2", "hunter2"),
        ('{"api_key": "abc123"}', "abc123"),
        ("DB_PASSWORD => 'x y z'", "x y z"),
        ("Authorization: Bearer eyJhbGciOi", "eyJhbGciOi"),
        ("GET /mt.cgi?__mode=save&magic_token=s3 HTTP/1.1", "s3"),
        ("dbi:mysql://blog:pw@db.example.org/mt", "blog:pw"),
    ],
)
def test_no_secret_is_kept(text: str, secret: str) -> None:
    assert secret not in clean_text(text)


@quick
@given(raw=st.binary(max_size=60))
def test_any_time_is_read_or_none(raw: bytes) -> None:
    time_ = parse_log_time(raw, UTC)
    assert time_ is None or time_.utcoffset() == timedelta()


@quick
@given(raw=st.binary(max_size=200))
@example(raw=b"[" * 20_000)
@example(raw=b'{"time":1e400,"status":200}')
@example(raw=b'{"time":"2026-03-11T02:14:07Z","status":"200","request":[1]}')
def test_any_json_is_read_or_none(raw: bytes) -> None:
    parse_json_access(raw, UTC)


@quick
@given(command=st.binary(max_size=100), environment=st.binary(max_size=100))
def test_any_process_has_a_kind_and_a_name(command: bytes, environment: bytes) -> None:
    kind_of_environment(environment)
    assert len(script_of(command, environment)) <= 200


@pytest.mark.parametrize(
    ("command", "environment", "script"),
    [
        (b"/usr/bin/perl\0-T\0/srv/cgi-bin/mt.cgi\0secret\0", b"", "/srv/cgi-bin/mt.cgi"),
        (b"/usr/bin/perl\0x\0", b"A=b\0SCRIPT_FILENAME=/srv/mt.cgi\0REQUEST_METHOD=GET", "/srv/mt.cgi"),
        (b"/usr/local/bin/blog\0--password=x\0", b"", "/usr/local/bin/blog"),
    ],
)
def test_a_script_is_named_without_its_arguments(command: bytes, environment: bytes, script: str) -> None:
    assert script_of(command, environment) == script


@pytest.mark.parametrize(
    ("agent", "kind"),
    [
        (b"tenmatsu/0.1.0", RequestKind.OWN),
        (b"Mozilla/5.0 (compatible; bingbot/2.0)", RequestKind.CRAWLER),
        (b"curl/8.5.0", RequestKind.TOOL),
        (b"-", RequestKind.TOOL),
        (b"sqlmap/1.7", RequestKind.ATTACK),
        (b"Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0", RequestKind.PERSON),
    ],
)
def test_agents_are_told_apart(agent: bytes, kind: RequestKind) -> None:
    assert kind_of_agent(agent) is kind


@pytest.mark.parametrize(
    ("path", "attack"), [("/.env", True), ("/x/../../etc/passwd", True), ("/mt.cgi", False)]
)
def test_paths_that_only_attackers_try(path: str, attack: bool) -> None:
    assert looks_like_attack(path) is attack


@pytest.mark.parametrize("taken", ["nan", "inf", "-5", "1e300", "9" * 400, "-", ""])
def test_a_duration_that_cannot_be_is_none(taken: str) -> None:
    reader = AccessReader(
        compile_access_format('$remote_addr [$time_local] "$request" $status $request_time')
    )
    as_json = json.dumps({"time": "2025-11-22T10:00:00Z", "status": 200, "request_time": taken})
    as_text = f'192.0.2.1 [22/Nov/2025:10:00:00 +0000] "GET / HTTP/1.1" 200 {taken}'
    for line in (as_json, as_text):
        assert [one.duration_seconds for one in reader.read(f"{line}\n".encode())] in ([None], [])


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("60", 60.0), ("20s", 20.0), ("500ms", 0.5), ("1m 30s", 90.0), ("2min", 120.0), ("x", None)],
)
def test_durations(text: str, seconds: float | None) -> None:
    assert parse_duration(text) == seconds


def test_each_case_says_where_it_is_from() -> None:
    assert all(expected(name)["source"] for name in NAMES)


@pytest.mark.parametrize(
    ("format", "line", "pid"),
    [
        (
            '%h %l %u %t "%r" %>s %b %D %P',
            b'::1 - - [22/Nov/2025:23:05:12 +0900] "GET / HTTP/1.1" 200 5 9 4711',
            4711,
        ),
        ("%t %>s %{pid}P", b"[22/Nov/2025:23:05:12 +0900] 200 4711", 4711),
        ("%t %>s %{tid}P", b"[22/Nov/2025:23:05:12 +0900] 200 4711", None),  # a thread's
        ("%t %>s %P", b"[22/Nov/2025:23:05:12 +0900] 200 -", None),
        ("%t %>s %P", b"[22/Nov/2025:23:05:12 +0900] 200 99999999999", None),
        ("[$time_local] $status $pid", b"[22/Nov/2025:23:05:12 +0900] 200 4711", 4711),
    ],
)
def test_the_worker_is_read_where_the_format_names_it(format: str, line: bytes, pid: int | None) -> None:
    (access,) = AccessReader(compile_access_format(format)).read(line + b"\n")
    assert access.pid == pid
