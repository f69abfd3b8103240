"""One question to a name server, from this machine: UDP, and TCP where the answer was too long for that."""

import select
import socket
import time
from contextlib import closing
from typing import Any

PORT = 53
_MOST_BYTES = 65535
_LEAST_BYTES = 12  # a header, RFC 1035 4.1.1


def ask_name_server(server: str, query: bytes, limit_seconds: float) -> bytes:
    """Return the answer's bytes.

    Raises: TimeoutError where none came, ConnectionError where nobody listens there, OSError where there is
    no way.
    """
    deadline = time.monotonic() + limit_seconds
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    address = socket.getaddrinfo(server, PORT, family, socket.SOCK_DGRAM, 0, socket.AI_NUMERICHOST)[0][4]
    answer = _ask_by_datagram(family, address, query, deadline)
    if answer[2] & 0x02:  # truncated
        return _ask_by_stream(family, address, query, deadline)
    return answer


def _ask_by_datagram(family: int, address: Any, query: bytes, deadline: float) -> bytes:  # noqa: ANN401
    # Connected, as the C library's: it is told where nobody listens, and hears nobody else.
    with closing(socket.socket(family, socket.SOCK_DGRAM)) as asking:
        asking.setblocking(False)
        asking.connect(address)
        asking.send(query)
        while True:
            _wait(asking, select.POLLIN, deadline)
            answer = asking.recv(_MOST_BYTES)
            # As the C library: what is no answer to this is not taken for one.
            if len(answer) >= _LEAST_BYTES and answer[:2] == query[:2] and answer[2] & 0x80:
                return answer


def _ask_by_stream(family: int, address: Any, query: bytes, deadline: float) -> bytes:  # noqa: ANN401
    with closing(socket.socket(family, socket.SOCK_STREAM)) as asking:
        asking.settimeout(max(0.001, deadline - time.monotonic()))
        try:
            asking.connect(address)
            asking.sendall(len(query).to_bytes(2, "big") + query)
            length = int.from_bytes(_receive(asking, 2, deadline), "big")
            return _receive(asking, length, deadline)
        except socket.timeout as late:
            raise TimeoutError from late


def _receive(asking: Any, wanted: int, deadline: float) -> bytes:  # noqa: ANN401
    found = b""
    while len(found) < wanted:
        asking.settimeout(max(0.001, deadline - time.monotonic()))
        more = asking.recv(wanted - len(found))
        if not more:
            raise ConnectionResetError("closed in the middle of an answer")
        found += more
    return found


def _wait(asking: Any, for_what: int, deadline: float) -> None:  # noqa: ANN401
    waiting = select.poll()
    waiting.register(asking, for_what)
    if not waiting.poll(max(0.0, deadline - time.monotonic()) * 1000):
        raise TimeoutError
