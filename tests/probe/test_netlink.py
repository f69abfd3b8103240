"""What both netlink rungs share: attributes, the numbers of messages, sockets that overrun."""

import socket
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenmatsu.probe.netlink import Receiver, Sequence, for_each_attribute, make_attribute, wait_for

LAST = (1 << 32) - 1


def missed(*rows: Iterable[int]) -> int:
    """Feed the rows of numbers, each to its own processor's sequence."""
    total = 0
    for row in rows:
        sequence = Sequence()
        for number in row:
            if number == sequence.next:
                sequence.next = (number + 1) & LAST
            else:
                sequence.jump(number)
        total += sequence.missed
    return total


@pytest.mark.parametrize(
    ("rows", "lost"),
    [
        ([[]], 0),
        ([[7, 8, 9]], 0),
        ([[LAST - 1, LAST, 0, 1]], 0),
        ([[1, 2, 5, 6, 7]], 2),
        ([[1, 2, 5, 6, 9, 10, 11]], 4),
        ([[1, 2, 5, 9, 10, 11]], 5),
        ([[LAST, 3, 4]], 3),
        ([[1, 3, 2, 4, 5]], 0),  # two changed places
        ([[1, 2, 500, 3, 4], [498, 499, 501, 502]], 0),  # 500 was sent from the other processor
        ([[1, 2, 500, 3, 4], [498, 499, 503, 504, 505]], 2),
    ],
)
def test_what_is_missing_in_the_numbers_was_lost(rows: list[list[int]], lost: int) -> None:
    assert missed(*rows) == lost


def test_attributes_come_back_as_they_were_made() -> None:
    message = b"head" + make_attribute(3, b"12345") + make_attribute(0x8004, b"") + make_attribute(5, b"x")
    found = [(one.kind, message[one.begin : one.end]) for one in for_each_attribute(message, 4, len(message))]
    assert found == [(3, b"12345"), (4, b""), (5, b"x")]


@given(st.binary(max_size=64), st.integers(0, 70))
def test_attributes_of_any_bytes_end_inside(message: bytes, begin: int) -> None:
    for one in for_each_attribute(message, begin, len(message)):
        assert begin <= one.begin <= one.end <= len(message)


def test_who_only_hears_others_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenmatsu.probe.netlink._ANSWER_SECONDS", 0.05)
    ours, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)

    def is_wanted(_: bytes) -> bool:
        other.send(bytes(16))  # the next one is there already
        return False

    with ours, other:
        other.send(bytes(16))
        with pytest.raises(OSError, match="does not answer"):
            wait_for(ours, is_wanted)


def test_a_receiver_takes_what_waits_and_no_more() -> None:
    ours, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, other:
        ours.setblocking(False)
        receiver = Receiver(ours)
        assert list(receiver.for_each_size()) == []
        other.send(b"one")
        other.send(b"two and")
        assert [bytes(receiver.buffer[:size]) for size in receiver.for_each_size()] == [b"one", b"two and"]
        assert receiver.overruns == 0
