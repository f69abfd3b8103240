"""The kernel's process events connector: asked to speak, asked to be silent again.

An event is a netlink message with a `struct cn_msg` and a `struct proc_event` in it. The kernel makes events
as long as anybody listens, so closing says that we do not any more. Source: include/uapi/linux/cn_proc.h,
connector.h, drivers/connector/cn_proc.c.
"""

import array
import errno
import os
import socket
import struct
from contextlib import suppress
from typing import List, Tuple

from tenmatsu.probe.netlink import MESSAGE, NETLINK_CONNECTOR, open_socket, wait_for
from tenmatsu.probe.rung import Unavailable

FORK, EXEC, COMM, EXIT = 1, 2, 0x200, 0x80000000
_NONE = 0  # the answer to a request
_LISTEN, _IGNORE = 1, 2
_CN_IDX_PROC = _CN_VAL_PROC = 1
_NLMSG_DONE = 3
_SO_ATTACH_FILTER = 26

# struct cn_msg: which connector (two words), number, answer to, bytes, flags.
_CONNECTOR = struct.Struct("=IIIIHH")
_OPERATION = struct.Struct("=I")
# Number in `cn_msg`, kind, processor, ns of the monotonic clock, and what is the kind's own. Six words of
# that are there since Linux 3.2; before, four.
EVENT = struct.Struct(f"={MESSAGE.size + 8}xI8xIIQIIIIII")
LEAST_EVENT_BYTES = EVENT.size - 8
NAME_AT = EVENT.size - 16
_KIND_AT = MESSAGE.size + _CONNECTOR.size
_PID_AT, _TGID_AT = EVENT.size - 24, EVENT.size - 20

# Classic BPF, include/uapi/linux/bpf_common.h: load a word, copy it to X, jump if equal, return.
_INSTRUCTION = struct.Struct("=HBBI")
_LOAD, _COPY, _IF, _IF_X, _RETURN = 0x20, 0x07, 0x15, 0x1D, 0x06
_WHOLE = 0xFFFFFFFF


def open_connector(buffer_bytes: int) -> socket.socket:
    """Return a socket that gets all events from now on. Raises Unavailable."""
    try:
        made = open_socket(NETLINK_CONNECTOR, groups=_CN_IDX_PROC, buffer_bytes=buffer_bytes)
    except OSError as error:
        raise _explain(error) from error
    try:
        _listen(made)
    except OSError as error:
        close_connector(made)
        raise _explain(error) from error
    return made


def _listen(made: socket.socket) -> None:
    asked = struct.unpack("=I", os.urandom(4))[0]
    _send(made, _LISTEN, asked)
    answer = wait_for(made, lambda found: _is_answer(found, asked))
    code = EVENT.unpack_from(answer.ljust(EVENT.size, b"\0"))[4]
    if code:
        raise OSError(code, "the connector: " + errno.errorcode.get(code, str(code)))


def _is_answer(found: bytes, asked: int) -> bool:
    if len(found) < LEAST_EVENT_BYTES:
        return False
    answers = _CONNECTOR.unpack_from(found, MESSAGE.size)[3]
    kind = EVENT.unpack_from(found.ljust(EVENT.size, b"\0"))[1]
    return bool(kind == _NONE and answers == (asked + 1) % (1 << 32))


def _send(made: socket.socket, operation: int, asked: int = 0) -> None:
    body = _CONNECTOR.pack(_CN_IDX_PROC, _CN_VAL_PROC, 0, asked, _OPERATION.size, 0) + _OPERATION.pack(
        operation
    )
    made.send(MESSAGE.pack(MESSAGE.size + len(body), _NLMSG_DONE, 0, 0, os.getpid()) + body)


def close_connector(made: socket.socket) -> None:
    """Say that we do not listen any more, and close. Never raises."""
    with suppress(OSError):
        _send(made, _IGNORE)
    made.close()


def let_only_threads_ends_pass(made: socket.socket) -> None:
    """Let the kernel drop all events but ends of threads, their process' first excepted. Raises OSError."""
    program: List[Tuple[int, int, int, int]] = [
        (_LOAD, 0, 0, _KIND_AT),
        (_IF, 0, 4, _as_loaded(EXIT)),
        (_LOAD, 0, 0, _PID_AT),
        (_COPY, 0, 0, 0),
        (_LOAD, 0, 0, _TGID_AT),
        (_IF_X, 0, 1, 0),
        (_RETURN, 0, 0, 0),
        (_RETURN, 0, 0, _WHOLE),
    ]
    code = array.array("B", b"".join(_INSTRUCTION.pack(*one) for one in program))
    made.setsockopt(
        socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", len(program), code.buffer_info()[0])
    )


def _as_loaded(word: int) -> int:
    """Return a word as BPF loads it: as if it had come from a network."""
    return int(struct.unpack(">I", struct.pack("=I", word))[0])


def _explain(error: OSError) -> Unavailable:
    said = error.strerror or str(error)
    if error.errno in (errno.EPERM, errno.EACCES):
        return Unavailable(
            "not_permitted", "needs root, or CAP_NET_ADMIN in the first user namespace; " + said
        )
    if error.errno in (errno.EPROTONOSUPPORT, errno.ESOCKTNOSUPPORT):
        return Unavailable("not_in_kernel", "the kernel has no process events connector; " + said)
    if error.errno in (errno.ECONNREFUSED, errno.ETIMEDOUT):
        return Unavailable(
            "namespace",
            "the process events connector answers only in the first pid, user and network namespaces, "
            "if the kernel has it; " + said,
        )
    return Unavailable("refused", said)
