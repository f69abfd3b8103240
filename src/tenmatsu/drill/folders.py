"""The boxes' folders: one each, locked by whoever runs it. One that nobody locks is cleared."""

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tenmatsu.drill.partition import remove_partition

_PREFIX = "tenmatsu-box-"


@contextmanager
def own_folder() -> Iterator[Path]:
    """Make a folder for a box, with its lock held; it and its control groups are gone afterwards."""
    clear_leftovers()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder
    finally:
        clear(folder)
        os.close(lock)


def clear_leftovers() -> None:
    """Remove what boxes left behind whose owners were killed. Nothing of theirs runs any more.

    Their processes, mounts and network were in namespaces that ended with them (`host/start`).
    """
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        if _is_ours(folder):
            _clear_if_free(folder)


def _is_ours(folder: Path) -> bool:
    """Tell whether this user made it: in a folder where everybody writes, anybody may take such a name."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077


def _clear_if_free(folder: Path) -> None:
    try:
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:  # being made or being removed at this moment
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        clear(folder)
    except BlockingIOError:
        return
    finally:
        os.close(lock)


def clear(folder: Path) -> None:
    """Remove a box's control groups and its folder."""
    remove_partition(folder.name)
    shutil.rmtree(folder, ignore_errors=True)
