"""acct(2) by ctypes, bound to a file descriptor: accounting that ends with its holder, even when killed.

acct(2) wants the path of a regular file, and goes on after its caller has ended. But the kernel switches it
off when the file system of that file is unmounted (fs_pin in fs/fs_pin.c, `acct_auto_close_mnt` before
Linux 3.17). So the file lies in a small file system in memory that a child mounts in a mount namespace of
its own. The child hands over the open file and ends, and its namespace with it: now the mount lives by that
one descriptor, nobody else can see it, and with the descriptor's last copy it goes, and accounting with it.

Whether accounting is on already, no call tells. But the record is written by the process that ends: a child
that did nothing has written 64 bytes (`wchar` of /proc/PID/io). Whether this kernel tells so much is tried
out in a pid namespace of the child's own, where accounting is on for that child alone.
"""

import array
import ctypes
import errno
import os
import socket
import struct
from typing import Any, NamedTuple, Optional

from tenmatsu.probe.proc_files import read_file

_CLONE_NEWNS, _CLONE_NEWPID = 0x00020000, 0x20000000
_MS_REC, _MS_SLAVE = 1 << 14, 1 << 19
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 2, 4, 8
_FALLOC_FL_KEEP_SIZE, _FALLOC_FL_PUNCH_HOLE = 1, 2
# Any folder that every machine has and the child does not need; the mount hides it from the child alone.
_PLACE = "/dev"
_RECORD_BYTES = 64
_INT = struct.Struct("=i")


class Detached(NamedTuple):
    """A file in a file system of its own, and whether accounting shows in /proc/PID/io on this kernel."""

    descriptor: int
    shows: bool


_LIBC: Any = ctypes.CDLL(None, use_errno=True)


def _check(answer: int) -> None:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def switch_on(descriptor: int) -> None:
    """Write the records of all processes that end into this file. Raises OSError."""
    _check(_LIBC.acct(b"/proc/self/fd/%d" % descriptor))


def find_obstacle() -> int:
    """Return the number of the error that acct(2) gives for lack of right or support; 0 where there is none.

    Asks it for a file that cannot be there: nothing changes.
    """
    _LIBC.acct(b"/proc/self/fd/-1")
    number = ctypes.get_errno()
    return 0 if number == errno.ENOENT else number


def give_back(descriptor: int, begin: int, end: int) -> None:
    """Free the memory of a part that was read. Raises OSError where the kernel cannot."""
    call = getattr(_LIBC, "fallocate64", None) or _LIBC.fallocate
    mode = _FALLOC_FL_KEEP_SIZE | _FALLOC_FL_PUNCH_HOLE
    _check(call(descriptor, mode, ctypes.c_int64(begin), ctypes.c_int64(end - begin)))


def make_detached_file(most_bytes: int) -> Detached:
    """Make it, and try out accounting beside. Raises OSError."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        child = os.fork()
        if child == 0:
            _be_the_child(theirs, most_bytes)
        theirs.close()
        try:
            return _receive(ours)
        finally:
            os.waitpid(child, 0)


def _receive(ours: socket.socket) -> Detached:
    """Take what the child says: an error's number (or 0), whether accounting shows; and the file."""
    said, extra, _, _ = ours.recvmsg(2 * _INT.size, socket.CMSG_SPACE(_INT.size))
    if len(said) < 2 * _INT.size:
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    number = _INT.unpack_from(said)[0]
    if number or not extra:
        raise OSError(number or errno.EIO, os.strerror(number or errno.EIO))
    descriptor = _INT.unpack_from(extra[0][2])[0]
    os.set_inheritable(descriptor, False)
    return Detached(descriptor, bool(_INT.unpack_from(said, _INT.size)[0]))


def _be_the_child(line: socket.socket, most_bytes: int) -> None:
    """Never returns: whatever happens here, the rest of the probe must not run twice."""
    number = errno.EIO
    try:
        descriptor = _mount_and_open(most_bytes)
        shows = _INT.pack(0) + _INT.pack(_shows_accounting())
        file = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))
        line.sendmsg([shows], [file])
        number = 0
    except OSError as error:
        number = error.errno or number
    finally:
        try:
            if number:
                line.sendall(_INT.pack(number) + _INT.pack(0))
        finally:
            os._exit(0)


def _mount_and_open(most_bytes: int) -> int:
    _check(_LIBC["unshare"](_CLONE_NEWNS))
    # Nothing of ours goes out, but what is unmounted outside goes away here too.
    _check(_LIBC.mount(b"none", b"/", None, ctypes.c_ulong(_MS_REC | _MS_SLAVE), None))
    flags = ctypes.c_ulong(_MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
    words = b"mode=0700,size=%d" % most_bytes
    _check(_LIBC.mount(b"tenmatsu", _PLACE.encode("ascii"), b"tmpfs", flags, words))
    return os.open(_PLACE + "/account", os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)


def _shows_accounting() -> bool:
    """Tell whether a child that did nothing has written a record, where accounting is on."""
    if _LIBC["unshare"](_CLONE_NEWPID) < 0:
        return False
    first = os.fork()
    if first == 0:  # process 1 of a pid namespace; accounting ends with it
        shows = False
        try:
            tried = os.open(_PLACE + "/tried", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            before = count_written_by_a_child()
            switch_on(tried)
            after = count_written_by_a_child()
            shows = before is not None and after is not None and after == before + _RECORD_BYTES
        finally:
            os._exit(int(shows))
    return os.WEXITSTATUS(os.waitpid(first, 0)[1]) == 1


def count_written_by_a_child() -> Optional[int]:
    """Return the bytes that a child wrote though it did nothing; None where the kernel does not tell.

    They come to us when we have waited for it; what we write ourselves meanwhile is nothing.
    """
    before = _read_written()
    run_a_child()
    after = _read_written()
    return None if before is None or after is None else after - before


def run_a_child() -> int:
    """Let a process live and end that does nothing. Returns its pid."""
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return child


def _read_written() -> Optional[int]:
    try:
        for line in read_file("/proc/self/io").splitlines():
            if line.startswith(b"wchar:"):
                return int(line.split()[1])
    except OSError:
        pass
    return None
