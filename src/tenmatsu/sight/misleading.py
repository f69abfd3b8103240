"""From where a machine sees itself, and which of its figures mislead there."""

from dataclasses import dataclass

from tenmatsu.errors import ParseError, ReachError
from tenmatsu.parse.cpuinfo import parse_cpuinfo
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.parse.proc_stat import parse_proc_stat
from tenmatsu.reach import Reach
from tenmatsu.sight.machine_kind import find_container, find_kind, read_text

_CPUINFO_BYTES = 16 << 10
# What a container shows in place of the host's own files (lxcfs(8)).
_SHOWN = ("meminfo", "stat", "cpuinfo")


@dataclass(frozen=True, kw_only=True, slots=True)
class Vantage:
    """On what a machine runs, and what of its own files is rewritten for it.

    `own` are the files of /proc that lxcfs keeps for the container; `limited`: its own group may not use all
    processors all the time; `steal_counted`: steal was above zero at some time since its start.
    """

    virtualisation: str
    container: str
    own: frozenset[str] = frozenset()
    limited: bool = False
    steal_counted: bool = False
    steal_switched_off: bool = False
    idle_driver: str = ""


def find_vantage(reach: Reach) -> Vantage:
    """Return from where this machine sees itself."""
    kind = find_kind(reach, hypervisor_bit=_has_hypervisor_bit(reach))
    mounts = read_text(reach, "/proc/self/mounts", 1 << 20)
    return Vantage(
        virtualisation=make_plain(kind.virtualisation),
        container=make_plain(find_container(reach)),
        own=frozenset(name for name in _SHOWN if f" /proc/{name} fuse.lxcfs" in mounts),
        limited=_is_limited(reach),
        steal_counted=_counts_steal(reach),
        steal_switched_off="no-steal-acc" in read_text(reach, "/proc/cmdline").split(),
        idle_driver=make_plain(read_text(reach, "/sys/devices/system/cpu/cpuidle/current_driver", 64)),
    )


def _has_hypervisor_bit(reach: Reach) -> bool:
    try:
        return parse_cpuinfo(reach.read("/proc/cpuinfo", limit_bytes=_CPUINFO_BYTES)).hypervisor
    except (ReachError, ParseError):
        return False


def _counts_steal(reach: Reach) -> bool:
    try:
        return parse_proc_stat(reach.read("/proc/stat")).ticks.get("steal", 0) > 0
    except (ReachError, ParseError):
        return False


def _is_limited(reach: Reach) -> bool:
    """Tell whether the group at the top of what is seen here has a CPU limit: only a container's can."""
    limit = read_text(reach, "/sys/fs/cgroup/cpu.max", 64).split()
    quota = read_text(reach, "/sys/fs/cgroup/cpu/cpu.cfs_quota_us", 64)
    return (bool(limit) and limit[0].isdecimal()) or quota.isdecimal()


def find_misleading(vantage: Vantage) -> list[tuple[str, str]]:
    """Return the figures that mislead and why: the names of `model/misleading.py`."""
    found = [("steal", reason) for reason in _find_steal(vantage)]
    if vantage.container != "none":
        found.append(("load average", "load-of-host"))
        if "meminfo" not in vantage.own:
            found.append(("memory", "memory-of-host"))
        if not {"stat", "cpuinfo"} <= vantage.own:
            found.append(("processors", "processors-of-host"))
        if vantage.limited:
            found.append(("idle time", "idle-under-limit"))
    if vantage.idle_driver == "haltpoll":
        found.append(("cpu usage from below", "idle-polls"))
    return found


def _find_steal(vantage: Vantage) -> list[str]:
    if vantage.steal_counted:
        return []
    if vantage.steal_switched_off:
        return ["steal-switched-off"]
    told = {"vmware": "steal-of-vmware", "microsoft": "steal-of-hyperv", "qemu": "steal-of-emulation"}
    return [told[vantage.virtualisation]] if vantage.virtualisation in told else []
