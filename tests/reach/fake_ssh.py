"""A `ssh` that runs what it is given in a shell of this machine: the far side without a network."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

# The last word is the command, as for ssh; before it, a greeting and a complaint.
SSH = """\
#!/bin/sh
for last; do :; done
echo 'Welcome to web1!'
echo 'stty: standard input: not a tty' >&2
PATH={path} exec {shell} -c "$last"
"""


def put_first(monkeypatch: pytest.MonkeyPatch, folder: Path, text: str) -> None:
    """Make this the `ssh` that is found."""
    ssh = folder / "ssh"
    ssh.write_text(text)
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def bare_path(folder: Path, *names: str) -> str:
    """Return a path on which only these commands are found."""
    bare = folder / "bare"
    bare.mkdir()
    for name in names:
        target = shutil.which(name)
        assert target, name
        (bare / name).symlink_to(target)
    return str(bare)
