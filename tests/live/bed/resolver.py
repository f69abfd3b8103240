"""A real, tiny DNS server that knows one name, and takes its time.

`python resolver.py --address 127.0.0.9 --name ping.example --delay 5 --seconds 120`
"""

from __future__ import annotations

import argparse
import heapq
import select
import socket
import struct
import time
from collections.abc import Iterator

PORT = 53
HEADER_BYTES = 12
ANSWER_ADDRESS = "127.0.0.1"
TTL_SECONDS = 60
A_RECORD, IN_CLASS = 1, 1
AUTHORITATIVE_ANSWER, NAME_ERROR = 0x8580, 0x8583
LARGEST_QUERY_BYTES = 512


def answer_to(query: bytes, name: str) -> bytes:
    """Return the answer to a query (RFC 1035, 4.1).

    The address for the name's A, nothing for its other types, "no such name" for any other name.
    """
    number = query[:2]
    asked, end = _question(query)
    known = asked == name.lower()
    kind, kind_class = struct.unpack(">HH", query[end : end + 4])
    has_address = known and (kind, kind_class) == (A_RECORD, IN_CLASS)
    flags = AUTHORITATIVE_ANSWER if known else NAME_ERROR
    header = number + struct.pack(">HHHHH", flags, 1, int(has_address), 0, 0)
    record = struct.pack(">HHHIH", 0xC000 | HEADER_BYTES, A_RECORD, IN_CLASS, TTL_SECONDS, 4)
    address = record + socket.inet_aton(ANSWER_ADDRESS) if has_address else b""
    return header + query[HEADER_BYTES : end + 4] + address


def _question(query: bytes) -> tuple[str, int]:
    """Return the name asked for, in lower case, and where it ends."""
    labels, at = [], HEADER_BYTES
    while length := query[at]:
        labels.append(query[at + 1 : at + 1 + length].decode("ascii").lower())
        at += 1 + length
    return ".".join(labels), at + 1


def serve(address: str, name: str, *, delay_seconds: float, seconds: float) -> None:
    """Answer each query after the delay, however many there are at once, until time is over."""
    end = time.monotonic() + seconds
    waiting: list[tuple[float, bytes, tuple[str, int]]] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((address, PORT))
        while (now := time.monotonic()) < end:
            for due, client in _take_due(waiting, now):
                server.sendto(due, client)
            next_look = waiting[0][0] if waiting else end
            if select.select([server], [], [], max(0.0, min(next_look, end) - now))[0]:
                query, client = server.recvfrom(LARGEST_QUERY_BYTES)
                try:
                    answer = answer_to(query, name)
                except (IndexError, struct.error, UnicodeDecodeError):
                    continue  # not a query
                heapq.heappush(waiting, (time.monotonic() + delay_seconds, answer, client))


def _take_due(
    waiting: list[tuple[float, bytes, tuple[str, int]]], now: float
) -> Iterator[tuple[bytes, tuple[str, int]]]:
    while waiting and waiting[0][0] <= now:
        _, answer, client = heapq.heappop(waiting)
        yield answer, client


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--delay", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    given = parser.parse_args()
    serve(given.address, given.name, delay_seconds=given.delay, seconds=given.seconds)


if __name__ == "__main__":
    main()
