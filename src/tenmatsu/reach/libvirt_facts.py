"""What libvirt's host answered, as hosts, guests and stores. Pure: the sections of a script in, facts out."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, timedelta

from tenmatsu.errors import ParseError
from tenmatsu.model.below import GuestFacts, Inventory, Lack, Power, Snapshot, Startup, StoreFacts
from tenmatsu.model.words import Words
from tenmatsu.parse.libvirt_domain import Domain, parse_domain
from tenmatsu.parse.libvirt_lists import (
    parse_addresses,
    parse_arp,
    parse_guest_names,
    parse_pools,
    parse_snapshots,
    parse_uuids,
)
from tenmatsu.parse.libvirt_pool import find_pools, parse_pool
from tenmatsu.parse.libvirt_stats import Stats, parse_domain_stats
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.reach.guest_processes import GuestProcess
from tenmatsu.reach.host_shell import Told
from tenmatsu.reach.libvirt_host import make_host
from tenmatsu.reach.libvirt_limits import describe_limit, find_limit
from tenmatsu.reach.libvirt_messages import find_said

# virDomainState and, for a paused one, virDomainPausedReason (libvirt-domain.h).
_STATES = {
    "1": Power.ON, "2": Power.ON, "3": Power.SUSPENDED, "4": Power.ON, "5": Power.OFF, "6": Power.OFF,
    "7": Power.SUSPENDED,
}  # fmt: skip
_RUNNING, _SHUT_OFF = "1", "5"
_PAUSED, _BY_IO_ERROR, _CRASHED = "3", "5", "6"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """What an inventory was made of that later questions need again: names and domains by UUID."""

    inventory: Inventory
    domains: Mapping[str, Domain]
    host: str


def make_ground(told: Told, processes: Mapping[str, GuestProcess], offset: timedelta) -> Ground:
    """Return the inventory. `offset`: how far the host's clock is ahead of ours."""
    host = make_host(told, offset)
    lacks: list[Lack] = []
    names = parse_guest_names(told.find("guests") or b"")
    domains = _read_domains(told, names, lacks)
    stats = find_stats(told, names, processes)
    autostarted = parse_uuids(told.find("list.autostart") or b"")
    addresses, pools = _find_addresses(told), _read_pools(told)
    guests = tuple(
        replace(
            make_guest(domain, stats.get(uuid, {}), processes.get(uuid), host.key),
            addresses=tuple(dict.fromkeys(a for mac in domain.macs for a in addresses.get(mac, ()))),
            startup=Startup() if uuid in autostarted else None,
            snapshots=_snapshots(told, uuid, offset),
            stores=tuple(dict.fromkeys((*domain.pools, *find_pools(pools, domain.disks)))),
        )
        for uuid, domain in domains.items()
    )
    host = replace(host, autostart=True if autostarted else _none_autostarted(told))
    stores = tuple(_make_stores(told, host.key))
    inventory = Inventory(hosts=(host,), guests=guests, stores=stores, lacks=tuple(lacks))
    return Ground(inventory=inventory, domains=domains, host=host.key)


def find_stats(
    told: Told, names: Mapping[str, str], processes: Mapping[str, GuestProcess]
) -> dict[str, Stats]:
    """Return the guests' figures by UUID; what it does not tell of containers, their control groups do."""
    if keeps_no_stats(told):
        active = parse_uuids(told.find("active") or b"")
        return {uuid: _stats_of(uuid in active, processes.get(uuid)) for uuid in names}
    by_name = parse_domain_stats(told.find("stats") or b"")
    return {uuid: by_name[name] for uuid, name in names.items() if name in by_name}


def keeps_no_stats(told: Told) -> bool:
    """Tell whether this driver has no figures at all: LXC's has none (virConnectGetAllDomainStats)."""
    said = (content for name, content in told.sections if name.startswith("stats.said"))
    return any(b"not supported by the connection driver" in content for content in said)


def _stats_of(active: bool, process: GuestProcess | None) -> Stats:
    stats = {"state.state": _RUNNING if active else _SHUT_OFF}
    if process and process.used_ns is not None:
        stats["cpu.time"] = str(process.used_ns)
    if process and process.memory_bytes is not None:
        stats["balloon.rss"] = str(process.memory_bytes // 1024)
    return stats


def make_guest(domain: Domain, stats: Stats, process: GuestProcess | None, host: str) -> GuestFacts:
    """Return one guest. Its limits are libvirt's, or the control groups' where those are narrower."""
    state = stats.get("state.state", "")
    limit = find_limit(domain, process)
    return GuestFacts(
        key=domain.uuid,
        name=make_plain(domain.name),
        host=host,
        power=_STATES.get(state, Power.UNKNOWN),
        container=domain.container,
        uuid=domain.uuid,
        macs=domain.macs,
        system=make_plain(domain.system),
        vcpus=domain.vcpus,
        cpu_limit_cores=limit,
        cpu_limit_text=describe_limit(domain, process),
        cpu_shares=domain.shares,
        memory_bytes=domain.memory_bytes,
        memory_limit_bytes=domain.memory_limit_bytes,
        balloon_target_bytes=domain.target_bytes,
        booted=process.started if process else None,
        tools=domain.agent if _STATES.get(state) is Power.ON else "",
        # QEMU under KVM tells a Linux guest its steal time unless that is switched off; emulation never does.
        steal_told={"kvm": True, "qemu": False}.get(domain.kind),
        note=_note(state, stats.get("state.reason", "")),
    )


def _note(state: str, reason: str) -> str:
    if state == _PAUSED and reason == _BY_IO_ERROR:
        return "paused: I/O error"
    return "crashed" if state == _CRASHED else ""


def _read_domains(told: Told, names: Mapping[str, str], lacks: list[Lack]) -> dict[str, Domain]:
    """Return the domains by UUID. Of one that is not told, `find_lacks` says why."""
    found: dict[str, Domain] = {}
    for name, content in told.sections:
        what, _, uuid = name.partition(" ")
        if what != "dumpxml" or not content.strip():
            continue
        try:
            domain = parse_domain(content)
            found[domain.uuid] = domain
        except ParseError as bad:
            lacks.append(
                Lack(what=GUEST.fill(name=names.get(uuid, uuid)), why=bad.words, close_by=READ, key=uuid)
            )
    return found


def was_removed(told: Told, uuid: str) -> bool:
    """Tell whether a guest was no more there when it was to be described: virsh knew nobody of that UUID.

    virsh says so too where it lost the connection; then that follows.
    """
    gone = rb"failed to get domain '%s'(?!\nerror: (?!failed to get domain|Domain not found))" % uuid.encode()
    return any(re.search(gone, complaint) for _, complaint in find_said(told, "xml"))


def _none_autostarted(told: Told) -> bool | None:
    """Return False where no guest is listed as started with the host, None where the list was not told."""
    said = list(find_said(told, "host"))
    told_all = bool(said) and all(code == 0 and b"Failed to list" not in words for code, words in said)
    return False if told_all else None


def _find_addresses(told: Told) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, content in told.sections:
        pairs = parse_addresses(content) if name.startswith("domifaddr") else []
        for mac, address in pairs + (parse_arp(content) if name == "arp" else []):
            found.setdefault(mac, []).append(address)
    return found


def _snapshots(told: Told, uuid: str, offset: timedelta) -> tuple[Snapshot, ...] | None:
    content = told.find(f"snapshot-list {uuid}")
    if content is None or b"Creation" not in content:
        return None
    return tuple(
        Snapshot(name=make_plain(name), taken=taken.astimezone(UTC) - offset)
        for name, taken in parse_snapshots(content)
    )


def _read_pools(told: Told) -> list[tuple[str, str]]:
    found = []
    for name, content in told.sections:
        with suppress(ParseError):
            found += [parse_pool(content)] if name.startswith("pool-dumpxml ") else []
    return found


def _make_stores(told: Told, host: str) -> list[StoreFacts]:
    return [
        StoreFacts(
            key=f"pool/{pool.name}",
            name=make_plain(pool.name),
            kind="pool",
            hosts=(host,),
            capacity_bytes=pool.capacity_bytes,
            free_bytes=pool.free_bytes,
            accessible=pool.running,
        )
        for pool in parse_pools(told.find("list.pools") or b"")
    ]


GUEST = Words("what guest {name} is", "ゲスト {name} の構成")
READ = Words("look at `virsh dumpxml` there", "そのホストで `virsh dumpxml` を確認してください")
