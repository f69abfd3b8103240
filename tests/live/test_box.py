"""The drills' box itself: its guests work together, and it leaves nothing, however its owner ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tenmatsu.drill.box import open_box
from tenmatsu.drill.folders import clear_leftovers
from tenmatsu.drill.guests import DNS1, GUESTS, WEB1

from .bed.drill_box import until, why_no_box_here

pytestmark = pytest.mark.live

OWNER = """
import sys
from tenmatsu.drill.box import open_box
with open_box() as box:
    print(box.folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _can_hold_it() -> None:
    if reason := why_no_box_here():
        pytest.skip(reason)


def find_traces(folder: Path) -> list[str]:
    """Return what of a box is on this machine beside its folder: processes, mounts, interfaces."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            continue
        if folder.name.encode() in words:
            found.append(f"process {entry.name}")
    found += [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if folder.name in line]
    found += [line for line in Path("/proc/net/dev").read_text().splitlines() if "tap-web1" in line]
    return found


def find_groups(folder: Path) -> list[Path]:
    return [
        *Path("/sys/fs/cgroup").glob(f"*/{folder.name}*"),
        *Path("/sys/fs/cgroup").glob(f"{folder.name}*"),
    ]


@contextmanager
def owned() -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Let another process own a box, which this one may kill."""
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert owner.stdout
        folder = Path(owner.stdout.readline().strip() or "/nowhere")
        assert folder.exists(), owner.communicate()[1]
        yield owner, folder
    finally:
        owner.kill()
        owner.communicate()


def test_the_web_server_resolves_through_the_dns_server() -> None:
    with open_box() as box:
        for guest in GUESTS:
            box.wait_up(guest)
        page = "wget -qO- http://127.0.0.1/cgi-bin/hello.pl"
        assert f"dns1 {DNS1.address}" in box.ssh(WEB1, page)
        box.virsh("shutdown", "dns1")
        assert until(lambda: "shut off" in box.virsh("domstate", "dns1")), "ACPI"
        assert "dns1 nothing" in box.ssh(WEB1, page)
        folder = box.folder
    assert find_traces(folder) == []
    assert find_groups(folder) == []
    assert not folder.exists()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_nothing_is_left_when_its_owner_is_killed(how: signal.Signals) -> None:
    with owned() as (owner, folder):
        os.kill(owner.pid, how)
        owner.wait(60)
        assert until(lambda: find_traces(folder) == []), find_traces(folder)
    clear_leftovers()
    assert not folder.exists()
    assert find_groups(folder) == []
