"""What virsh and a libvirt host's files say: real input, compared whole; and whatever else comes, soon.

The cases have the form that `test_machine_cases.py` describes; times are given as text.
"""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.parse.test_machine_cases import CASES, as_json, read_input
from tests.parse.test_machine_properties import SOON_SECONDS, mutations, quick

from tenmatsu.errors import ParseError, WrongUse
from tenmatsu.parse.guest_groups import parse_guest_group
from tenmatsu.parse.libvirt_domain import parse_domain
from tenmatsu.parse.libvirt_lists import (
    parse_addresses,
    parse_arp,
    parse_colon_lines,
    parse_guest_names,
    parse_pools,
    parse_snapshots,
    parse_uuids,
)
from tenmatsu.parse.libvirt_log import parse_libvirt_log
from tenmatsu.parse.libvirt_pool import find_pools, parse_pool
from tenmatsu.parse.libvirt_stats import for_each_device, for_each_vcpu, parse_domain_stats
from tenmatsu.parse.libvirt_uri import LibvirtUri, parse_libvirt_uri
from tenmatsu.parse.marked_sections import parse_sections

PARSERS: dict[str, Callable[[bytes], object]] = {
    "guest_group": parse_guest_group,
    "virsh_addresses": parse_addresses,
    "arp": parse_arp,
    "virsh_colon_lines": parse_colon_lines,
    "virsh_guest_names": parse_guest_names,
    "virsh_pools": parse_pools,
    "virsh_snapshots": parse_snapshots,
    "virsh_uuids": parse_uuids,
    "libvirt_domain": parse_domain,
    "libvirt_log": parse_libvirt_log,
    "libvirt_pool": parse_pool,
    "libvirt_stats": parse_domain_stats,
}
NAMES = sorted(path.name for path in CASES.iterdir() if path.name.partition("-")[0] in PARSERS)
UUID = b"7e57da7a-0000-4000-8000-000000000001"
HOSTILE = (
    b" ",
    b"  \t",
    b": ",
    b"a=",
    b"Domain: 'a'\n",
    b"Domain: '",
    b"block.0.name=\n",
    b"2026-11-25 17:01:59 +0000 ",
    b"2026-11-25 16:36:52.746+0000: starting up\n",
    b" a   yes   no   ",
    UUID,
    UUID + b" a\n",
    b"<domain>",
    b"<domain><uuid>" + UUID + b"</uuid>",
    b"nr_periods 1\n",
)


def with_times(value: object) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: with_times(inner) for key, inner in value.items()}
    return [with_times(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", NAMES)
def test_the_input_is_read_as_expected(name: str) -> None:
    expected = json.loads((CASES / name / "expected.json").read_text("utf-8"))
    parse = PARSERS[name.partition("-")[0]]
    assert expected["source"]
    if "error" in expected:
        with pytest.raises(ParseError) as caught:
            parse(read_input(name))
        assert str(caught.value) == expected["error"]
    else:
        assert with_times(as_json(parse(read_input(name)))) == expected["value"]


def test_each_parser_has_a_case() -> None:
    assert {name.partition("-")[0] for name in NAMES} == set(PARSERS)


def try_parse(name: str, data: bytes) -> None:
    with suppress(ParseError):
        PARSERS[name](data)


@pytest.mark.parametrize("name", sorted(PARSERS))
@quick
@given(data=st.binary(max_size=500))
def test_any_bytes_give_a_value_or_a_parse_error(name: str, data: bytes) -> None:
    try_parse(name, data)


@pytest.mark.parametrize("name", sorted(PARSERS))
@quick
@given(data=st.data())
def test_damaged_input_gives_a_value_or_a_parse_error(name: str, data: st.DataObject) -> None:
    originals = [read_input(case) for case in NAMES if case.partition("-")[0] == name]
    try_parse(name, data.draw(mutations(originals)))


@pytest.mark.parametrize("scrap", HOSTILE)
@pytest.mark.parametrize("name", sorted(PARSERS))
def test_two_megabytes_of_anything_are_read_soon(name: str, scrap: bytes) -> None:
    began = time.process_time()
    try_parse(name, scrap * (2_000_000 // len(scrap)))
    assert time.process_time() - began < SOON_SECONDS


def test_disks_interfaces_and_vcpus_are_found_by_name() -> None:
    stats = {
        "block.0.name": "vda",
        "block.1.name": "sda",
        "net.0.name": "tap",
        "vcpu.0.time": "1",
        "vcpu.0.wait": "1",
    }
    assert for_each_device(stats, "block") == [("block.0", "vda"), ("block.1", "sda")]
    assert for_each_device(stats, "net") == [("net.0", "tap")]
    assert for_each_vcpu(stats) == ["vcpu.0"]


def test_a_disk_is_in_the_pool_whose_folder_it_lies_in() -> None:
    pools = [("default", "/var/lib/libvirt/images"), ("fast", "/ssd/"), ("iscsi", ""), ("all", "/")]
    disks = ("/var/lib/libvirt/images/a.qcow2", "/ssd/b.raw", "pool/volume")
    assert find_pools(pools, disks) == ("default", "fast")


def test_sections_are_apart_and_nobody_forges_one() -> None:
    text = b"noise\nM names\na\nN names\nM x y\n\nM names\n"
    assert parse_sections(text, "M") == [("names", b"a\nN names\n"), ("x y", b"\n"), ("names", b"")]


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("qemu:///system", LibvirtUri(driver="qemu", there="qemu:///system")),
        ("lxc:///system", LibvirtUri(driver="lxc", there="lxc:///system")),
        (
            "qemu+unix:///system?socket=/tmp/a/libvirt-sock",
            LibvirtUri(driver="qemu", there="qemu+unix:///system?socket=/tmp/a/libvirt-sock"),
        ),
        ("qemu+ssh://root@vm1/system", LibvirtUri(driver="qemu", there="qemu:///system", host="root@vm1")),
        (
            "qemu+ssh://vm1:2222/system",
            LibvirtUri(driver="qemu", there="qemu:///system", host="vm1", port=2222),
        ),
        (
            "qemu+ssh://[fd00::2]/system?socket=/run/x&keyfile=/k",
            LibvirtUri(driver="qemu", there="qemu+unix:///system?socket=/run/x", host="[fd00::2]"),
        ),
        ("qemu+tls://vm1/system", LibvirtUri(driver="qemu", there="qemu+tls://vm1/system", distant=True)),
    ],
)
def test_a_uri_says_where_and_how(text: str, uri: LibvirtUri) -> None:
    assert parse_libvirt_uri(text) == uri


@pytest.mark.parametrize(
    "text",
    [
        "",
        "vm1",
        "esx://vm1/",
        "qemu:///system;reboot",
        "qemu:///system --x",
        "-c qemu:///",
        "qemu+ssh://a:b:c/s",
        "qemu:///s\n",
    ],
)
def test_what_is_no_uri_of_ours_is_refused(text: str) -> None:
    with pytest.raises(WrongUse):
        parse_libvirt_uri(text)
