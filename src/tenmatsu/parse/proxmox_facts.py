"""What Proxmox VE tells of nodes, guests and storages, put together as the values of `model/below.py`."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from tenmatsu.model.below import GuestFacts, HostFacts, Power, Snapshot, StoreFacts
from tenmatsu.parse.json_answer import number_at, objects_in, text_at, whole_at
from tenmatsu.parse.proxmox_config import GuestConfig
from tenmatsu.parse.proxmox_resources import GuestRow, NodeRow, StoreRow


def make_host(
    node: NodeRow, status: object, cluster: object, now: datetime, *, maintenance: bool | None
) -> HostFacts:
    """Return a node. `status` is its own answer or None, `cluster` that of `/cluster/status`."""
    mine = [row for row in objects_in(cluster) if text_at(row, "name") == node.name]
    address = text_at(mine[0], "ip") if mine else ""
    return HostFacts(
        key=node.key,
        name=node.name,
        addresses=_only_addresses([address]),
        model=text_at(status, "cpuinfo", "model"),
        version=text_at(status, "pveversion"),
        cores=whole_at(status, "cpuinfo", "cores"),
        threads=whole_at(status, "cpuinfo", "cpus") or node.threads,
        memory_bytes=whole_at(status, "memory", "total") or node.memory_bytes,
        booted=go_back(now, node.uptime_seconds),
        connected=node.online,
        maintenance=maintenance,
        clustered=_is_clustered(cluster),
        licence=text_at(mine[0], "level") if mine else "",
    )


def _is_clustered(cluster: object) -> bool | None:
    rows = objects_in(cluster)
    return any(text_at(row, "type") == "cluster" for row in rows) if rows else None


def go_back(now: datetime, seconds: float | None) -> datetime | None:
    """Return when that was; None where it was not told, or before all calendars."""
    try:
        return now - timedelta(seconds=seconds) if seconds else None
    except OverflowError:
        return None


def make_guest(
    row: GuestRow,
    config: GuestConfig | None,
    stores: Sequence[StoreRow],
    now: datetime,
    *,
    snapshots: tuple[Snapshot, ...] | None = None,
    addresses: tuple[str, ...] = (),
    tools: str = "",
) -> GuestFacts:
    """Return a guest; without its configuration only what the list of all guests has."""
    told = GuestConfig(memory_bytes=0, startup=None, autostart=False) if config is None else config
    limit = told.cpu_limit_cores
    return GuestFacts(
        key=row.key,
        name=row.name,
        host=f"node/{row.node}",
        power=row.power,
        container=row.container,
        uuid=told.uuid,
        macs=told.macs,
        addresses=tuple(dict.fromkeys((*addresses, *told.addresses))),
        system=told.system,
        vcpus=told.vcpus or (int(row.cores) if row.cores else None),
        cpu_limit_cores=limit,
        cpu_limit_text="" if limit is None else f"cpulimit {limit:g}",
        cpu_limit_told=config is not None,
        cpu_shares=told.cpu_shares,
        memory_bytes=told.memory_bytes or row.memory_bytes,
        memory_reserved_bytes=told.memory_floor_bytes or None,
        booted=go_back(now, row.uptime_seconds) if row.power is Power.ON else None,
        tools=tools,
        steal_told=None if config is None or row.container else not told.emulated,
        stores=tuple(name_store(storage, row.node, stores) for storage in told.storages),
        snapshots=snapshots,
        startup=told.startup,
        autostart=None if config is None else told.autostart,
        highly_available=row.highly_available,
        note="" if row.power is not Power.SUSPENDED else f"status {row.status}",
    )


def name_store(storage: str, node: str, stores: Iterable[StoreRow]) -> str:
    """Return a storage's name: with the node before it where each node has one of its own under that name."""
    shared = any(row.shared for row in stores if row.storage == storage)
    return storage if shared else f"{node}/{storage}"


def make_stores(rows: Sequence[StoreRow]) -> tuple[StoreFacts, ...]:
    """Return the storages; a shared one once, whichever nodes see it."""
    by_name: dict[str, list[StoreRow]] = {}
    for row in rows:
        by_name.setdefault(name_store(row.storage, row.node, rows), []).append(row)
    return tuple(_make_store(name, mine) for name, mine in by_name.items())


def _make_store(name: str, rows: Sequence[StoreRow]) -> StoreFacts:
    seen = next((row for row in rows if row.available and row.capacity_bytes), rows[0])
    full, used = seen.capacity_bytes, seen.used_bytes
    return StoreFacts(
        key=f"storage/{name}",
        name=name,
        kind=seen.kind,
        hosts=tuple(f"node/{row.node}" for row in rows),
        capacity_bytes=full,
        free_bytes=None if full is None or used is None else max(0, full - used),
        accessible=all(row.available for row in rows),
    )


def read_snapshots(answer: object, *, ahead_seconds: float = 0.0) -> tuple[Snapshot, ...]:
    """Return a guest's snapshots; the entry `current` is the running state, which is none."""
    found = []
    for row in objects_in(answer):
        seconds = number_at(row, "snaptime")
        if seconds is None or text_at(row, "name") == "current":
            continue
        try:
            taken = datetime.fromtimestamp(seconds - ahead_seconds, UTC)
        except (ValueError, OverflowError, OSError):
            continue
        found.append(Snapshot(name=text_at(row, "name"), taken=taken))
    return tuple(found)


def read_guest_addresses(answer: object) -> tuple[str, ...]:
    """Return the addresses that the guest agent or a container's interfaces have, loopbacks left out.

    The agent's answer has them under `result` (QEMU guest agent, guest-network-get-interfaces); a container's
    has `inet` and `inet6` (PVE/LXC.pm, `get_interfaces`).
    """
    rows = objects_in(answer["result"] if isinstance(answer, Mapping) and "result" in answer else answer)
    found: list[str] = []
    for row in rows:
        found += [text_at(one, "ip-address") for one in objects_in(row.get("ip-addresses"))]
        found += [text_at(row, key).partition("/")[0] for key in ("inet", "inet6")]
    return _only_addresses(found)


def _only_addresses(texts: Iterable[str]) -> tuple[str, ...]:
    """Return those that are addresses, and that another machine could have reached."""
    found = []
    for text in texts:
        try:
            address = ip_address(text.partition("%")[0])
        except ValueError:
            continue
        if not address.is_loopback and not address.is_link_local:
            found.append(str(address))
    return tuple(dict.fromkeys(found))
