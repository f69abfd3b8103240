"""A walk below a directory of this machine, bounded in entries and time."""

import os
import time
from collections import deque

from tenmatsu.reach import FoundFile, Walk


def walk_below(top: str, limit_entries: int, limit_seconds: float) -> Walk:
    """Return all files and directories below `top`, nearest first; other file systems are left out.

    Raises: OSError where `top` itself cannot be listed. What cannot be listed below it makes the walk
    incomplete.
    """
    deadline = time.monotonic() + limit_seconds
    device = os.stat(top).st_dev  # noqa: PTH116 - thousands of entries follow
    found: list[FoundFile] = []
    waiting = deque([top])
    complete = True
    while waiting:
        folder = waiting.popleft()
        try:
            entries, inner = _list(folder, device)
        except OSError:
            if folder == top:
                raise
            complete = False
            continue
        found += entries
        waiting += inner
        if len(found) > limit_entries or time.monotonic() > deadline:
            complete = complete and not waiting and len(found) <= limit_entries
            return Walk(files=tuple(found[:limit_entries]), complete=complete)
    return Walk(files=tuple(found), complete=complete)


def _list(folder: str, device: int) -> tuple[list[FoundFile], list[str]]:
    found, inner = [], []
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                stat = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue  # deleted between the listing and the look
            found.append(FoundFile(entry.path, stat.st_mtime, stat.st_ctime, stat.st_size, stat.st_mode))
            if entry.is_dir(follow_symlinks=False) and stat.st_dev == device:
                inner.append(entry.path)
    return found, inner
