"""Netlink sockets for what the kernel tells by itself: opened, given room, drained, and their losses counted.

A message that finds no room in the socket's buffer is gone. The kernel says so once, by ENOBUFS at the next
read (net/netlink/af_netlink.c, `netlink_overrun`); how many were lost show the numbers of the messages, which
go up by one on each processor.
"""

import errno
import select
import socket
import struct
import time
from typing import Callable, Iterator, NamedTuple, Union

# Not in Python's socket module: include/uapi/asm-generic/socket.h, and include/uapi/linux/netlink.h.
_SO_RCVBUFFORCE = 33
_NLM_F_REQUEST, _NLM_F_ACK = 1, 4
_NLMSG_ERROR = 2
_GENL_ID_CTRL = 16
_CTRL_CMD_GETFAMILY, _CTRL_ATTR_FAMILY_ID, _CTRL_ATTR_FAMILY_NAME = 3, 1, 2
NETLINK_CONNECTOR, NETLINK_GENERIC = 11, 16

# struct nlmsghdr: length, type, flags, number, port; struct genlmsghdr: command, version, reserved.
MESSAGE = struct.Struct("=IHHII")
_GENERIC = struct.Struct("=BBH")
_ATTRIBUTE = struct.Struct("=HH")
_ERROR = struct.Struct("=i")
_FAMILY = struct.Struct("=H")
GENERIC_HEAD_BYTES = MESSAGE.size + _GENERIC.size
_TYPE_OF_ATTRIBUTE = 0x3FFF  # without "nested" and "network byte order"

_ANSWER_SECONDS = 2.0
_MOST_ANSWER_BYTES = 8192
_NUMBERS = 1 << 32
# No message that we listen to is longer than 1.2 KB; a longer one would be cut.
_MOST_MESSAGE_BYTES = 8192
# Whoever makes messages faster than we read them must not keep us here.
_MOST_AT_ONCE = 1 << 16


class Attribute(NamedTuple):
    """Where an attribute's value begins and ends in its message."""

    kind: int
    begin: int
    end: int


def open_socket(protocol: int, groups: int = 0, buffer_bytes: int = 0) -> socket.socket:
    """Return a bound netlink socket that does not block. Raises OSError."""
    made = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, protocol)
    try:
        if buffer_bytes:
            _give_room(made, buffer_bytes)
        made.bind((0, groups))
    except OSError:
        made.close()
        raise
    return made


def _give_room(one: socket.socket, wanted: int) -> None:
    """Set the receive buffer, beyond the limit for users (net.core.rmem_max) where we may."""
    try:
        one.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, wanted)
    except OSError:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, wanted)


def make_attribute(kind: int, value: bytes) -> bytes:
    """Return one attribute, filled up to a multiple of four bytes."""
    return _ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), kind) + value + bytes(-len(value) % 4)


def for_each_attribute(message: Union[bytes, bytearray], begin: int, end: int) -> Iterator[Attribute]:
    """Yield the attributes of a message's part, as far as they are whole."""
    while begin + _ATTRIBUTE.size <= end:
        length, kind = _ATTRIBUTE.unpack_from(message, begin)
        if length < _ATTRIBUTE.size or begin + length > end:
            return
        yield Attribute(kind & _TYPE_OF_ATTRIBUTE, begin + _ATTRIBUTE.size, begin + length)
        begin += (length + 3) & ~3


def ask(one: socket.socket, family: int, command: int, attributes: bytes, answer_expected: bool) -> bytes:
    """Send a request of generic netlink; return its answer, or b"" for "done". Raises OSError as told."""
    send_request(one, family, command, attributes, 0 if answer_expected else _NLM_F_ACK)
    answer = wait_for(one, lambda found: _is_answer(found, family if answer_expected else _NLMSG_ERROR))
    if MESSAGE.unpack_from(answer)[1] != _NLMSG_ERROR:
        return answer
    code = -_ERROR.unpack_from(answer, MESSAGE.size)[0]
    if code:
        raise OSError(code, "netlink: " + errno.errorcode.get(code, str(code)))
    return b""


def send_request(one: socket.socket, family: int, command: int, attributes: bytes, flags: int = 0) -> None:
    """Send a request of generic netlink and do not wait. Raises OSError."""
    length = GENERIC_HEAD_BYTES + len(attributes)
    head = MESSAGE.pack(length, family, _NLM_F_REQUEST | flags, 0, 0)
    one.send(head + _GENERIC.pack(command, 1, 0) + attributes)


def _is_answer(found: bytes, kind: int) -> bool:
    return MESSAGE.unpack_from(found)[1] in (kind, _NLMSG_ERROR)


def wait_for(one: socket.socket, wanted: Callable[[bytes], bool]) -> bytes:
    """Return the first message that is wanted. Raises OSError when none comes (then `errno` is ETIMEDOUT)."""
    ready = select.poll()
    ready.register(one, select.POLLIN)
    late = time.monotonic() + _ANSWER_SECONDS
    while ready.poll(max(0.0, late - time.monotonic()) * 1000):
        found = _receive(one)
        if len(found) >= MESSAGE.size and wanted(found):
            return found
        if time.monotonic() >= late:  # somebody else listens too, so that something comes all the time
            break
    raise OSError(errno.ETIMEDOUT, "the kernel does not answer")


def _receive(one: socket.socket) -> bytes:
    """Return the next message; b"" where the kernel only says that some found no room."""
    try:
        return one.recv(_MOST_ANSWER_BYTES)
    except OSError as error:
        if error.errno != errno.ENOBUFS:
            raise
        return b""


def find_family(name: bytes) -> int:
    """Return the number of a family of generic netlink. Raises OSError: ENOENT where it is not there."""
    with open_socket(NETLINK_GENERIC) as asking:
        answer = ask(
            asking,
            _GENL_ID_CTRL,
            _CTRL_CMD_GETFAMILY,
            make_attribute(_CTRL_ATTR_FAMILY_NAME, name + b"\0"),
            answer_expected=True,
        )
    for one in for_each_attribute(answer, GENERIC_HEAD_BYTES, len(answer)):
        if one.kind == _CTRL_ATTR_FAMILY_ID:
            return int(_FAMILY.unpack_from(answer, one.begin)[0])
    raise OSError(errno.ENOENT, "the kernel's answer names no family")


class Receiver:
    """Empties one socket. `overruns` is how often the kernel said that messages found no room."""

    def __init__(self, one: socket.socket) -> None:
        self.socket = one
        self.buffer = bytearray(_MOST_MESSAGE_BYTES)
        self.overruns = 0

    def for_each_size(self) -> Iterator[int]:
        """Yield the size of each message that waits; the message itself is in `buffer` meanwhile."""
        receive, buffer = self.socket.recv_into, self.buffer
        for _ in range(_MOST_AT_ONCE):
            try:
                size = receive(buffer)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                self.overruns += 1
                continue
            yield size


class Sequence:
    """The numbers of one processor's messages. `missed` is how many did not come.

    A task may change its processor between taking the number there and sending it here: a number that does
    not fit, and after which the old row goes on, came from another processor, where it is missed. So only
    the sum over all processors counts, and it may be below zero for a moment.
    """

    def __init__(self) -> None:
        self.next = -1
        self.missed = 0
        self._jumped_to = self._jumped_from = -1

    def jump(self, number: int) -> None:
        """Take a number that is not `next`."""
        if self.next < 0:
            self.next = (number + 1) % _NUMBERS
        elif number == (self._jumped_to + 1) % _NUMBERS and self.next - self._jumped_from in (0, 1):
            self.missed += (self._jumped_to - self.next) % _NUMBERS + 1
            self.next = (number + 1) % _NUMBERS
        else:
            self.missed -= 1
            self._jumped_to, self._jumped_from = number, self.next
