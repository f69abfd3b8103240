"""Whose addresses are one's own: the kernel's tables, as Linux 6.1 prints them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenmatsu.errors import ParseError
from tenmatsu.parse.local_addresses import parse_fib_trie, parse_if_inet6

TRIE = b"""Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 192.0.2.0/24 2 0 2
        |-- 192.0.2.0
           /24 link UNICAST
        |-- 192.0.2.21
           /32 host LOCAL
        |-- 192.0.2.255
           /32 link BROADCAST
Local:
  +-- 127.0.0.0/8 2 0 2
     |-- 127.0.0.1
        /32 host LOCAL
"""
INET6 = b"""00000000000000000000000000000001 01 80 10 80       lo
20010db8000000000000000000000021 02 40 00 80     eth0
fe80000000000000505400fffe000001 02 40 20 80     eth0
"""


def test_own_addresses_are_told_without_loopback_and_broadcast() -> None:
    assert parse_fib_trie(TRIE) == ["192.0.2.21"]
    assert parse_if_inet6(INET6) == ["2001:db8::21"]


def test_nothing_there_is_nothing() -> None:
    assert parse_fib_trie(b"") == parse_if_inet6(b"") == []


@given(st.binary())
def test_any_bytes_give_addresses_or_a_parse_error(data: bytes) -> None:
    for parse in (parse_fib_trie, parse_if_inet6):
        try:
            parse(data)
        except ParseError:
            continue


def test_a_line_that_is_no_address_is_refused() -> None:
    with pytest.raises(ParseError):
        parse_if_inet6(b"zz 01 80 10 80 lo\n")
