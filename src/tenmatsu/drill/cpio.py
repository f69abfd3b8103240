"""Archives that a Linux kernel unpacks as its first file system: cpio, "newc".

Source: Linux Documentation/driver-api/early-userspace/buffer-format.rst. Several may stand one after the
other, packed or not; a later one's files take the place of an earlier one's.
"""

import stat
from collections.abc import Iterator, Mapping
from typing import NamedTuple

_ALIGN = 4
_END = "TRAILER!!!"


class Entry(NamedTuple):
    """One thing in an archive: type and rights as in `stat`, bytes (a link's goal), a device's number."""

    mode: int
    data: bytes = b""
    major: int = 0
    minor: int = 0


def make_file(data: bytes, *, rights: int = 0o644) -> Entry:
    """Return a file; one that begins with `#!` may be run."""
    return Entry(stat.S_IFREG | (0o755 if data.startswith(b"#!") else rights), data)


def make_link(goal: str) -> Entry:
    """Return a symbolic link."""
    return Entry(stat.S_IFLNK | 0o777, goal.encode())


def make_folder(*, rights: int = 0o755) -> Entry:
    """Return a folder."""
    return Entry(stat.S_IFDIR | rights)


def pack(entries: Mapping[str, Entry]) -> bytes:
    """Return the archive of these things, by path without a leading slash, all root's.

    Folders that are not named are made. The same entries always give the same bytes.
    """
    whole = {folder: make_folder() for path in entries for folder in _folders_above(path)} | dict(entries)
    ordered = [*sorted(whole.items()), (_END, Entry(0))]
    return b"".join(_pack_one(number, path, entry) for number, (path, entry) in enumerate(ordered, 1))


def _folders_above(path: str) -> Iterator[str]:
    parts = path.split("/")[:-1]
    return ("/".join(parts[: count + 1]) for count in range(len(parts)))


def _pack_one(number: int, path: str, entry: Entry) -> bytes:
    name = path.encode() + b"\0"
    links = 2 if stat.S_ISDIR(entry.mode) else 1
    fields = (
        number,
        entry.mode,
        0,
        0,
        links,
        0,
        len(entry.data),
        0,
        0,
        entry.major,
        entry.minor,
        len(name),
        0,
    )
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + name
    return _padded(head) + _padded(entry.data)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % _ALIGN)
