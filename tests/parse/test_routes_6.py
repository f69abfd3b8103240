"""Default routes over IPv6, as the kernel prints them."""

from tenmatsu.parse.routes import DefaultRoute, parse_default_routes_6

ANY = "00000000000000000000000000000000"
GATEWAY = "fe8000000000000000fc00fffe000001"
# Recorded on Linux 6.18 (`cat /proc/net/ipv6_route`), addresses replaced.
OUT = f"{ANY} 00 {ANY} 00 {GATEWAY} 00000400 00000001 00000000 00450003     eth0\n"
NOWHERE = f"{ANY} 00 {ANY} 00 {ANY} ffffffff 00000001 00000000 00200200       lo\n"
LOCAL = f"20010db8{'0' * 24} 40 {ANY} 00 {ANY} 00000100 00000001 00000000 00000001     eth0\n"


def test_the_way_out_is_found() -> None:
    assert parse_default_routes_6((LOCAL + OUT + NOWHERE).encode()) == [DefaultRoute("eth0", GATEWAY)]


def test_the_kernels_route_to_nowhere_is_none() -> None:
    assert parse_default_routes_6((LOCAL + NOWHERE).encode()) == []


def test_rubbish_is_no_route() -> None:
    assert parse_default_routes_6(b"\x00\xff" * 50 + b"\n a b c d e f g h zz j\n") == []
