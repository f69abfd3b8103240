"""A line run over SSH is heard only so long, and only so much of it. Its `ssh` is a real program of ours."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.reach.fake_ssh import put_first

from tenmatsu.errors import NoConnection, NotThere, TookTooLong
from tenmatsu.model.below import Product
from tenmatsu.model.site_map import Api
from tenmatsu.reach import proxmox_pvesh
from tenmatsu.reach.proxmox import open_proxmox
from tenmatsu.reach.ssh import SshOptions
from tenmatsu.reach.ssh_run import Ran, run_over_ssh

ENDLESS = 'echo $$ >"${0%/*}/pid"; exec yes'


def run(script: bytes = b"", *, limit_seconds: float = 60.0) -> Ran:
    return run_over_ssh(
        "web1", SshOptions(), "sh -s", limit_seconds=limit_seconds, most_bytes=1 << 20, script=script
    )


def is_over(folder: Path) -> bool:
    """Tell whether the stand-in is gone, and waited for."""
    try:
        os.kill(int((folder / "pid").read_text()), 0)
    except ProcessLookupError:
        return True
    return False


def test_both_streams_come_and_a_long_script_gets_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_first(monkeypatch, tmp_path, "#!/bin/sh\nexec sh -s\n")
    long = b"# " + b"x" * 300_000 + b"\n"
    assert run(b"echo a\n" + long + b"echo b >&2; exit 3\n") == Ran(b"a\n", b"b\n")


@pytest.mark.parametrize("stream", ["", " >&2"])
def test_a_host_that_never_ends_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stream: str
) -> None:
    put_first(monkeypatch, tmp_path, f"#!/bin/sh\n{ENDLESS}{stream}\n")
    with pytest.raises(NoConnection, match="more than 1 MiB") as cut:
        run()
    assert not cut.value.permanent
    assert is_over(tmp_path)


def test_a_host_that_hangs_and_no_ssh_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_first(monkeypatch, tmp_path, f"#!/bin/sh\n{ENDLESS.replace('yes', 'sleep 60')}\n")
    with pytest.raises(TookTooLong):
        run(limit_seconds=0.5)
    # exec: the stand-in may not have come as far as its first line
    assert not (tmp_path / "pid").exists() or is_over(tmp_path)
    (tmp_path / "bare").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bare"))
    with pytest.raises(NotThere):
        run()


def test_a_node_whose_pvesh_never_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxmox_pvesh, "_MOST_BYTES", 1 << 20)
    put_first(monkeypatch, tmp_path, f"#!/bin/sh\n{ENDLESS}\n")
    proxmox = open_proxmox(Api(product=Product.PROXMOX, address="ssh://web1"), "", "home")
    with pytest.raises(NoConnection, match="more than 1 MiB"):
        proxmox.identify()
