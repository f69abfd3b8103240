"""Which hypervisor or container runtime a machine's own signs point to. Reads them, decides nothing else."""

import re
from dataclasses import dataclass

from tenmatsu.errors import ReachError
from tenmatsu.model.site import Component
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.reach import Reach

# What firmware calls its maker. As in systemd's src/basic/virt.c, dmi_vendor_table.
_FIRMWARE = (
    (re.compile(r"VMware|VMW\b"), "vmware"),
    (re.compile(r"KVM|KubeVirt|OpenStack|oVirt|RHEV"), "kvm"),
    (re.compile(r"innotek|VirtualBox"), "virtualbox"),
    (re.compile(r"\bXen\b|HVM domU"), "xen"),
    (re.compile(r"Parallels"), "parallels"),
    (re.compile(r"BHYVE", re.IGNORECASE), "bhyve"),
    (re.compile(r"Hyper-V|Microsoft Corporation.*Virtual Machine"), "microsoft"),
    (re.compile(r"FIRECK|Firecracker"), "firecracker"),
    (re.compile(r"Apple Virtualization"), "apple"),
    (re.compile(r"Amazon EC2|Google Compute Engine|Alibaba Cloud|DigitalOcean|Hetzner vServer"), "kvm"),
    (re.compile(r"QEMU|Bochs|Standard PC|BOCHS"), "qemu"),
)
# Clouds that rent out whole machines under the same name: only with the processor's bit as well.
_ALSO_METAL = re.compile(r"Amazon EC2|Alibaba Cloud|Google")
_CLOCKS = (("kvm-clock", "kvm"), ("xen", "xen"), ("hyperv", "microsoft"))
_DMI = ("sys_vendor", "product_name", "board_vendor", "bios_vendor")
_OEM = slice(10, 16)  # of the header that begins every ACPI table
# The first namespaces have fixed numbers (Linux include/linux/proc_ns.h, since 3.8): who is in them is in
# no container, whatever files an image brought along.
_FIRST_PIDS, _FIRST_CGROUPS = "pid:[4026531836]", "cgroup:[4026531835]"
_RUNTIMES = (
    ("docker", "docker"),
    ("kubepods", "kubernetes"),
    ("libpod", "podman"),
    ("containerd", "containerd"),
    ("lxc", "lxc"),
    ("machine.slice", "systemd-nspawn"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class MachineKind:
    """What a machine is. `by` says which sign it was told by, `firmware` what its makers call it."""

    virtualisation: str
    by: str
    firmware: str


def read_text(reach: Reach, path: str, limit_bytes: int = 4096) -> str:
    """Return a small file's text on one line, empty where it cannot be read."""
    try:
        text = reach.read(path, limit_bytes=limit_bytes)
    except ReachError:
        return ""
    return text.replace(b"\0", b"\n").decode("utf-8", "replace").strip()


def find_component(reach: Reach, name: str) -> Component:
    """Return a machine: its id is the machine id with the boot id, which tells two boots apart.

    `name` is how it is called; its id, too, where it has none. Never raises.
    """
    paths = ("/etc/machine-id", "/var/lib/dbus/machine-id")
    machine = next(filter(None, (make_plain(read_text(reach, path, 64)) for path in paths)), name)
    boot = make_plain(read_text(reach, "/proc/sys/kernel/random/boot_id", 64))
    return Component(id=f"{machine}/{boot}", name=name, kind="host")


def find_kind(reach: Reach, *, hypervisor_bit: bool) -> MachineKind:
    """Return what the machine runs on; `none` is bare metal, `unknown` some hypervisor."""
    firmware = " ".join(filter(None, (read_text(reach, f"/sys/class/dmi/id/{name}") for name in _DMI)))
    named, by = _find_named(reach, firmware, hypervisor_bit=hypervisor_bit)
    if named in {"", "qemu"}:
        # QEMU calls itself the same with KVM and without: the clock that only KVM gives tells
        clock = _find_by_clock(reach)
        named, by = (clock, "available_clocksource") if clock else (named, by)
    if not named and hypervisor_bit:
        named, by = _ask_systemd(reach) or "unknown", "the hypervisor bit of CPUID"
    return MachineKind(virtualisation=named or "none", by=by, firmware=firmware)


def _find_named(reach: Reach, firmware: str, *, hypervisor_bit: bool) -> tuple[str, str]:
    if read_text(reach, "/sys/hypervisor/type") == "xen":
        # the first domain drives the hardware itself
        first = "control_d" in read_text(reach, "/proc/xen/capabilities")
        return ("none" if first else "xen"), "/sys/hypervisor/type"
    if "microsoft" in read_text(reach, "/proc/sys/kernel/osrelease").lower():
        return "microsoft", "the kernel's name (WSL)"
    for pattern, name in _FIRMWARE:
        if pattern.search(firmware) and (hypervisor_bit or not _ALSO_METAL.search(firmware)):
            return name, "/sys/class/dmi/id"
    if "FIRECK" in _read_acpi_maker(reach):
        return "firecracker", "/sys/firmware/acpi/tables"
    tree = read_text(reach, "/proc/device-tree/hypervisor/compatible")
    if tree:
        return ("xen" if "xen" in tree else "kvm"), "/proc/device-tree/hypervisor"
    return "", "no sign of a hypervisor"


def _read_acpi_maker(reach: Reach) -> str:
    """Return who made the ACPI tables; only root may read them."""
    try:
        header = reach.read("/sys/firmware/acpi/tables/FACP", limit_bytes=36)
    except ReachError:
        return ""
    return header[_OEM].decode("ascii", "replace")


def _find_by_clock(reach: Reach) -> str:
    path = "/sys/devices/system/clocksource/clocksource0/available_clocksource"
    available = read_text(reach, path)
    return next((name for clock, name in _CLOCKS if clock in available), "")


def _ask_systemd(reach: Reach) -> str:
    """Return what systemd-detect-virt says, empty where it is not there or knows no better."""
    try:
        answer = reach.run(("systemd-detect-virt", "--vm"), limit_seconds=2.0)
    except ReachError:
        return ""
    said = answer.out.decode("ascii", "replace").strip()
    return "" if said in {"none", "vm-other"} else said


def find_container(reach: Reach) -> str:
    """Return the runtime of the container that we are in, `none` outside of one."""
    if _is_outside(reach):
        return "none"
    told = read_text(reach, "/run/systemd/container")
    if told:
        return told
    for line in read_text(reach, "/proc/1/environ", 65536).split("\n"):
        if line.startswith("container=") and line != "container=":
            return line.partition("=")[2]
    for path, name in (("/run/.containerenv", "podman"), ("/.dockerenv", "docker")):
        try:
            reach.stat(path)
        except ReachError:
            continue
        return name
    groups = read_text(reach, "/proc/1/cgroup")
    return next((name for mark, name in _RUNTIMES if mark in groups), _guess(reach))


def _is_outside(reach: Reach) -> bool:
    try:
        return (
            reach.link("/proc/self/ns/pid") == _FIRST_PIDS
            and reach.link("/proc/self/ns/cgroup") == _FIRST_CGROUPS
        )
    except ReachError:
        return False  # a kernel before 3.8, or 4.6 for control groups: the other signs decide


def _guess(reach: Reach) -> str:
    """Return `unknown` where process numbers are a container's own, else `none`."""
    try:
        return "none" if reach.link("/proc/self/ns/pid") == _FIRST_PIDS else "unknown"
    except ReachError:
        return "none"
