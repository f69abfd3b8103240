"""Archives for a kernel: unpacked by a program that is not ours."""

from __future__ import annotations

import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tenmatsu.drill.cpio import Entry, make_file, make_folder, make_link, pack

CPIO = shutil.which("cpio")
BUSYBOX = shutil.which("busybox")


def unpack(archive: bytes, folder: Path) -> None:
    if CPIO is None and BUSYBOX is None:
        pytest.skip("neither cpio nor busybox is installed")
    words = [CPIO] if CPIO else [str(BUSYBOX), "cpio"]
    subprocess.run([*words, "-id"], cwd=folder, input=archive, check=True, capture_output=True)


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    entries = {
        "etc/rc": make_file(b"#!/bin/sh\n"),
        "etc/hostname": make_file(b"web1\n"),
        "root": make_folder(rights=0o700),
        "root/.ssh/authorized_keys": make_file(b"key", rights=0o600),
        "bin/sh": make_link("busybox"),
        "empty": make_file(b""),
    }
    unpack(pack(entries), tmp_path)
    assert (tmp_path / "etc/hostname").read_bytes() == b"web1\n"
    assert (tmp_path / "empty").read_bytes() == b""
    assert (tmp_path / "bin/sh").readlink() == Path("busybox")
    rights = {path: stat.S_IMODE((tmp_path / path).stat().st_mode) for path in ("etc/rc", "root")}
    assert rights == {"etc/rc": 0o755, "root": 0o700}
    assert stat.S_IMODE((tmp_path / "root/.ssh/authorized_keys").stat().st_mode) == 0o600


def test_the_same_entries_give_the_same_bytes_in_any_order() -> None:
    one, two = make_file(b"1"), Entry(stat.S_IFCHR | 0o600, major=5, minor=1)
    assert pack({"a/b": one, "dev/console": two}) == pack({"dev/console": two, "a/b": one})
