"""The inventory of a Proxmox VE cluster: four questions for all, one a node, and one to three a guest."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tenmatsu.errors import NoConnection
from tenmatsu.model.below import GuestFacts, HostFacts, Inventory, Lack, Power, Snapshot
from tenmatsu.model.words import Words, plain
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.parse.proxmox_config import GuestConfig, read_guest_config
from tenmatsu.parse.proxmox_facts import (
    make_guest,
    make_host,
    make_stores,
    read_guest_addresses,
    read_snapshots,
)
from tenmatsu.parse.proxmox_resources import GuestRow, NodeRow, Resources, read_resources
from tenmatsu.parse.proxmox_rights import SEE_GUESTS, SEE_STORES, find_reach
from tenmatsu.parse.proxmox_tasks import find_in_maintenance
from tenmatsu.reach.proxmox_questions import AUDITOR, Answer, Line, Question, Trouble, tell_lack

RESOURCES = Question(path="/cluster/resources")
PERMISSIONS = Question(path="/access/permissions")
CLUSTER = Question(path="/cluster/status")
HA = Question(path="/cluster/ha/status/current")
# In a larger cluster nobody is asked for addresses, and only those for snapshots whose configuration has one:
# the join needs neither, and each costs a question to the guest's node.
MOST_IN_FULL = 250


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """An inventory, and what later questions need of it."""

    inventory: Inventory
    resources: Resources
    configs: Mapping[str, GuestConfig]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Details:
    """What was told of one guest. `gone`: it was deleted, or moved away, between two questions."""

    config: GuestConfig | None = None
    snapshots: tuple[Snapshot, ...] | None = None
    addresses: tuple[str, ...] = ()
    tools: str = ""
    gone: bool = False


def ask_resources(line: Line) -> Resources:
    """Return what there is. Raises NoConnection where even that is not told: there is always a node."""
    return _need(line.ask([RESOURCES])[0])


def _need(answer: Answer) -> Resources:
    if answer.trouble is not None:
        words = NO_LIST.fill(said=plain(make_plain(answer.said, 200)))
        raise NoConnection("/cluster/resources", words, permanent=answer.trouble is Trouble.DENIED)
    resources = read_resources(answer.value)
    # The nodes are listed whatever rights one has (PVE/API2/Cluster.pm).
    if not any(node.name for node in resources.nodes):
        raise NoConnection("/cluster/resources", NO_LIST.fill(said=NO_NODE), permanent=False)
    return resources


def take_inventory(line: Line, ahead_seconds: float) -> Taken:
    """Return all nodes, guests and storages. `ahead_seconds`: how far its clock is ahead of ours."""
    listed, permissions, cluster, ha = line.ask([RESOURCES, PERMISSIONS, CLUSTER, HA])
    resources, now, lacks = _need(listed), datetime.now(UTC), _find_hidden(permissions)
    if cluster.trouble is not None:
        lacks.append(tell_lack(WHAT_CLUSTER, cluster))
    statuses, node_lacks = _ask_nodes(line, resources.nodes)
    details, guest_lacks = _ask_guests(line, resources, ahead_seconds)
    told = {lack.key for lack in node_lacks}
    hosts = [_make_host(node, statuses, cluster, ha, now) for node in resources.nodes]
    guests = [_make_guest(row, details[row.key], resources, now) for row in resources.guests]
    inventory = Inventory(
        hosts=tuple(hosts),
        guests=tuple(guest for guest in guests if guest is not None),
        stores=make_stores(resources.stores),
        lacks=(*lacks, *node_lacks, *(lack for lack in guest_lacks if lack.key not in told)),
    )
    configs = {key: one.config for key, one in details.items() if one.config is not None}
    return Taken(inventory=inventory, resources=resources, configs=configs)


def _find_hidden(permissions: Answer) -> list[Lack]:
    """Tell what is left out of the list without a word where the right to see it is missing."""
    if permissions.trouble is not None:
        return [tell_lack(WHAT_HIDDEN, permissions)]
    found = []
    for privilege, what in ((SEE_GUESTS, WHAT_GUESTS), (SEE_STORES, WHAT_STORES)):
        reach = find_reach(permissions.value, privilege)
        if not reach.everywhere:
            only = plain(", ".join(make_plain(one, 40) for one in reach.only[:20]) or "-")
            why = ONLY_SOME.fill(privilege=plain(privilege), only=only)
            hides = privilege == SEE_GUESTS
            found.append(Lack(what=what, why=why, close_by=AUDITOR, hides_guests=hides))
    return found


def _ask_nodes(line: Line, nodes: Sequence[NodeRow]) -> tuple[dict[str, object], list[Lack]]:
    online = [node for node in nodes if node.online]
    answers = line.ask([Question(path=f"/nodes/{one.name}/status", node=one.name) for one in online])
    lacks = [
        Lack(what=WHAT_NODE.fill(node=plain(one.name)), why=OFFLINE, close_by=TURN_ON, key=one.key)
        for one in nodes
        if not one.online
    ]
    lacks += [
        tell_lack(WHAT_NODE.fill(node=plain(node.name)), answer, node.key)
        for node, answer in zip(online, answers, strict=True)
        if answer.trouble is not None
    ]
    return {
        node.key: answer.value for node, answer in zip(online, answers, strict=True) if not answer.trouble
    }, lacks


def _make_host(
    node: NodeRow, statuses: Mapping[str, object], cluster: Answer, ha: Answer, now: datetime
) -> HostFacts:
    maintenance = None if ha.trouble is not None else node.name in find_in_maintenance(ha.value)
    return make_host(node, statuses.get(node.key), cluster.value, now, maintenance=maintenance)


def _make_guest(row: GuestRow, details: _Details, resources: Resources, now: datetime) -> GuestFacts | None:
    if details.gone:
        return None
    return make_guest(
        row,
        details.config,
        resources.stores,
        now,
        snapshots=details.snapshots,
        addresses=details.addresses,
        tools=details.tools,
    )


def ask_configs(line: Line, guests: Sequence[GuestRow]) -> dict[str, Answer]:
    """Return the answer with each guest's configuration."""
    questions = [Question(path=f"{guest.path}/config", node=guest.node) for guest in guests]
    return {guest.key: one for guest, one in zip(guests, line.ask(questions), strict=True)}


def _ask_guests(
    line: Line, resources: Resources, ahead_seconds: float
) -> tuple[dict[str, _Details], list[Lack]]:
    online = {node.name for node in resources.nodes if node.online}
    there = [guest for guest in resources.guests if guest.node in online]
    answers = ask_configs(line, there)
    lacks = tell_missing(WHAT_CONFIG, [(guest, answers[guest.key]) for guest in there])
    configs = {
        guest.key: read_guest_config(answers[guest.key].value, container=guest.container)
        for guest in there
        if answers[guest.key].trouble is None
    }
    known = [guest for guest in there if guest.key in configs]
    snapshots = _ask_snapshots(line, known, configs, ahead_seconds)
    addresses, tools, more = _ask_addresses(line, known, configs)
    details = {
        guest.key: _Details(
            config=configs.get(guest.key),
            snapshots=snapshots.get(guest.key),
            addresses=addresses.get(guest.key, ()),
            tools=tools.get(guest.key, ""),
            gone=guest.key in answers and answers[guest.key].trouble is Trouble.GONE,
        )
        for guest in resources.guests
    }
    return details, lacks + more


def tell_missing(what: Words, answered: Iterable[tuple[GuestRow | NodeRow, Answer]]) -> list[Lack]:
    """Tell what was not told of each, once of a node that is silent; who is gone is no lack."""
    told: dict[str, Lack] = {}
    for one, answer in answered:
        if answer.trouble in {None, Trouble.GONE}:
            continue
        node = one.name if isinstance(one, NodeRow) else one.node
        silent = answer.trouble in {Trouble.SLOW, Trouble.AWAY}
        key, name = (f"node/{node}", node) if silent else (one.key, one.name)
        told.setdefault(key, tell_lack(what.fill(name=plain(make_plain(name, 60))), answer, key))
    return list(told.values())


def _ask_snapshots(
    line: Line, guests: Sequence[GuestRow], configs: Mapping[str, GuestConfig], ahead_seconds: float
) -> dict[str, tuple[Snapshot, ...]]:
    """Return the snapshots of the guests that were asked.

    A running state that descends from none is no proof that there is none (one may have gone back behind it),
    so that all are asked where that is affordable.
    """
    few = len(guests) <= MOST_IN_FULL
    asked = [guest for guest in guests if few or configs[guest.key].has_snapshots]
    answers = line.ask([Question(path=f"{guest.path}/snapshot", node=guest.node) for guest in asked])
    return {
        guest.key: read_snapshots(answer.value, ahead_seconds=ahead_seconds)
        for guest, answer in zip(asked, answers, strict=True)
        if answer.trouble is None
    }


def _ask_addresses(
    line: Line, guests: Sequence[GuestRow], configs: Mapping[str, GuestConfig]
) -> tuple[dict[str, tuple[str, ...]], dict[str, str], list[Lack]]:
    """Return the addresses by guest, how each guest agent is, and what was not told."""
    tools = {guest.key: "absent" for guest in guests if not guest.container and not configs[guest.key].agent}
    if len(guests) > MOST_IN_FULL:
        why = TOO_MANY.fill(guests=len(guests), most=MOST_IN_FULL)
        return {}, tools, [Lack(what=WHAT_ADDRESSES, why=why, close_by=WRITE_THEM, hides_guests=False)]
    asked = [guest for guest in guests if guest.power is Power.ON and guest.key not in tools]
    answers = line.ask([_ask_interfaces(guest) for guest in asked])
    found = {}
    for guest, answer in zip(asked, answers, strict=True):
        if answer.trouble is None:
            found[guest.key] = read_guest_addresses(answer.value)
        if not guest.container and answer.trouble in {None, Trouble.FAILED}:
            tools[guest.key] = "running" if answer.trouble is None else "stopped"
    denied = [
        (guest, one) for guest, one in zip(asked, answers, strict=True) if one.trouble is Trouble.DENIED
    ]
    return found, tools, tell_missing(WHAT_AGENT, denied)


def _ask_interfaces(guest: GuestRow) -> Question:
    ending = "interfaces" if guest.container else "agent/network-get-interfaces"
    return Question(path=f"{guest.path}/{ending}", node=guest.node)


WHAT_CLUSTER = Words("addresses of the nodes", "ノードのアドレス")
WHAT_HIDDEN = Words("whether some guests are hidden from this user", "このユーザーに見えないゲストの有無")
WHAT_GUESTS = Words("guests that this user may not see", "このユーザーには見えないゲスト")
WHAT_STORES = Words("storages that this user may not see", "このユーザーには見えないストレージ")
ONLY_SOME = Words("{privilege} is granted only for: {only}", "{privilege} の付与は {only} のみ")
WHAT_NODE = Words(
    "state of node {node}; where it does not answer, its guests' too",
    "ノード {node} の状態 (応答がない場合はそのゲストも)",
)
OFFLINE = Words("the cluster has no sign of life of it", "クラスターから見て応答がありません")
TURN_ON = Words(
    "look whether it is switched on and its network works", "電源とネットワークを確認してください"
)
WHAT_CONFIG = Words("configuration of {name}: limits and marks", "{name} の設定 (上限と識別情報)")
WHAT_AGENT = Words("addresses of {name} by its guest agent", "ゲストエージェントによる {name} のアドレス")
WHAT_ADDRESSES = Words("addresses of the guests", "ゲストのアドレス")
TOO_MANY = Words(
    "{guests} guests, more than {most}, would each have to be asked",
    "ゲストが {guests} 台 ({most} 台超) あり、1 台ずつの問い合わせが必要なため",
)
WRITE_THEM = Words("UUIDs and network cards serve to join them", "UUID と MAC で対応付けられます")
NO_NODE = Words("not a single node is in its answer", "応答にノードが 1 台もありません")
NO_LIST = Words(
    "Proxmox VE does not list its nodes and guests: {said}",
    "Proxmox VE からノードとゲストの一覧を得られません: {said}",
)
