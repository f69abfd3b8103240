"""The file system with the database is full; the blog says so on a page with status 200."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..apache import RUN_USER, Server
from ..fault import Fault, Scene
from ..mounts import memory_disk

SIZE_BYTES = 8 * 2**20
BLOCK_BYTES = 4096


@contextmanager
def full(server: Server) -> Iterator[Scene]:
    """Move the data to a small file system and fill that up with an old copy of something."""
    data = server.blog.data
    with tempfile.TemporaryDirectory(dir=server.root) as folder:
        kept = Path(folder) / "data"
        _copy(data, kept)
        with memory_disk(data, size_bytes=SIZE_BYTES):
            _copy(kept, data)
            shutil.chown(data, RUN_USER, RUN_USER)
            try:
                _fill(data / "backup-2009.tar")
                yield Scene(url=server.post_url)
            finally:
                (data / "backup-2009.tar").unlink()


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, dirs_exist_ok=True)
    for path in target.rglob("*"):
        shutil.chown(path, RUN_USER, RUN_USER)


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * BLOCK_BYTES)
        except OSError:
            pass  # full


FAULT = Fault(
    name="data-full",
    cause="file-system-full",
    layer="guest_kernel",
    symptom="status 200 with an error in the body; no entry is saved",
    apply=full,
    failing=(1.0, 1.0),
    fewest_answers=4,
)
