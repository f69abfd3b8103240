"""A recording in place of a connection: plain, packed, and within a support archive."""

from __future__ import annotations

import gzip
import io
import tarfile
from datetime import timedelta
from pathlib import Path

import pytest
from tests.parse.test_esxtop import START, recording

from tenmatsu.errors import NotThere, ParseError, TenmatsuError, WrongUse
from tenmatsu.model.below import Power
from tenmatsu.reach.esxtop_file import open_recording

NAME = "web: (new) 日記"
VMX = f'displayName = "{NAME}"\nuuid.bios = "564d2f128041639b501805a835b72eaf"\nsched.cpu.max = "600"\n'


def text(count: int = 3) -> bytes:
    lines = recording()
    for number in range(1, count):
        lines.append(lines[1].replace("02:14:05", f"02:14:{5 + 5 * number:02d}"))
    return "".join(lines).encode()


def archive(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as made:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            made.addfile(info, io.BytesIO(content))
    return path


def test_a_recording_answers_as_a_hypervisor(tmp_path: Path) -> None:
    file = tmp_path / "perf.csv"
    file.write_bytes(b"\xef\xbb\xbf" + text())
    recorded = open_recording(file, "esx1")
    assert recorded.interval_seconds == 5.0
    assert recorded.identify().may_act is False
    there = recorded.take_inventory()
    (guest,) = there.guests
    assert (guest.name, guest.power, guest.vcpus, guest.cpu_limit_told) == (NAME, Power.ON, 2, False)
    assert {lack.what.en for lack in there.lacks} >= {"which guest is which (UUID, network cards)"}
    newest = recorded.measure(None, None).measures
    assert {one.time for one in newest} == {START + timedelta(seconds=10)}
    since = recorded.measure([guest.key], START).measures
    assert {one.time for one in since} == {START + timedelta(seconds=n) for n in (5, 10)}
    assert {one.key for one in since} == {guest.key}
    happenings, lacks = recorded.recall(START)
    assert (list(happenings), len(lacks)) == ([], 1)
    recorded.close()


def test_packed(tmp_path: Path) -> None:
    file = tmp_path / "perf.csv.gz"
    file.write_bytes(gzip.compress(text()))
    assert len(open_recording(file, "esx1").take_inventory().guests) == 1


def test_a_support_archive_tells_who_is_who(tmp_path: Path) -> None:
    file = archive(
        tmp_path / "esx-esx1-2010.tgz",
        {
            "esx1/commands/esxtop-help.txt": b"no recording",
            "esx1/performance/esxtop-batch.csv.gz": gzip.compress(text()),
            "esx1/vmfs/volumes/1/web/web.vmx": VMX.encode(),
        },
    )
    (guest,) = open_recording(file, "esx1").take_inventory().guests
    assert (guest.uuid, guest.cpu_limit_text) == ("564d2f12-8041-639b-5018-05a835b72eaf", "600 MHz")
    assert open_recording(file, "esx1").measure(None, START).measures


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", ParseError),
        (b"\x00\xff" * 50, ParseError),
        (gzip.compress(text())[:-20], ParseError),
        (b"a,b\n", ParseError),
    ],
)
def test_files_that_are_none(tmp_path: Path, content: bytes, expected: type[TenmatsuError]) -> None:
    file = tmp_path / "perf.csv"
    file.write_bytes(content)
    with pytest.raises(expected):
        open_recording(file, "esx1")


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(NotThere):
        open_recording(tmp_path / "none.csv", "esx1")
    with pytest.raises(WrongUse, match="folder"):
        open_recording(tmp_path, "esx1")
    with pytest.raises(WrongUse, match="no recording"):
        open_recording(archive(tmp_path / "a.tgz", {"a.txt": b"a"}), "esx1")
