"""File systems: room at the start and at the end; what is left out; one that hangs."""

import json
import threading
import time
from pathlib import Path

import pytest
from tests.sight.folder_reach import START, FolderReach
from tests.sight.looking import RECORDED, RoundsScene, find_series, look_at, look_at_recorded, values, watch

from tenmatsu.errors import TookTooLong
from tenmatsu.sight import file_systems

PLAIN = [1000, 400, 300, 100, 90, False]


def record(folder: Path, mounts: str, **rooms: list[int | bool]) -> Path:
    for path, text in (("proc/self/mountinfo", mounts), ("space.json", json.dumps(rooms))):
        (folder / "0" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "0" / path).write_text(text)
    return folder


def mount(
    path: str, *, device: str, type: str = "ext4", options: str = "rw", source: str = "/dev/vda1"
) -> str:
    return f"1 1 {device} / {path} {options} - {type} {source} {options}\n"


def test_room_and_inodes_of_a_guest_at_the_start_and_at_the_end() -> None:
    page = look_at_recorded(file_systems.SIGHT, "machine-guest", pulse="/")
    assert values(page) == {
        ("system.filesystem.usage", "/", "used"): [270553174016 - 244418277376, 270553174016 - 244419293184],
        ("system.filesystem.usage", "/", "free"): [82809397248, 82810413056],
        ("linux.filesystem.inodes", "/", "used"): [16777216 - 16307766, 16777216 - 16307724],
        ("linux.filesystem.inodes", "/", "free"): [16307766, 16307724],
    }
    assert [dict(event.attributes) for event in page.events] == [
        {
            "mountpoint": "/",
            "type": "ext4",
            "device": "/dev/vda",
            "read_only": False,
            "read_only_by_config": False,
        }
    ] * 2
    assert page.look.read.en == "1 file systems"


def test_a_file_system_that_fills_up_and_one_that_is_read_only_as_configured() -> None:
    page = look_at_recorded(file_systems.SIGHT, "machine-centos-5", pulse="/")
    assert values(page)[("system.filesystem.usage", "/", "free")] == [5.4e9, 0]
    boot = next(event for event in page.events if event.text("mountpoint") == "/boot")
    assert (boot.attributes["read_only"], boot.attributes["read_only_by_config"]) == (True, True)
    asked = {event.text("mountpoint") for event in page.events}
    assert asked == {"/", "/boot", "/mnt/old server"}  # rootfs and the bind mount show the same room
    assert {event.text("type") for event in page.events} == {"ext3", "nfs"}
    assert "/mnt/old server" not in {name[1] for name in values(page)}  # of no size


def test_a_containers_root_is_asked_although_it_is_an_overlay(tmp_path: Path) -> None:
    mounts = (
        mount("/", device="0:84", type="overlay", source="overlay")
        + mount("/snap/core", device="7:1", type="squashfs")
        + mount("/var/lib/docker/x/merged", device="0:99", type="overlay", source="overlay")
        + mount("/sys/fs/fuse/connections", device="0:50", type="fusectl")
    )
    page = look_at(file_systems.SIGHT, FolderReach(record(tmp_path, mounts, **{"/": PLAIN})))
    assert {event.text("mountpoint") for event in page.events} == {"/"}


def test_what_is_not_ours_to_see_or_gone_is_no_gap(tmp_path: Path) -> None:
    mounts = mount("/", device="8:1") + mount("/run/user/1000/doc", device="0:60", type="fuse.sshfs")
    mounts += mount("/gone", device="8:9")
    folder = record(tmp_path, mounts, **{"/": PLAIN})
    page = look_at(file_systems.SIGHT, FolderReach(folder, forbidden=["/run/user/1000/doc"]))
    assert {event.text("mountpoint") for event in page.events} == {"/"}
    assert page.gaps == ()


def test_one_behind_a_closed_folder_is_a_gap(tmp_path: Path) -> None:
    mounts = mount("/", device="8:1") + mount("/srv/closed/data", device="8:2")
    folder = record(tmp_path, mounts, **{"/": PLAIN})
    (gap,) = look_at(file_systems.SIGHT, FolderReach(folder, forbidden=["/srv/closed/data"])).gaps
    assert gap.what.en == "file systems: /srv/closed/data"
    assert "root" in gap.close_by.en


def test_one_that_fails_is_one_gap_and_the_others_are_asked_twice(tmp_path: Path) -> None:
    mounts = mount("/mnt/old\\040server", device="0:60", type="nfs") + mount("/", device="8:1")
    folder = record(tmp_path, mounts, **{"/": PLAIN})
    page = look_at(file_systems.SIGHT, FolderReach(folder, late=["/mnt/old server"]))
    (gap,) = page.gaps
    assert gap.what.en == "file system /mnt/old server"
    assert gap.close_by.en.endswith("stat -f '/mnt/old server'")
    assert "'/mnt/old server'" in gap.close_by.ja
    assert len(find_series(page, "system.filesystem.usage", system__filesystem__state="free").points) == 2


def test_dead_mounts_keep_neither_the_others_nor_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_systems, "_LIMIT_SECONDS", 0.2)
    names = ["/dead1", "/dead2"]
    mounts = "".join(mount(name, device=f"0:{number}") for number, name in enumerate(names, 60))
    release = threading.Event()
    folder = record(tmp_path, mounts + mount("/", device="8:1"), **{"/": PLAIN})
    reach = FolderReach(folder, hanging=dict.fromkeys(names, release))
    began = time.monotonic()
    try:
        found = watch(file_systems.SIGHT, reach=reach, seconds=0.5)
    finally:
        release.set()
    assert time.monotonic() - began < 2
    assert [gap.what.en for gap in found.gaps] == ["file system /dead1", "file system /dead2"]
    assert found.gaps[0].why.en == "/dead1 gave no answer in 0.2 s"
    assert found.looked("file_systems")
    assert [event.text("mountpoint") for event in found.find_events("system.filesystem")] == ["/", "/"]


def test_a_dead_mount_is_given_up_in_time_for_the_end_of_the_window() -> None:
    release = threading.Event()
    scene = RoundsScene(
        reach=FolderReach(RECORDED / "machine-guest", hanging={"/": release}),
        component="here",
        start=START,
        seconds=20,
        since=START,
        rounds=0,
    )
    try:
        with pytest.raises(TookTooLong, match=r"gave no answer in 1 s"):
            file_systems._ask(scene, "/")
    finally:
        release.set()


def test_a_recorded_machine_may_lack_fstab() -> None:
    reach = FolderReach(RECORDED / "machine-guest", forbidden=["/etc/fstab"])
    assert not look_at(file_systems.SIGHT, reach).gaps
