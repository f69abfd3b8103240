"""From a cgroup's number, which is all that a BPF program has, to its path.

The number is a file handle of the cgroup v2 file system (fs/kernfs/mount.c, `kernfs_fh_to_dentry`): it can
be opened directly, without walking the tree, as long as the cgroup exists.
"""

import ctypes
import os
import struct
from typing import Any, Dict, Optional

# enum fid_type in include/linux/exportfs.h.
_FILEID_KERNFS = 0xFE
_MOST_REMEMBERED = 4096


class CgroupNames:
    """Finds each number's path once."""

    def __init__(self) -> None:
        self._paths: Dict[int, str] = {}
        self._open_by_handle: Any = None
        self._mount = -1
        self._root = find_cgroup2()
        try:
            self._open_by_handle = ctypes.CDLL(None, use_errno=True).open_by_handle_at
            self._mount = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY) if self._root else -1
        except (AttributeError, OSError):
            pass  # then numbers stay numbers

    def find(self, number: int) -> str:
        """Return the path below the root of the tree, or `id:NUMBER` where it is gone or cannot be told."""
        if number not in self._paths:
            if len(self._paths) >= _MOST_REMEMBERED:
                self._paths.clear()
            self._paths[number] = self._look_up(number) or f"id:{number}"
        return self._paths[number]

    def _look_up(self, number: int) -> Optional[str]:
        if self._mount < 0 or not number:
            return None
        # struct file_handle: handle_bytes, handle_type, and the number itself.
        handle = ctypes.create_string_buffer(struct.pack("=IiQ", 8, _FILEID_KERNFS, number))
        descriptor = self._open_by_handle(self._mount, handle, os.O_PATH)
        if descriptor < 0:
            return None
        try:
            path = os.readlink(f"/proc/self/fd/{descriptor}")
        except OSError:
            return None
        finally:
            os.close(descriptor)
        return path[len(self._root) :] or "/"

    def close(self) -> None:
        """Close the file system's root."""
        if self._mount >= 0:
            os.close(self._mount)
            self._mount = -1


def find_cgroup2() -> str:
    """Return where the cgroup v2 tree is mounted, or "" where there is none."""
    try:
        with open("/proc/self/mounts", encoding="utf-8", errors="surrogateescape") as mounts:
            for line in mounts:
                words = line.split(" ")
                if words[2] == "cgroup2":
                    return words[1]
    except (OSError, IndexError):
        pass
    return ""
