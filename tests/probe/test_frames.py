"""Frames: what the guest writes is what we read; noise is left out, damage and hostility are noticed."""

import json
import zlib
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenmatsu.errors import ParseError
from tenmatsu.parse.probe_frames import Cost, End, Frame, FrameReader, Hello, Look, Trouble, parse_frame
from tenmatsu.probe.frames import FrameWriter, encode_frame

KERNEL = {"forks": 7, "tasks": 100, "used_ns": 5, "steal_ns": 0, "all_ns": 9}
COST = {"cpu_seconds": 0.1, "max_rss_bytes": 20_000_000}
HELLO: dict[str, Any] = {
    "kind": "hello",
    "time": 1268300000.5,
    "rung": "ebpf",
    "cpu": "exact",
    "refused": [{"rung": "x", "why": "not_asked", "reason": "it was not asked for"}],
    "remarks": [],
    "interval_seconds": 1.0,
    "pid": 1,
    "uid": 0,
    "first_pid_namespace": True,
    "node": "web1",
    "kernel": "6.1",
    "machine": "x86_64",
    "boot_id": "",
    "cpus": 2,
    "python": "3.6.8",
    "count": {"kernel": KERNEL, "forks": [None, None], "process_exits": None},
    "cost": COST,
}
LOOK: dict[str, Any] = {
    "kind": "look",
    "begun": 1268300000.5,
    "ended_at": 1268300001.5,
    "seconds": 1,
    "rung": "ebpf",
    "ended": [{"name": "mt.cgi", "parent": "httpd", "processes": 3, "status": 9, "cpu_ns": 0, "new_word": 1}],
    "kinds_together": 0,
    "samples": [{"name": "mt.cgi", "arguments": ["perl", "mt.cgi"]}],
    "living": {"seconds": 1.0, "visible_tasks": 3, "programs": [{"name": "httpd"}], "starters": [{"pid": 5}]},
    "chains": {"5": [[5, "httpd"], [1, "init"]]},
    "cpu": {"ended_ns": 1, "living_ns": 2, "parents_ns": 3},
    "lost": {"kinds_full": 1},
    "count": {"kernel": KERNEL, "forks": [1, 2], "process_exits": 1, "task_exits": 1},
    "cost": COST,
}
END: dict[str, Any] = {"kind": "end", "reason": "the time is over", "code": 0, "cost": COST}
STREAM = [HELLO, LOOK, {"kind": "trouble", "rung": "ebpf", "text": "x"}, LOOK, END]


def written(contents: list[dict[str, Any]]) -> bytes:
    sent: list[bytes] = []
    writer = FrameWriter(sent.append)
    for content in contents:
        writer.write(content["kind"], **{name: value for name, value in content.items() if name != "kind"})
    return b"".join(sent)


def read(data: bytes, step: int = 1 << 16) -> tuple[list[Frame], FrameReader]:
    reader = FrameReader()
    frames = [frame for at in range(0, len(data), step) for frame in reader.feed(data[at : at + step])]
    return frames, reader


@pytest.mark.parametrize("step", [1, 7, 1000, 1 << 16])
def test_a_stream_is_read_in_any_pieces(step: int) -> None:
    frames, reader = read(written(STREAM), step)
    assert [type(frame) for frame in frames] == [Hello, Look, Trouble, Look, End]
    assert reader.ended
    look = frames[1]
    assert isinstance(look, Look)
    assert (look.ended[0].signal, look.ended[0].exit_code, look.ended[0].uid) == (9, None, None)
    assert look.chains == {"5": ((5, "httpd"), (1, "init"))}
    assert look.cost == Cost(cpu_seconds=0.1, max_rss_bytes=20_000_000)


def with_adler(data: bytes) -> bytes:
    """The same frames as the shell's probe writes them."""
    lines = []
    for line in data.splitlines():
        head, _, text = line.partition(b"{")
        magic, number, size, _ = head.split() if head else (b"",) * 4
        content = b"{" + text
        lines.append(
            b"%sA %s %s %08x %s" % (magic, number, size, zlib.adler32(content), content) if magic else line
        )
    return b"\n".join(lines) + b"\n"


def test_the_shells_checksum_is_understood_too() -> None:
    data = with_adler(written(STREAM))
    assert data.count(b"TENMATSU1A ") == len(STREAM)
    assert read(data)[0] == read(written(STREAM))[0]
    with pytest.raises(ParseError, match="damaged"):
        read(data.replace(b"httpd", b"httpx", 1))
    with pytest.raises(ParseError, match="damaged"):
        read(data.replace(b"TENMATSU1A", b"TENMATSU1", 1))


def test_what_others_write_on_the_line_is_noise() -> None:
    lines = b"Welcome!\nfortune: TENMATSU1 is not a frame" + written(STREAM).replace(
        b"\nTEN", b"\nmotd\nTEN", 1
    )
    frames, reader = read(lines)
    assert len(frames) == len(STREAM)
    assert reader.noise == ["Welcome!", "fortune: TENMATSU1 is not a frame", "motd"]


def test_a_stream_without_an_end_was_cut() -> None:
    frames, reader = read(written(STREAM)[:-1])
    assert len(frames) == len(STREAM) - 1
    assert not reader.ended


@pytest.mark.parametrize(
    "name", [b"\xff\xfe", b"\x1b[31m", b"\n", b'"}\nTENMATSU1 5 2 00000000 {}', "日本".encode()]
)
def test_any_name_survives_on_its_one_line(name: bytes) -> None:
    look = dict(LOOK, ended=[{"name": name, "processes": 1}], samples=[{"name": name * 1000}])
    data = written([HELLO, look])
    assert data.count(b"\n") == 3
    frames, _ = read(data)
    assert isinstance(frames[1], Look)
    assert frames[1].ended[0].name == name.decode("utf-8", "backslashreplace")


@given(st.binary(max_size=40))
def test_any_bytes_come_back_as_text(name: bytes) -> None:
    frames, _ = read(written([HELLO, dict(LOOK, ended=[{"name": name}])]))
    assert isinstance(frames[1], Look)
    assert frames[1].ended[0].name == name.decode("utf-8", "backslashreplace")
    frames[1].ended[0].name.encode()  # no half characters: fit for a file or a screen


@pytest.mark.parametrize(
    "hurt",
    [
        lambda data: data.replace(b"httpd", b"httpx", 1),
        lambda data: data.replace(b"TENMATSU1 1 ", b"TENMATSU1 2 ", 1),
        lambda data: data.replace(b"TENMATSU1 0 ", b"TENMATSU1 1 ", 1),
        lambda data: data + encode_frame(len(STREAM), LOOK),
        lambda data: encode_frame(0, LOOK) + data,
        lambda data: written([HELLO, HELLO]),
        lambda data: b"x" * (17 << 20),
    ],
    ids=["changed", "one missing", "begun late", "after the end", "no hello", "two hellos", "no end of line"],
)
def test_damage_is_noticed(hurt: Any) -> None:
    with pytest.raises(ParseError):
        read(hurt(written(STREAM)))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("pid", "1"),
        ("pid", True),
        ("pid", 1 << 70),
        ("time", float("nan")),
        ("time", 1e18),
        ("rung", 5),
        ("refused", [{}]),
        ("refused", {}),
        ("count", None),
        ("first_pid_namespace", 1),
        ("remarks", [None]),
    ],
)
def test_a_field_of_another_kind_is_refused(field: str, value: object) -> None:
    with pytest.raises(ParseError):
        parse_frame(json.dumps(dict(HELLO, **{field: value})).encode())


@pytest.mark.parametrize("field", [name for name in HELLO if name != "kind"])
def test_a_missing_field_is_refused(field: str) -> None:
    with pytest.raises(ParseError):
        parse_frame(json.dumps({name: value for name, value in HELLO.items() if name != field}).encode())


def test_half_characters_from_a_hostile_guest_are_written_out() -> None:
    frame = parse_frame(json.dumps({"kind": "trouble", "rung": "\ud800", "text": "\udc80"}).encode())
    assert isinstance(frame, Trouble)
    assert (frame.rung, frame.text) == ("\\ud800", "\\x80")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from([HELLO, LOOK, END]), st.data())
def test_any_json_gives_a_value_or_a_parse_error(whole: dict[str, Any], data: st.DataObject) -> None:
    field = data.draw(st.sampled_from(sorted(whole)))
    content = json.dumps(dict(whole, **{field: data.draw(JSON)})).encode()
    with suppress(ParseError):
        parse_frame(content)


@given(st.binary(max_size=300))
def test_any_bytes_give_frames_or_a_parse_error(data: bytes) -> None:
    with suppress(ParseError):
        assert read(data)[0] == []
    with suppress(ParseError):
        parse_frame(data)


@given(st.integers(min_value=0, max_value=2000), st.binary(min_size=1, max_size=3))
def test_a_damaged_stream_gives_no_wrong_frame(at: int, wrong: bytes) -> None:
    data = written(STREAM)
    hurt = data[:at] + wrong + data[at + len(wrong) :]
    good = read(data)[0]
    try:
        frames = read(hurt)[0]
    except ParseError:
        return
    assert frames == good[: len(frames)]
