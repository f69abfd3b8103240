"""What a guest sees of the outside, by made files; and the known figures that mislead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pytest
from tests.sight.made_reach import MadeReach, answer, look_at

from tenmatsu.errors import NotThere, ParseError
from tenmatsu.model.misleading import MISLEADING
from tenmatsu.parse.balloon import parse_hv_balloon, parse_vmmemctl
from tenmatsu.parse.vmware_toolbox import parse_toolbox_stat
from tenmatsu.reach import Output
from tenmatsu.reach.local import LocalReach
from tenmatsu.sight import outside
from tenmatsu.sight.misleading import Vantage, find_misleading, find_vantage
from tenmatsu.sight.scene import Page

OUTSIDE = {"/proc/self/ns/pid": "pid:[4026531836]", "/proc/self/ns/cgroup": "cgroup:[4026531835]"}
INSIDE = {"/proc/self/ns/pid": "pid:[4026532200]", "/proc/self/ns/cgroup": "cgroup:[4026532199]"}
GUEST = {
    "/proc/cpuinfo": b"vendor_id\t: GenuineIntel\nmodel name\t: X\nflags\t\t: fpu constant_tsc hypervisor\n",
    "/sys/class/dmi/id/sys_vendor": b"QEMU\n",
    "/sys/devices/system/clocksource/clocksource0/available_clocksource": b"kvm-clock tsc acpi_pm\n",
    "/proc/meminfo": b"MemTotal:  1000000 kB\nMemFree: 1 kB\n",
    "/sys/devices/system/memory/block_size_bytes": b"8000000\n",
    **{f"/sys/devices/system/memory/memory{number}/online": b"1\n" for number in range(8)},
}
VIRTIO = {"/sys/bus/virtio/drivers/virtio_balloon/virtio4": b""}
INFLATED = {"/proc/vmstat": b"balloon_inflate 150000\nballoon_deflate 50000\nballoon_migrate 0\n"}


@dataclass(kw_only=True)
class ToolsReach(MadeReach):
    """A machine with VMware's tools, which say something else for each word."""

    said: dict[str, str]

    def run(self, argv: Sequence[str], *, limit_seconds: float = 10.0, limit_bytes: int = 16 << 20) -> Output:
        if argv[0] != "vmware-toolbox-cmd":
            raise NotThere(argv[0])
        return answer(self.said[argv[2]])


def see(*files: dict[str, bytes], links: dict[str, str] = OUTSIDE) -> Page:
    known = {path: text for some in files for path, text in some.items()}
    return look_at(outside.SIGHT, MadeReach(files=known, links=links))


def taken(page: Page) -> list[float]:
    return [value for one in page.series if one.name == "linux.balloon.taken" for _, value in one.points]


def misleading(page: Page) -> set[str]:
    return {one.text("reason") for one in page.events if one.name == "machine.misleading"}


def test_a_virtio_balloon_holds_what_went_in_and_did_not_come_out() -> None:
    page = see(GUEST, VIRTIO, INFLATED)
    assert taken(page) == [100_000 * 4096]
    large = {"/proc/self/smaps": b"00-01 r-xp 0 0 0 /bin/x\nSize: 64 kB\nKernelPageSize:       64 kB\n"}
    assert taken(see(GUEST, VIRTIO, INFLATED, large)) == [100_000 * 65536]


def test_a_kernel_that_does_not_count_is_a_gap_not_an_empty_balloon() -> None:
    page = see(GUEST, VIRTIO, {"/proc/vmstat": b"nr_free_pages 1\n"})
    assert taken(page) == []
    assert [gap.what for gap in page.gaps] == [outside.WHAT_BALLOON]


def test_without_a_driver_there_is_nothing_and_no_gap() -> None:
    page = see(GUEST, INFLATED)
    (event,) = [one for one in page.events if one.name == "machine.outside"]
    assert (event.text("balloon_driver"), page.gaps, taken(page)) == ("", (), [])


def test_vmwares_balloon_by_debugfs_and_a_gap_without_it() -> None:
    module = {"/sys/module/vmw_balloon/refcnt": b"0\n"}
    file = {"/sys/kernel/debug/vmmemctl": b"target:  2048 pages\ncurrent:  1024 pages\nrateAlloc: 1\n"}
    assert taken(see(GUEST, module, file)) == [1024 * 4096]
    silent = {"/proc/vmstat": b"balloon_inflate 0\nballoon_deflate 0\n"}
    page = see(GUEST, module, silent)
    assert (taken(page), len(page.gaps)) == ([], 1)
    assert taken(see(GUEST, module, INFLATED)) == [100_000 * 4096]


def test_vmwares_tools_tell_the_balloon_and_the_limits_without_root() -> None:
    files = GUEST | {
        "/sys/class/dmi/id/sys_vendor": b"VMware, Inc.\n",
        "/sys/module/vmw_balloon/refcnt": b"0\n",
    }
    said = {"balloon": "512 MB\n", "memlimit": "4294967295 MB\n", "cpulimit": "2000 MHz\n", "swap": "3 MB\n"}
    page = look_at(outside.SIGHT, ToolsReach(files=files, links=OUTSIDE, said=said))
    assert taken(page) == [512 << 20]
    (event,) = [one for one in page.events if one.name == "machine.outside"]
    assert event.attributes["granted_limit_hertz"] == 2_000_000_000
    assert event.attributes["swapped_by_host_bytes"] == 3 << 20
    assert "granted_limit_bytes" not in event.attributes


def test_hyper_vs_balloon_by_debugfs_and_a_gap_before_that_was_there() -> None:
    device = {"/sys/bus/vmbus/drivers/hv_balloon/1eccfd72-4b41-45ef-b73a-4a6e44c12924": b""}
    file = {"/sys/kernel/debug/hv-balloon": b"host_version : 2.0\npage_size : 4096\npages_ballooned : 512\n"}
    assert taken(see(GUEST, device, file)) == [512 * 4096]
    assert len(see(GUEST, device).gaps) == 1


def test_xen_does_not_tell_what_it_took() -> None:
    page = see(GUEST, {"/sys/devices/system/xen_memory/xen_memory0": b""})
    assert (taken(page), len(page.gaps)) == ([], 1)


def test_a_container_does_not_see_the_balloon_of_its_machine() -> None:
    page = see(GUEST, VIRTIO, INFLATED, links=INSIDE)
    assert taken(page) == []
    assert [gap.why for gap in page.gaps] == [outside.IN_CONTAINER]


def test_memory_that_vanished_is_told_by_the_blocks_that_hold_it() -> None:
    assert "memory-after-balloon" not in misleading(see(GUEST, VIRTIO, INFLATED))
    shrunk = {"/proc/meminfo": b"MemTotal:  700000 kB\n"}
    assert "memory-after-balloon" in misleading(see(GUEST, VIRTIO, INFLATED, shrunk))


@pytest.mark.parametrize(
    ("offered", "demoted"), [(b"kvm-clock tsc\n", False), (b"kvm-clock acpi_pm\n", True)]
)
def test_a_processors_clock_that_the_kernel_threw_out(offered: bytes, *, demoted: bool) -> None:
    path = "/sys/devices/system/clocksource/clocksource0/available_clocksource"
    (event,) = [one for one in see(GUEST, {path: offered}).events if one.name == "machine.outside"]
    assert event.attributes["tsc_demoted"] is demoted


@pytest.mark.parametrize(
    ("vantage", "reasons"),
    [
        (Vantage(virtualisation="none", container="none"), set()),
        (Vantage(virtualisation="kvm", container="none"), set()),
        (Vantage(virtualisation="vmware", container="none"), {"steal-of-vmware"}),
        (Vantage(virtualisation="vmware", container="none", steal_counted=True), set()),
        (Vantage(virtualisation="microsoft", container="none"), {"steal-of-hyperv"}),
        (Vantage(virtualisation="qemu", container="none"), {"steal-of-emulation"}),
        (Vantage(virtualisation="kvm", container="none", steal_switched_off=True), {"steal-switched-off"}),
        (Vantage(virtualisation="kvm", container="none", idle_driver="haltpoll"), {"idle-polls"}),
        (
            Vantage(virtualisation="none", container="docker", limited=True),
            {"load-of-host", "memory-of-host", "processors-of-host", "idle-under-limit"},
        ),
        (
            Vantage(virtualisation="none", container="lxc", own=frozenset({"meminfo", "stat", "cpuinfo"})),
            {"load-of-host"},
        ),
    ],
)
def test_what_misleads_where(vantage: Vantage, reasons: set[str]) -> None:
    found = find_misleading(vantage)
    assert {reason for _, reason in found} == reasons
    assert reasons <= set(MISLEADING)


def test_lxcfs_and_a_limit_are_seen_by_the_files() -> None:
    files = {
        "/proc/self/mounts": b"lxcfs /proc/meminfo fuse.lxcfs rw 0 0\nlxcfs /proc/stat fuse.lxcfs rw 0 0\n",
        "/sys/fs/cgroup/cpu.max": b"50000 100000\n",
        "/proc/1/environ": b"container=lxc\0",
    }
    vantage = find_vantage(MadeReach(files=files, links=INSIDE))
    assert (vantage.container, vantage.own, vantage.limited) == ("lxc", frozenset({"meminfo", "stat"}), True)
    assert not find_vantage(MadeReach(files={"/sys/fs/cgroup/cpu.max": b"max 100000\n"})).limited


def test_this_machine_is_seen_without_an_error() -> None:
    vantage = find_vantage(LocalReach())
    assert vantage.virtualisation
    assert {reason for _, reason in find_misleading(vantage)} <= set(MISLEADING)


@pytest.mark.parametrize(
    "parse", [parse_vmmemctl, parse_hv_balloon, partial(parse_toolbox_stat, what="balloon")]
)
@pytest.mark.parametrize("text", [b"", b"\xff\0", b"current: many\n", b"page_size : 4096\n"])
def test_other_text_is_a_parse_error(parse: object, text: bytes) -> None:
    assert callable(parse)
    with pytest.raises(ParseError):
        parse(text)


def test_older_tools_write_megahertz_behind_memory() -> None:
    assert parse_toolbox_stat(b"7 MHz\n", what="balloon") == 7 << 20
    assert parse_toolbox_stat(b"7 MHz\n", what="cpulimit") == 7_000_000


def test_older_drivers_of_vmware_write_without_a_colon() -> None:
    assert parse_vmmemctl(b"target             10 pages\ncurrent             7 pages\n") == 7 * 4096
