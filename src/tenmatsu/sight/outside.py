"""What a guest can see of the outside: what a balloon took, a clock that was demoted, what misleads here."""

from collections.abc import Callable
from typing import Any, NamedTuple

from tenmatsu.errors import ParseError, ReachError
from tenmatsu.model.misleading import MISLEADING
from tenmatsu.model.words import Words
from tenmatsu.parse.balloon import parse_hv_balloon, parse_vmmemctl
from tenmatsu.parse.key_values import parse_key_values
from tenmatsu.parse.vmware_toolbox import parse_toolbox_stat
from tenmatsu.reach import Reach
from tenmatsu.sight.machine_kind import read_text
from tenmatsu.sight.misleading import Vantage, find_misleading, find_vantage
from tenmatsu.sight.scene import Notebook, Scene, Sight

_EVERY_SECONDS = 5.0
_MEMORY = "/sys/devices/system/memory"
_CLOCKS = "/sys/devices/system/clocksource/clocksource0"
_CPUINFO_BYTES = 16 << 10
# Where a driver shows that it holds a device. Xen's takes part in every guest's memory.
_DRIVERS = (
    ("virtio", "/sys/bus/virtio/drivers/virtio_balloon/virtio*"),
    ("hyperv", "/sys/bus/vmbus/drivers/hv_balloon/*-*"),
    ("vmware", "/sys/module/vmw_balloon/refcnt"),
    ("vmware", "/sys/kernel/debug/vmmemctl"),
    ("xen", "/sys/devices/system/xen_memory/xen_memory0"),
)
# What VMware's tools tell without root; in bytes and hertz.
_TOOLBOX = {
    "granted_limit_bytes": "memlimit",
    "granted_limit_hertz": "cpulimit",
    "swapped_by_host_bytes": "swap",
}
# More is missing than a kernel keeps for itself (its image, its page tables, room for a crash kernel).
_MISSING_SHARE = 0.10


class _Taken(NamedTuple):
    """How much the balloon holds, and what says so."""

    size_bytes: float
    by: str


def look(scene: Scene, notebook: Notebook) -> None:
    """Write down what can be seen of the outside, and sample the balloon over the window."""
    vantage = find_vantage(scene.reach)
    driver = "" if vantage.container != "none" else _find_driver(scene.reach)
    known = {**_find_memory(scene.reach), **_find_clock(scene.reach)}
    if vantage.virtualisation == "vmware":
        known |= _ask_vmware(scene.reach)
    notebook.event(
        "machine.outside",
        scene.reach.now(),
        virtualisation=vantage.virtualisation,
        container=vantage.container,
        balloon_driver=driver,
        idle_driver=vantage.idle_driver,
        **known,
    )
    notebook.read = Words(
        f"balloon {driver or 'none'}, idle driver {vantage.idle_driver or '?'}",
        f"バルーン {driver or 'なし'}、アイドルドライバー {vantage.idle_driver or '?'}",
    )
    _write_misleading(scene, notebook, vantage, known)
    if vantage.container != "none" and vantage.virtualisation != "none":
        notebook.gap(WHAT_BALLOON, IN_CONTAINER, LOOK_OUTSIDE)
    elif driver:
        _sample_balloon(scene, notebook, driver)


def _find_driver(reach: Reach) -> str:
    return next((name for name, pattern in _DRIVERS if reach.glob(pattern)), "")


def _find_memory(reach: Reach) -> dict[str, Any]:
    """Return what the kernel may use, and what stands in its slots: memory blocks that are there."""
    known: dict[str, Any] = {}
    try:
        known["memory_total_bytes"] = parse_key_values(reach.read("/proc/meminfo"))["MemTotal"]
        block = int(read_text(reach, f"{_MEMORY}/block_size_bytes", 64), 16)
        blocks = [one for one in reach.names(_MEMORY) if one.removeprefix("memory").isdecimal()]
        known["memory_installed_bytes"] = block * len(blocks)
    except (ReachError, ParseError, KeyError, ValueError):
        pass  # a kernel without memory hotplug has no blocks to count; what is known is said
    return known


def _find_clock(reach: Reach) -> dict[str, Any]:
    """Return whether the kernel threw the processor's own clock out: it counts evenly, and is not offered."""
    try:
        flags = reach.read("/proc/cpuinfo", limit_bytes=_CPUINFO_BYTES)
        offered = reach.read(f"{_CLOCKS}/available_clocksource").split()
    except ReachError:
        return {}
    return {"tsc_demoted": b" constant_tsc" in flags and b"tsc" not in offered}


def _ask_vmware(reach: Reach) -> dict[str, int]:
    """Return the limits that the tools are told, where there are any, and what the host swapped out."""
    told = {name: _ask_toolbox(reach, what) for name, what in _TOOLBOX.items()}
    return {name: value for name, value in told.items() if value is not None}


def _ask_toolbox(reach: Reach, what: str) -> int | None:
    """Return a figure; None where there are no tools, or nothing to tell."""
    try:
        answer = reach.run(("vmware-toolbox-cmd", "stat", what), limit_seconds=2.0)
        return parse_toolbox_stat(answer.out, what=what)
    except (ReachError, ParseError):
        return None


def _write_misleading(scene: Scene, notebook: Notebook, vantage: Vantage, known: dict[str, Any]) -> None:
    found = find_misleading(vantage)
    total, installed = known.get("memory_total_bytes"), known.get("memory_installed_bytes")
    if vantage.virtualisation != "none" and installed and total < installed * (1 - _MISSING_SHARE):
        found.append(("memory total", "memory-after-balloon"))
    for figure, reason in found:
        notebook.event(
            "machine.misleading", scene.reach.now(), MISLEADING[reason].en, figure=figure, reason=reason
        )


def _sample_balloon(scene: Scene, notebook: Notebook, driver: str) -> None:
    for now in scene.ticks(_EVERY_SECONDS):
        taken = _READERS[driver](scene.reach)
        if taken is None:
            notebook.gap(WHAT_BALLOON, NOT_TOLD.fill(driver=driver), BY_ROOT)
            return
        notebook.sample(now, "linux.balloon.taken", taken.size_bytes, "By", driver=driver, by=taken.by)


def _read_virtio(reach: Reach) -> _Taken | None:
    """Return what went into the balloon and did not come out (Linux since 3.18, mm/balloon_compaction.c)."""
    counts = parse_key_values(reach.read("/proc/vmstat"))
    if "balloon_inflate" not in counts:
        return None
    pages = counts["balloon_inflate"] - counts.get("balloon_deflate", 0)
    return _Taken(max(0, pages) * _find_page_bytes(reach), "/proc/vmstat")


def _find_page_bytes(reach: Reach) -> int:
    """Return the kernel's page size: by its own word, as 64 KiB are met on ARM and Power."""
    try:
        return parse_key_values(reach.read("/proc/self/smaps", limit_bytes=2048))["KernelPageSize"]
    except (ReachError, ParseError, KeyError):
        return 4096


def _read_vmware(reach: Reach) -> _Taken | None:
    """Return what debugfs tells, or the tools; without both the counters, which only newer drivers keep."""
    try:
        return _Taken(parse_vmmemctl(reach.read("/sys/kernel/debug/vmmemctl")), "vmmemctl")
    except (ReachError, ParseError):
        told = _ask_toolbox(reach, "balloon")
    if told is not None:
        return _Taken(told, "vmware-toolbox-cmd")
    counted = _read_virtio(reach)
    return counted if counted is not None and counted.size_bytes else None


def _read_hyperv(reach: Reach) -> _Taken | None:
    try:
        return _Taken(parse_hv_balloon(reach.read("/sys/kernel/debug/hv-balloon")), "hv-balloon")
    except (ReachError, ParseError):
        return None


def _read_xen(_: Reach) -> _Taken | None:
    """Return nothing: a Xen guest is told what it is to keep, not what it once had."""
    return None


_READERS: dict[str, Callable[[Reach], _Taken | None]] = {
    "virtio": _read_virtio,
    "vmware": _read_vmware,
    "hyperv": _read_hyperv,
    "xen": _read_xen,
}

WHAT_BALLOON = Words("memory that a balloon took out of this machine", "バルーンに取られたメモリー")
IN_CONTAINER = Words(
    "a container does not see the balloon of the machine that it runs on",
    "コンテナーからは、土台の機械のバルーンが見えません",
)
LOOK_OUTSIDE = Words("investigate the machine that it runs on", "土台の機械を調べてください")
NOT_TOLD = Words(
    "the {driver} balloon is there, and does not say how much it holds",
    "{driver} のバルーンがありますが、量を取得できません",
)
BY_ROOT = Words(
    "run it as root, with debugfs mounted; under VMware install open-vm-tools; "
    "or ask the hypervisor (site file)",
    "root で、debugfs をマウントして実行 (VMware では open-vm-tools でも可)。"
    "または (サイトファイルで) ハイパーバイザーに問い合わせ",
)

SIGHT = Sight(
    name="outside",
    title=Words("what can be seen of the outside", "ゲスト内から見える外側"),
    look=look,
    watches=True,
)
