"""A site of two real guests on a real hypervisor: the fault below is found from below, and only there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tenmatsu.drill.box import Box
from tenmatsu.drill.guests import DNS1, WEB1

from .bed.drill_box import set_quota, storm

pytestmark = pytest.mark.live

LIMIT_SECONDS = 120
# The window, and what connecting and the last looks take beside it, also in a guest at a fifth of a core.
FOR = "10s"


@pytest.fixture
def site(box: Box, tmp_path: Path) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(
        f"""
[host.box]
hypervisor = "libvirt"
api = "{box.uri}"

[guest.dns1]
on = "box"
uuid = "{box.uuid(DNS1)}"
address = "{DNS1.address}"
ssh = "dns1"

[guest.web1]
on = "box"
uuid = "{box.uuid(WEB1)}"
ssh = "web1"
needs = [{{ what = "dns1", because = "nameserver {DNS1.address} in /etc/resolv.conf" }}]
""",
        "utf-8",
    )
    return path


def investigate(box: Box, site: Path, *words: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tenmatsu", "investigate", "--site", str(site), *words]
    command += ["--ssh-config", str(box.ssh_config), "--for", FOR, "--json"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False)
    assert ran.returncode in (0, 1, 3), ran.stderr
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


def finding(told: dict[str, Any], id: str) -> dict[str, Any]:
    (found,) = [one for one in told["findings"] if one["id"] == id]
    return dict(found)


def test_a_storm_under_a_cap_is_held_at_its_own_limit_and_the_same_storm_without_one_is_not(
    box: Box, site: Path
) -> None:
    set_quota(box, WEB1, 20)
    try:
        with storm(box, WEB1):
            held = finding(investigate(box, site, "web1"), "guest-at-own-limit")
    finally:
        set_quota(box, WEB1, None)
    assert held["state"] == "present"
    assert held["values"]["held_ratio"] > 0.4
    assert held["values"]["limit_cores"] == pytest.approx(0.2, abs=0.01)
    assert "held at its own limit" in held["sentence"]
    with storm(box, WEB1):
        free = finding(investigate(box, site, "web1"), "guest-at-own-limit")
    assert free["state"] == "absent"


def test_what_it_needs_is_looked_at_in_the_same_window_and_the_case_can_be_replayed(
    box: Box, site: Path, tmp_path: Path
) -> None:
    case = tmp_path / "site.case"
    told = investigate(box, site, "web1", "--save", str(case))
    assert [one["component"] for one in told["beside"]] == ["dns1"]
    assert finding(told, "dependency-fails")["state"] != "present"
    replay = [sys.executable, "-m", "tenmatsu", "investigate", "--replay", str(case), "--json"]
    again = json.loads(subprocess.run(replay, capture_output=True, text=True, check=False).stdout)
    assert again["verdict"] == told["verdict"]
    assert again["beside"] == told["beside"]


def test_a_guest_without_a_way_in_is_seen_from_below_and_says_so(box: Box, site: Path) -> None:
    text = site.read_text("utf-8").replace('ssh = "web1"\n', "")
    site.write_text(text, "utf-8")
    told = investigate(box, site, "web1")
    assert finding(told, "guest-at-own-limit")["state"] == "absent"
    assert [gap["close_by"] for gap in told["gaps"] if gap["sight"] == "inside"] == [
        "tenmatsu site check web1"
    ]


def test_one_that_cannot_be_reached_is_a_gap_and_the_rest_goes_on(box: Box, site: Path) -> None:
    text = site.read_text("utf-8").replace('ssh = "dns1"\n', 'ssh = "nobody@127.0.0.9"\n')
    site.write_text(text, "utf-8")
    told = investigate(box, site, "web1")
    assert told["beside"] == []
    (gap,) = [gap for gap in told["gaps"] if gap["sight"] == "beside"]
    assert "dns1" in gap["what"]
    assert finding(told, "guest-at-own-limit")["state"] == "absent"
