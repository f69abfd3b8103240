"""Questions about files: what stands in them, what they are called, how large, where they point."""

import glob
import json
import os
import stat
import struct
import time
from collections import deque
from typing import Any, Callable, Dict, Iterator, List, Tuple

Request = Dict[str, Any]
Send = Callable[[bytes], None]
_CHUNK_BYTES = 1 << 18
# A record of /dev/kmsg is at most 8 KiB, escapes included (CONSOLE_EXT_LOG_MAX, PRINTK_MESSAGE_MAX).
_RECORD_BYTES = 1 << 14
_MOST_RECORDS = 200000
_PACKED = (b".gz", b".bz2", b".xz")


class Damaged(Exception):
    """An archive that cannot be unpacked to its end."""


def encode(path: str) -> bytes:
    """Return a path as the kernel knows it. Raises ValueError where no file can have it."""
    raw = path.encode("utf-8", "surrogateescape")
    if b"\0" in raw:
        raise ValueError("a NUL in a path")
    return raw


def read(request: Request, send: Send) -> None:
    """Send a file's bytes from an offset on, up to a limit."""
    for chunk in _chunks(encode(request["path"]), request["offset"], request["limit_bytes"]):
        send(chunk)


def read_each(request: Request, send: Send) -> None:
    """Send many small files, each as the length of what follows; all ones for a file that cannot be read."""
    for path in request["paths"]:
        try:
            found = b"".join(_chunks(encode(path), 0, request["limit_bytes"]))
        except (OSError, ValueError):  # noqa: PERF203 - each file may be gone
            send(struct.pack(">I", 0xFFFFFFFF))
        else:
            send(struct.pack(">I", len(found)) + found)


def read_unpacked(request: Request, send: Send) -> None:
    """Send the last bytes of a log, unpacked where its name says that it is packed."""
    path, limit_bytes = encode(request["path"]), request["limit_bytes"]
    kind = os.path.splitext(path)[1]
    if kind not in _PACKED:
        offset = max(0, os.stat(path).st_size - limit_bytes)
        for chunk in _chunks(path, offset, limit_bytes):
            send(chunk)
        return
    for chunk in _last_bytes(path, kind, limit_bytes):
        send(chunk)


def names(request: Request, send: Send) -> None:
    """Send the names in a directory."""
    send(b"\0".join(os.listdir(encode(request["path"]))))


def find_paths(request: Request, send: Send) -> None:
    """Send the paths that match a pattern."""
    try:
        send(b"\0".join(glob.glob(encode(request["path"]), recursive=True)))
    except ValueError:  # no file can have such a name
        return


def stat_path(request: Request, send: Send) -> None:
    """Send what stat(2) says, links followed."""
    found = os.stat(encode(request["path"]))
    _send_json(
        send,
        [found.st_size, found.st_mtime, found.st_uid, found.st_mode, found.st_dev, found.st_ino],
    )


def link(request: Request, send: Send) -> None:
    """Send where a symbolic link points."""
    send(os.readlink(encode(request["path"])))


def space(request: Request, send: Send) -> None:
    """Send what statvfs(3) says, in bytes and inodes."""
    found = os.statvfs(encode(request["path"]))
    unit = found.f_frsize
    sizes = [found.f_blocks * unit, found.f_bfree * unit, found.f_bavail * unit]
    _send_json(send, [*sizes, found.f_files, found.f_ffree, bool(found.f_flag & os.ST_RDONLY)])


def records(request: Request, send: Send) -> Request:
    """Send what a device holds now, one read a record, each after its length."""
    descriptor = os.open(encode(request["path"]), os.O_RDONLY | os.O_NONBLOCK)
    lost, count = False, 0
    try:
        while count < _MOST_RECORDS:
            try:
                line = os.read(descriptor, _RECORD_BYTES)
            except BlockingIOError:
                break
            except BrokenPipeError:  # overwritten meanwhile; the next read goes on with the oldest left
                lost = True
                continue
            if not line:  # not a device of records but a file or /dev/null in its place
                break
            send(struct.pack(">I", len(line)) + line)
            count += 1
    finally:
        os.close(descriptor)
    return {"lost": lost}


def walk(request: Request, send: Send) -> Request:
    """Send all that lies below a directory, nearest first, on its own file system, within the limits."""
    top, most = encode(request["path"]), request["limit_entries"]
    deadline = time.monotonic() + request["limit_seconds"]
    device = os.stat(top).st_dev
    waiting = deque([top])
    found, complete = 0, True
    while waiting:
        folder = waiting.popleft()
        try:
            entries, inner = _list(folder, device)
        except OSError:
            if folder == top:
                raise
            complete = False
            continue
        for entry in entries[: most - found]:
            _send_json(send, entry)
            send(b"\n")
        found += len(entries)
        waiting.extend(inner)
        if found > most or time.monotonic() > deadline:
            return {"complete": complete and not waiting and found <= most}
    return {"complete": complete}


def _list(folder: bytes, device: int) -> Tuple[List[List[Any]], List[bytes]]:
    found, inner = [], []
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                seen = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue  # deleted between the listing and the look
            path = entry.path.decode("utf-8", "surrogateescape")
            found.append([path, seen.st_mtime, seen.st_ctime, seen.st_size, seen.st_mode])
            if stat.S_ISDIR(seen.st_mode) and seen.st_dev == device:
                inner.append(entry.path)
    return found, inner


def _chunks(path: bytes, offset: int, limit_bytes: int) -> Iterator[bytes]:
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        if offset:
            os.lseek(descriptor, offset, os.SEEK_SET)
        left = limit_bytes
        while left > 0:
            chunk = os.read(descriptor, min(left, _CHUNK_BYTES))
            if not chunk:
                return
            left -= len(chunk)
            yield chunk
    finally:
        os.close(descriptor)


def _last_bytes(path: bytes, kind: bytes, limit_bytes: int) -> List[bytes]:
    opener = _find_opener(kind)
    kept = deque()  # type: deque[bytes]
    held = 0
    try:
        with opener(path) as packed:
            for chunk in iter(lambda: packed.read(_CHUNK_BYTES), b""):
                kept.append(chunk)
                held += len(chunk)
                while held - len(kept[0]) >= limit_bytes:
                    held -= len(kept.popleft())
    except OSError as error:
        if error.errno is not None:
            raise  # the disk's fault; gzip and bz2 give theirs no number
        raise Damaged(str(error)) from error
    except _find_faults() as error:
        raise Damaged(str(error)) from error
    if held > limit_bytes:
        kept[0] = kept[0][held - limit_bytes :]
    return list(kept)


def _find_opener(kind: bytes) -> Callable[[bytes], Any]:
    if kind == b".gz":
        import gzip

        return gzip.open
    if kind == b".bz2":
        import bz2

        return bz2.open
    import lzma

    return lzma.open


def _find_faults() -> Tuple[Any, ...]:
    """Return what the unpackers raise; a Python may have been built without one of them."""
    found: List[Any] = [EOFError]
    for module, name in (("zlib", "error"), ("lzma", "LZMAError")):
        try:
            found.append(getattr(__import__(module), name))
        except ImportError:  # noqa: PERF203
            continue
    return tuple(found)


def _send_json(send: Send, value: Any) -> None:  # noqa: ANN401 - whatever JSON holds
    send(json.dumps(value, separators=(",", ":")).encode("ascii"))
