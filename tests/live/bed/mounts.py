"""Small file systems in memory, mounted for a while."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .processes import Unusable, until


@contextmanager
def memory_disk(folder: Path, *, size_bytes: int) -> Iterator[None]:
    """Mount an empty tmpfs on a folder and unmount it at the end."""
    options = f"size={size_bytes},mode=755"
    command = ["mount", "-t", "tmpfs", "-o", options, "tenmatsu-bed", str(folder)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        raise Unusable(f"no tmpfs can be mounted: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        until(lambda: _unmounted(folder), what=f"the unmounting of {folder}")


def _unmounted(folder: Path) -> bool:
    return subprocess.run(["umount", str(folder)], capture_output=True, check=False).returncode == 0
