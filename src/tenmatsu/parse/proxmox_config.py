"""A guest's configuration as Proxmox VE's API gives it: `/nodes/NODE/qemu/VMID/config`, and `lxc` likewise.

Source: qm.conf(5) and pct.conf(5). Values are numbers or text, as the file had them; many are lists of
`key=value` in one line.
"""

import re
from dataclasses import dataclass
from ipaddress import ip_interface
from uuid import UUID

from tenmatsu.model.below import Startup
from tenmatsu.parse.json_answer import flag_at, number_at, text_at, whole_at

_MEBIBYTE = 1 << 20
# What qm.conf(5) and pct.conf(5) give a guest whose file says nothing.
_DEFAULT_MEMORY = 512
_MAC = re.compile(r"(?<![0-9A-Fa-f:])[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}(?![0-9A-Fa-f:])")
_DISK = re.compile(r"(?:scsi|virtio|ide|sata|efidisk|tpmstate|mp)\d+|rootfs")
_NETWORK = re.compile(r"(?:net|ipconfig)\d+")


@dataclass(frozen=True, kw_only=True, slots=True)
class GuestConfig:
    """What a guest was given. `storages` are the ids of the storages that hold its disks.

    `cpu_limit_cores` None: there is no limit. `memory_floor_bytes` is what the balloon leaves at least; 0
    where there is no balloon. `agent`: the guest agent is switched on here, whether it runs or not.
    `emulated`: without KVM. `has_snapshots`: that the running state descends from a snapshot.
    """

    uuid: str = ""
    macs: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    system: str = ""
    vcpus: int | None = None
    cpu_limit_cores: float | None = None
    cpu_shares: int | None = None
    memory_bytes: int
    memory_floor_bytes: int | None = None
    startup: Startup | None
    autostart: bool
    agent: bool = False
    emulated: bool = False
    has_snapshots: bool = False
    storages: tuple[str, ...] = ()


def read_guest_config(config: object, *, container: bool) -> GuestConfig:
    """Return what stands in a configuration; what is missing has Proxmox VE's own default."""
    options = _read_options(text_at(config, "startup"))
    limit = number_at(config, "cpulimit") or None
    balloon = None if container else whole_at(config, "balloon")
    return GuestConfig(
        uuid=_read_uuid(text_at(config, "smbios1")),
        macs=_find_macs(config),
        addresses=_find_addresses(config),
        system=text_at(config, "ostype"),
        vcpus=whole_at(config, "cores") if container else _count_vcpus(config),
        cpu_limit_cores=limit if limit and limit > 0 else None,
        cpu_shares=whole_at(config, "cpuunits"),
        memory_bytes=_read_memory(config) * _MEBIBYTE,
        memory_floor_bytes=None if balloon is None else balloon * _MEBIBYTE,
        startup=Startup(
            order=whole_at(options, "order"),
            start_delay_seconds=number_at(options, "up"),
            stop_delay_seconds=number_at(options, "down"),
            waits_for_heartbeat=False,
        ),
        autostart=bool(flag_at(config, "onboot")),
        agent=_is_on(text_at(config, "agent"), "enabled"),
        emulated=not container and flag_at(config, "kvm") is False,
        has_snapshots=bool(text_at(config, "parent")),
        storages=_find_storages(config),
    )


def _read_options(text: str) -> dict[str, object]:
    """Return `key=value,key=value`; a first part without a key stands under the empty one."""
    parts = (part.strip().partition("=") for part in text.split(","))
    return {(key if equals else ""): (value if equals else key) for key, equals, value in parts}


def _is_on(text: str, key: str) -> bool:
    options = _read_options(text)
    return text_at(options, key) == "1" or text_at(options, "") == "1"


def _read_uuid(smbios: str) -> str:
    try:
        return str(UUID(text_at(_read_options(smbios), "uuid")))
    except ValueError:
        return ""


def _count_vcpus(config: object) -> int:
    """Return the vCPUs that are plugged in: `vcpus`, or all of them."""
    return whole_at(config, "vcpus") or (whole_at(config, "sockets") or 1) * (whole_at(config, "cores") or 1)


def _read_memory(config: object) -> int:
    """Return the memory in MiB: a number, or `current=NUMBER` since Proxmox VE 8.1."""
    text = text_at(config, "memory")
    options = _read_options(text)
    return (
        whole_at(options, "current") or whole_at(options, "") or whole_at(config, "memory") or _DEFAULT_MEMORY
    )


def _values(config: object, pattern: re.Pattern[str]) -> list[str]:
    if not isinstance(config, dict):
        return []
    return [str(config[key]) for key in sorted(config, key=str) if pattern.fullmatch(str(key))]


def _find_macs(config: object) -> tuple[str, ...]:
    found = (_MAC.search(value) for value in _values(config, _NETWORK))
    return tuple(dict.fromkeys(one[0].lower() for one in found if one))


def _find_addresses(config: object) -> tuple[str, ...]:
    """Return the addresses that were set by hand; `dhcp`, `auto` and `manual` are none."""
    found = []
    for value in _values(config, _NETWORK):
        options = _read_options(value)
        for key in ("ip", "ip6"):
            try:
                found.append(str(ip_interface(text_at(options, key)).ip))
            except ValueError:
                continue
    return tuple(dict.fromkeys(found))


def _find_storages(config: object) -> tuple[str, ...]:
    """Return the storages of its disks; CD-ROMs and folders of the host that are mounted are none."""
    found = []
    for value in _values(config, _DISK):
        storage, colon, _ = value.partition(",")[0].partition(":")
        if colon and "media=cdrom" not in value and "/" not in storage:
            found.append(storage)
    return tuple(dict.fromkeys(found))
