"""What the taskstats rung asks the kernel for: its layout, all processors' messages; and how one is built.

Source: include/uapi/linux/taskstats.h, kernel/taskstats.c.
"""

import errno
import os
import socket
import struct
from typing import List, Tuple, Union

from tenmatsu.probe.netlink import (
    GENERIC_HEAD_BYTES,
    NETLINK_GENERIC,
    ask,
    find_family,
    for_each_attribute,
    make_attribute,
    open_socket,
    send_request,
)
from tenmatsu.probe.proc_files import read_file
from tenmatsu.probe.rung import Unavailable
from tenmatsu.probe.taskstats_layout import OLDEST_WITH_NAMES, VERSION, Layout, Task, find_layout

_FAMILY_NAME = b"TASKSTATS"
_CMD_GET = 1
_ATTR_PID, _ATTR_REGISTER, _ATTR_DEREGISTER = 1, 3, 4
_TYPE_TGID, _TYPE_STATS, _TYPE_AGGR_PID, _TYPE_AGGR_TGID = 2, 3, 4, 5
# One socket a processor, so that its messages' numbers have no holes; with more processors they share.
_MOST_SOCKETS = 256


class Taskstats:
    """The family of generic netlink, found. Raises OSError where it is not there."""

    def __init__(self) -> None:
        self._family = find_family(_FAMILY_NAME)

    def ask_for_ourselves(self) -> Tuple[Layout, Task]:
        """Return the kernel's layout and our own account by it. Raises OSError, Unavailable.

        The answer says which version it has; that we find ourselves in it, that we read it right.
        """
        with open_socket(NETLINK_GENERIC) as asking:
            attribute = make_attribute(_ATTR_PID, struct.pack("=I", os.getpid()))
            answer = ask(asking, self._family, _CMD_GET, attribute, answer_expected=True)
        at, _, _ = find_places(answer, len(answer))
        version = VERSION.unpack_from(answer, at)[0] if at else 0
        if version < OLDEST_WITH_NAMES:
            raise Unavailable("not_in_kernel", f"taskstats of version {version} tell no names")
        layout = find_layout(version)
        try:
            ours = layout.read(answer, at)
        except struct.error as error:
            raise Unavailable("refused", f"taskstats of version {version}: {error}") from error
        if (ours.pid, ours.uid) != (os.getpid(), os.getuid()):
            raise Unavailable("refused", f"the layout of taskstats of version {version} is not known")
        return layout, ours

    def register(self, one: socket.socket, processors: bytes) -> None:
        """Let this socket get the end of each task on these processors. Raises OSError."""
        attribute = make_attribute(_ATTR_REGISTER, processors)
        ask(one, self._family, _CMD_GET, attribute, answer_expected=False)

    def deregister(self, one: socket.socket, processors: bytes) -> None:
        """Undo it, and do not wait for the answer. Raises OSError."""
        send_request(one, self._family, _CMD_GET, make_attribute(_ATTR_DEREGISTER, processors))


def find_places(message: Union[bytes, bytearray], size: int) -> Tuple[int, int, int]:
    """Return where a task's struct, its whole process' and that one's pid are; 0 where they are not."""
    task_at = group_at = group_pid_at = 0
    for outer in for_each_attribute(message, GENERIC_HEAD_BYTES, size):
        if outer.kind not in (_TYPE_AGGR_PID, _TYPE_AGGR_TGID):
            continue
        for inner in for_each_attribute(message, outer.begin, outer.end):
            if inner.kind == _TYPE_STATS and outer.kind == _TYPE_AGGR_PID:
                task_at = inner.begin
            elif inner.kind == _TYPE_STATS:
                group_at = inner.begin
            elif inner.kind == _TYPE_TGID:
                group_pid_at = inner.begin
    return task_at, group_at, group_pid_at


def find_processors() -> str:
    """Return all that may ever be there, as a list of ranges."""
    try:
        return read_file("/sys/devices/system/cpu/possible").decode("ascii").strip()
    except OSError:  # before Linux 2.6.29
        return f"0-{(os.cpu_count() or 1) - 1}"


def split_processors(ranges: str) -> List[Tuple[bytes, bool]]:
    """Return a mask for each socket, as the kernel wants it, and whether it is one processor's alone."""
    processors: List[int] = []
    for one in ranges.split(","):
        first, _, last = one.partition("-")
        processors += range(int(first), int(last or first) + 1)
    each = -(-len(processors) // _MOST_SOCKETS)
    parts = [processors[at : at + each] for at in range(0, len(processors), each)]
    return [(",".join(map(str, part)).encode("ascii") + b"\0", len(part) == 1) for part in parts]


def explain(error: OSError) -> Unavailable:
    """Return why the kernel does not tell us."""
    said = error.strerror or str(error)
    if error.errno in (errno.EPERM, errno.EACCES):
        return Unavailable(
            "not_permitted", "needs root, or CAP_NET_ADMIN in the first user namespace; " + said
        )
    if error.errno == errno.EINVAL:
        return Unavailable("namespace", "taskstats tell only the first pid and user namespaces; " + said)
    if error.errno in (errno.ENOENT, errno.EPROTONOSUPPORT):
        return Unavailable(
            "not_in_kernel", "there are no taskstats, or this is not the first network namespace; " + said
        )
    return Unavailable("refused", said)
