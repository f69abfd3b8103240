"""Each look at the machine, at recorded machines: the series and events that it brings."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from tests.sight.folder_reach import START, FolderReach
from tests.sight.looking import RECORDED, find_series, look_at, look_at_recorded, values

from tenmatsu.errors import NotPermitted, NotThere
from tenmatsu.model.evidence import Kind
from tenmatsu.sight import cpu, disks, interfaces, memory, pressure, sockets

TICKS = os.sysconf("SC_CLK_TCK")


def test_cpu_of_a_guest() -> None:
    page = look_at_recorded(cpu.SIGHT, "machine-guest", pulse="/proc/stat")
    busy = find_series(page, "system.cpu.time", cpu__mode="user")
    assert (busy.kind, busy.unit, busy.sight) == (Kind.COUNTER, "s", "cpu")
    assert busy.points == ((START, 514759 / TICKS), (START + timedelta(seconds=1), 515237 / TICKS))
    assert {one.attributes["cpu.mode"] for one in page.series if one.name == "system.cpu.time"} == set(
        "user nice system idle iowait interrupt softirq steal".split()
    )
    assert find_series(page, "system.process.created").increase == 206
    assert values(page)[("linux.tasks.runnable",)] == [5, 6]
    assert values(page)[("linux.tasks.blocked",)] == [0, 0]
    assert values(page)[("system.cpu.logical.count",)] == [2, 2]
    assert values(page)[("system.cpu.load_average.1m",)] == [4.96, 4.96]


def test_cpu_of_an_old_kernel_has_no_steal_and_time_that_goes_back_is_no_reset() -> None:
    page = look_at_recorded(cpu.SIGHT, "machine-centos-5", pulse="/proc/stat")
    modes = {one.attributes["cpu.mode"] for one in page.series if one.name == "system.cpu.time"}
    assert "steal" not in modes
    assert find_series(page, "system.cpu.time", cpu__mode="user").increase == pytest.approx(100 / TICKS)
    assert find_series(page, "system.cpu.time", cpu__mode="iowait").increase == 0  # 6290, then 6288
    assert values(page)[("linux.tasks.blocked",)] == [0, 2]


def test_memory_of_a_guest() -> None:
    page = look_at_recorded(memory.SIGHT, "machine-guest", pulse="/proc/meminfo")
    assert values(page) == {
        ("system.memory.limit",): [24684092 * 1024] * 2,
        ("system.linux.memory.available",): [24030400 * 1024, 24041548 * 1024],
        ("system.paging.usage", "used"): [0, 0],
        ("system.paging.limit",): [0, 0],
        ("system.paging.operations", "in"): [0, 0],
        ("system.paging.operations", "out"): [0, 0],
        ("linux.memory.oom_kill",): [154, 154],
    }
    assert find_series(page, "linux.memory.oom_kill").kind is Kind.COUNTER


def test_memory_of_an_old_kernel_is_estimated_and_its_kills_are_not_counted() -> None:
    page = look_at_recorded(memory.SIGHT, "machine-centos-5", pulse="/proc/meminfo")
    assert values(page) == {
        ("system.memory.limit",): [515588 * 1024] * 2,
        ("system.linux.memory.available",): [(9436 + 31020 + 301664) * 1024, (8436 + 31020 + 301664) * 1024],
        ("system.paging.usage", "used"): [(1048568 - 1020100) * 1024] * 2,
        ("system.paging.limit",): [1048568 * 1024] * 2,
        ("system.paging.operations", "in"): [1153, 1453],
        ("system.paging.operations", "out"): [2210, 2710],
    }


def test_pressure_of_a_guest() -> None:
    page = look_at_recorded(pressure.SIGHT, "machine-guest", pulse="/proc/pressure/cpu")
    assert values(page)[("linux.pressure.stalled_time", "io", "some")] == [46.784807, 46.948894]
    assert {one.attributes["resource"] for one in page.series} == {"cpu", "memory", "io"}
    assert {one.kind for one in page.series} == {Kind.COUNTER}


def test_pressure_that_the_kernel_does_not_tell_is_not_there_and_forbidden_is_forbidden() -> None:
    with pytest.raises(NotThere):
        look_at_recorded(pressure.SIGHT, "machine-centos-5", pulse="/proc/pressure/cpu")
    switched_off = FolderReach(RECORDED / "machine-guest", late=["/proc/pressure/io"])
    with pytest.raises(NotThere, match="/proc/pressure is not there"):
        look_at(pressure.SIGHT, switched_off)
    with pytest.raises(NotPermitted):
        look_at(pressure.SIGHT, FolderReach(RECORDED / "machine-guest", forbidden=["/proc/pressure/io"]))


def test_disks_of_a_guest() -> None:
    page = look_at_recorded(disks.SIGHT, "machine-guest", pulse="/proc/diskstats")
    assert values(page) == {
        ("system.disk.operations", "vda", "read"): [471171, 471436],
        ("system.disk.operations", "vda", "write"): [361930, 363034],
        ("system.disk.operation_time", "vda", "read"): [417.578, 417.698],
        ("system.disk.operation_time", "vda", "write"): [123.808, 123.978],
        ("system.disk.io_time", "vda"): [101.736, 101.844],
        ("linux.disk.in_flight", "vda"): [0, 0],
    }


def test_disks_with_a_slash_in_their_name_are_whole_devices_and_partitions_are_not() -> None:
    page = look_at_recorded(disks.SIGHT, "machine-centos-5", pulse="/proc/diskstats")
    assert {one.attributes["system.device"] for one in page.series} == {"cciss/c0d0", "dm-0"}
    name = {"system__device": "cciss/c0d0", "disk__io__direction": "write"}
    assert find_series(page, "system.disk.operations", **name).increase == 60
    assert find_series(page, "system.disk.operation_time", **name).increase == pytest.approx(3.0)
    assert values(page)[("linux.disk.in_flight", "cciss/c0d0")] == [1, 2]


def test_disks_without_sys_are_told_by_their_names() -> None:
    page = look_at(disks.SIGHT, FolderReach(RECORDED / "machine-guest", forbidden=["/sys/block"]))
    assert {one.attributes["system.device"] for one in page.series} == {"vda"}


def test_sockets_of_a_guest() -> None:
    page = look_at_recorded(sockets.SIGHT, "machine-guest", pulse="/proc/net/netstat")
    assert values(page)[("linux.tcp.waiting", "0.0.0.0", 80)] == [0, 0]
    assert values(page)[("linux.tcp.waiting", "127.0.0.1", 0x8E4B)] == [0]  # began in between
    assert {one.attributes["counter"] for one in page.series if one.name == "linux.tcp.listen"} == {
        "ListenOverflows",
        "ListenDrops",
        "TCPReqQFullDrop",
        "TCPReqQFullDoCookies",
    }
    assert page.look.read.en == "3 listening sockets"


def test_sockets_without_ipv6_and_with_overflows() -> None:
    page = look_at_recorded(sockets.SIGHT, "machine-centos-5", pulse="/proc/net/netstat")
    assert find_series(page, "linux.tcp.listen", counter="ListenOverflows").increase == 7
    assert find_series(page, "linux.tcp.listen", counter="TCPReqQFullDrop").increase == 0
    assert values(page)[("linux.tcp.waiting", "0.0.0.0", 80)] == [3, 128]


def test_a_long_table_of_sockets_is_read_seldom(tmp_path: Path) -> None:
    folder = tmp_path / "0" / "proc" / "net"
    folder.mkdir(parents=True)
    (folder / "netstat").write_text("TcpExt: ListenOverflows\nTcpExt: 0\n")
    listening = "0: 00000000:0050 0:0 0A 0:00000001 0:0 0 0 0 1 1\n"
    (folder / "tcp").write_text("head\n" + listening + ("1: 00000000:0050 0:0 01 0:0 0:0 0 0 0 2 1\n" * 9000))
    page = look_at(sockets.SIGHT, FolderReach(tmp_path, pulse="/proc/net/netstat"), rounds=12)
    assert len(find_series(page, "linux.tcp.waiting").points) == 2
    assert len(find_series(page, "linux.tcp.listen", counter="ListenOverflows").points) == 12


def test_interfaces_of_a_guest() -> None:
    page = look_at_recorded(interfaces.SIGHT, "machine-guest", pulse="/proc/net/dev")
    assert values(page)[("system.network.packet.count", "eth0", "receive")] == [113885, 113885]
    assert values(page)[("system.network.packet.count", "eth0", "transmit")] == [63813, 63813]
    assert {one.attributes["network.interface.name"] for one in page.series} == {"eth0"}
    routes, route = page.events
    assert (routes.name, dict(routes.attributes)) == ("network.routes", {"default_routes": 1})
    assert dict(route.attributes) == {
        "network.interface.name": "eth0",
        "gateway": "192.0.2.1",
        "carrier": "up",
    }


def test_interfaces_that_lose_packets_and_a_way_out_that_is_down() -> None:
    page = look_at_recorded(interfaces.SIGHT, "machine-centos-5", pulse="/proc/net/dev")
    where = {"network__interface__name": "eth0", "network__io__direction": "receive"}
    assert find_series(page, "system.network.errors", **where).increase == 30
    assert find_series(page, "system.network.packet.dropped", **where).increase == 5
    assert page.events[1].text("carrier") == "down"


def test_an_interface_whose_state_cannot_be_read_is_unknown() -> None:
    hidden = FolderReach(RECORDED / "machine-guest", forbidden=["/sys/class/net/eth0/operstate"])
    assert look_at(interfaces.SIGHT, hidden).events[1].text("carrier") == "unknown"
