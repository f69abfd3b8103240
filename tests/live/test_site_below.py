"""A real hypervisor with two guests becomes a site: its own word below, and SSH inside, joined."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tenmatsu.attempt.kinds import KINDS
from tenmatsu.cli.main import main
from tenmatsu.drill.box import Box
from tenmatsu.parse.site_file import parse_site_file

pytestmark = pytest.mark.live


def test_a_site_of_a_host_and_its_guests(
    box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    ssh = ["--ssh-config", str(box.ssh_config)]
    discover = ["--lang", "en", "site", "discover", box.uri, "ssh://dns1", "ssh://web1", *ssh]
    assert main(discover) == 0
    entries = parse_site_file(Path("site.toml").read_bytes(), KINDS).entries
    assert (entries["dns1"].on, entries["web1"].on) == (entries["web1"].on, entries["dns1"].on)
    assert entries["web1"].uuid
    assert entries["web1"].macs
    assert entries["web1"].ssh == "web1"
    needs = {need.what: need.because for need in entries["web1"].needs}
    assert needs["dns1-dns"].endswith("in /etc/resolv.conf is dns1")
    assert entries["web1-web"].port == 80
    capsys.readouterr()
    assert main(discover) == 0
    assert "nothing new" in capsys.readouterr().out
    # Only what is reached by the box's own ways: its network is not this machine's.
    check = ["--lang", "en", "site", "check", "--json", *ssh, entries["web1"].on, "dns1", "web1"]
    assert main(check) == 0
    assert find(capsys, "ssh") == {"dns1": "ok", "web1": "ok"}
    box.virsh("destroy", "web1")  # what it was stays in the file, and it is told that it is gone
    assert main(check) == 1
    assert find(capsys, "ssh") == {"dns1": "ok", "web1": "lacks"}


def find(capsys: pytest.CaptureFixture[str], tested: str) -> dict[str, str]:
    """Return how this stands with each entry that was tested for it."""
    entries = json.loads(capsys.readouterr().out)["entries"]
    return {
        entry["name"]: test["standing"]
        for entry in entries
        for test in entry["checks"]
        if test["tested"] == tested
    }
