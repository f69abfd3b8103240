"""Words before a command that keep root from opening what its mode closes."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

_OVERRIDES = "-dac_override,-dac_read_search"


def words_without_override() -> list[str]:
    """Return the words, none where we are not root; skip where they cannot be had."""
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("setpriv (util-linux) is not installed")
    words = [setpriv, f"--inh-caps={_OVERRIDES}", f"--bounding-set={_OVERRIDES}"]
    tried = subprocess.run([*words, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"rights cannot be laid down here: {tried.stderr.strip()}")
    return words
