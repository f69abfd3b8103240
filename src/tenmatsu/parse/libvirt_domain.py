"""A domain's XML: what libvirt says that a guest is. Source: libvirt.org/formatdomain.html."""

import re
from dataclasses import dataclass
from uuid import UUID

from tenmatsu.errors import ParseError
from tenmatsu.parse.xml_tree import Node, parse_xml

_NUMBER = re.compile(r"\d{1,20}", re.ASCII)
_AGENT = "org.qemu.guest_agent.0"
# Without <period> the quota's is this long (formatdomain, CPU tuning).
_PERIOD_US = 100_000
_UNITS = {
    "b": 1, "bytes": 1, "KB": 10**3, "k": 2**10, "KiB": 2**10, "MB": 10**6, "M": 2**20, "MiB": 2**20,
    "GB": 10**9, "G": 2**30, "GiB": 2**30, "TB": 10**12, "T": 2**40, "TiB": 2**40,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Quota:
    """How long something may run within each period, in microseconds; one core is quota equal to period."""

    quota_us: int
    period_us: int

    @property
    def cores(self) -> float:
        """Return the limit in cores."""
        return self.quota_us / self.period_us


@dataclass(frozen=True, kw_only=True, slots=True)
class Domain:
    """A guest. `disks` are paths on the host, `pools` are named ones. Quotas None: no limit.

    `agent`: `running`, `stopped`, `absent`, empty for a container. `vcpu_quota` is of each vCPU,
    `global_quota` of the whole guest with its emulator.
    """

    name: str
    uuid: str
    kind: str
    vcpus: int
    memory_bytes: int
    target_bytes: int
    macs: tuple[str, ...]
    disks: tuple[str, ...]
    pools: tuple[str, ...]
    shares: int | None
    vcpu_quota: Quota | None
    global_quota: Quota | None
    emulator_quota: Quota | None
    iothread_quota: Quota | None
    memory_limit_bytes: int | None
    system: str
    agent: str

    @property
    def container(self) -> bool:
        """Tell whether it shares its host's kernel."""
        return self.kind == "lxc"


def parse_domain(text: bytes) -> Domain:
    """Return what the XML says. Raises `ParseError` for what is no domain."""
    root = parse_xml(text)
    try:
        uuid = str(UUID(root.said("uuid")))
        vcpus = root.child("vcpu")
        return _make(root, uuid, _number(vcpus.attributes.get("current", vcpus.text)) if vcpus else 1)
    except ValueError as bad:
        raise ParseError("domain XML", str(bad)[:100]) from None


def _make(root: Node, uuid: str, vcpus: int) -> Domain:
    devices, tune = root.child("devices") or Node(""), root.child("cputune") or Node("")
    memory, disks = _bytes(root.child("memory")) or 0, list(devices.all("disk"))
    sources = [source for disk in disks if (source := disk.child("source"))]
    hard_limit = _bytes((root.child("memtune") or Node("")).child("hard_limit"))
    return Domain(
        name=root.said("name"),
        uuid=uuid,
        kind=root.attributes.get("type", ""),
        vcpus=vcpus,
        memory_bytes=memory,
        target_bytes=_bytes(root.child("currentMemory")) or memory,
        macs=tuple(_attribute(card, "mac", "address").lower() for card in devices.all("interface")),
        disks=tuple(path for source in sources if (path := _path(source))),
        pools=tuple(dict.fromkeys(s.attributes["pool"] for s in sources if "pool" in s.attributes)),
        shares=_number(tune.said("shares")) if tune.said("shares") else None,
        vcpu_quota=_quota(tune, ""),
        global_quota=_quota(tune, "global_"),
        emulator_quota=_quota(tune, "emulator_"),
        iothread_quota=_quota(tune, "iothread_"),
        memory_limit_bytes=hard_limit,
        system=_find_system(root),
        agent="" if root.attributes.get("type") == "lxc" else _find_agent(devices),
    )


def _quota(tune: Node, prefix: str) -> Quota | None:
    quota, period = tune.said(f"{prefix}quota"), tune.said(f"{prefix}period")
    if not quota or quota.startswith("-"):
        return None
    return Quota(quota_us=_number(quota), period_us=max(_number(period or str(_PERIOD_US)), 1))


def _number(text: str) -> int:
    """Return a number as libvirt writes one. Raises ValueError for what is none, or beyond 64 bits."""
    if not _NUMBER.fullmatch(text.strip()):
        raise ValueError(text[:40])
    return int(text)


def _bytes(node: Node | None) -> int | None:
    if node is None:
        return None
    return _number(node.text) * _UNITS.get(node.attributes.get("unit", "KiB"), 1024)


def _attribute(node: Node, child: str, name: str) -> str:
    found = node.child(child)
    return found.attributes.get(name, "") if found else ""


def _path(source: Node) -> str:
    return source.attributes.get("file", "") or source.attributes.get("dev", "")


def _find_agent(devices: Node) -> str:
    for channel in devices.all("channel"):
        if _attribute(channel, "target", "name") == _AGENT:
            return "running" if _attribute(channel, "target", "state") == "connected" else "stopped"
    return "absent"


def _find_system(root: Node) -> str:
    """Return the system's name as virt-install writes it: the end of libosinfo's address, `debian/12`."""
    metadata = root.child("metadata") or Node("")
    for osinfo in metadata.all("libosinfo"):
        _, _, name = _attribute(osinfo, "os", "id").partition("://")
        return " ".join(name.split("/")[1:])
    return ""
