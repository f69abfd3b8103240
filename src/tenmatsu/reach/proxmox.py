"""Proxmox VE, asked over its HTTPS API or by `pvesh` over SSH. What that costs: docs/hypervisors.md."""

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from urllib.parse import SplitResult, urlsplit

from tenmatsu.errors import NoConnection, WrongUse
from tenmatsu.model.below import Change, Happening, Identity, Inventory, Lack, Measured, Product
from tenmatsu.model.site_map import Api
from tenmatsu.model.words import Words, plain
from tenmatsu.parse.json_answer import text_at
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.parse.proxmox_facts import go_back
from tenmatsu.parse.proxmox_resources import NodeRow, Resources
from tenmatsu.parse.proxmox_rights import ACT, SEE_NODES, find_reach
from tenmatsu.parse.proxmox_tasks import read_ha_state, read_tasks, sort_newest
from tenmatsu.reach.hypervisor import Hypervisor
from tenmatsu.reach.pinned_http import Trust
from tenmatsu.reach.proxmox_https import PORT, HttpsLine
from tenmatsu.reach.proxmox_inventory import HA, PERMISSIONS, ask_resources, take_inventory
from tenmatsu.reach.proxmox_measuring import Measuring
from tenmatsu.reach.proxmox_pvesh import PveshLine
from tenmatsu.reach.proxmox_questions import AUDITOR, Answer, Line, Question, tell_lack
from tenmatsu.reach.proxmox_sign_in import Ticket, Token
from tenmatsu.reach.ssh import SshOptions, check_host

_VERSION = Question(path="/version")
# pvestatd renews the figures of all guests about that often (PVE/Service/pvestatd.pm, `$updatetime`).
_INTERVAL_SECONDS = 10.0


class Proxmox:
    """A connection to a node, which speaks for its cluster."""

    def __init__(self, line: Line, name: str) -> None:
        self.name = name
        self.interval_seconds = _INTERVAL_SECONDS
        self._line = line
        self._measuring = Measuring()
        self._resources: Resources | None = None

    def identify(self) -> Identity:
        """Return which version answers, and by its own list of rights whether we could act."""
        version, permissions = self._line.ask([_VERSION, PERMISSIONS])
        if version.trouble is not None:
            raise NoConnection(self.name, NOT_PROXMOX.fill(said=_quote(version.said)), permanent=False)
        may_act, why = _judge_rights(permissions)
        offset = self._line.clock.offset if self._line.clock else None
        return Identity(
            product=Product.PROXMOX,
            name=self.name,
            version=text_at(version.value, "version"),
            api=text_at(version.value, "release"),
            may_act=may_act,
            may_act_why=why,
            clock_offset_seconds=offset[0] if offset else None,
            clock_uncertainty_seconds=offset[1] if offset else None,
        )

    def take_inventory(self) -> Inventory:
        """Return all nodes, guests and storages as they are now."""
        taken = take_inventory(self._line, self._ahead_seconds)
        self._resources = taken.resources
        self._measuring.configs.update(taken.configs)
        return taken.inventory

    def measure(self, keys: Collection[str] | None, since: datetime | None) -> Measured:
        """Return what was measured of these after `since`: see `Hypervisor`."""
        return self._measuring.measure(self._line, keys, since, self._ahead_seconds)

    def recall(self, since: datetime, *, most: int = 2000) -> tuple[Sequence[Happening], Sequence[Lack]]:
        """Return the tasks of all nodes, what HA cannot keep up, nodes' starts, and limits seen to change."""
        resources = ask_resources(self._line)
        ahead, now, find_key = (
            self._ahead_seconds,
            datetime.now(UTC),
            _make_finder(resources, self._resources),
        )
        nodes = [node for node in resources.nodes if node.online]
        permissions, ha, *tasks = self._line.ask(
            [PERMISSIONS, HA, *(_ask_tasks(node, since, ahead, most) for node in nodes)]
        )
        lacks = [
            NO_RECORD,
            *_find_unseen(permissions),
            *([] if ha.trouble is None else [tell_lack(WHAT_HA, ha)]),
        ]
        found = [*self._measuring.changes, *_find_starts(nodes, now)]
        found += read_ha_state(ha.value, now, find_key, ahead_seconds=ahead)
        for node, answer in zip(nodes, tasks, strict=True):
            found += read_tasks(answer.value, node.name, find_key, ahead_seconds=ahead)
            if answer.trouble is not None:
                lacks.append(tell_lack(WHAT_TASKS.fill(node=plain(node.name)), answer, node.key))
        recent = [one for one in found if one.time >= since or (one.ended is not None and one.ended >= since)]
        return sort_newest(recent, most), lacks

    @property
    def _ahead_seconds(self) -> float:
        """Return how far its clock is ahead; 0 where that is within what it is known to."""
        ahead, uncertain = self._line.clock.offset if self._line.clock else (0.0, 0.0)
        return ahead if abs(ahead) > uncertain else 0.0

    def close(self) -> None:
        """End the session. Never raises."""
        self._line.close()


def _quote(said: str) -> Words:
    return plain(make_plain(said, 200) or "?")


def _judge_rights(permissions: Answer) -> tuple[bool | None, Words]:
    if permissions.trouble is not None:
        return None, NO_RIGHTS.fill(said=_quote(permissions.said))
    reach = find_reach(permissions.value, ACT)
    if reach.everywhere:
        return True, MAY_ACT
    if reach:
        return True, MAY_ACT_ON.fill(only=plain(", ".join(make_plain(one, 40) for one in reach.only[:20])))
    return False, MAY_NOT_ACT


def _make_finder(*lists: Resources | None) -> Callable[[str], str]:
    """Return what finds a guest's key by its number; a guest that is gone by now is known from before."""
    keys = {str(guest.vmid): guest.key for one in reversed(lists) if one is not None for guest in one.guests}
    return lambda vmid: keys.get(vmid, "")


def _ask_tasks(node: NodeRow, since: datetime, ahead_seconds: float, most: int) -> Question:
    start = str(int(since.timestamp() + ahead_seconds))
    words = {"source": "all", "since": start, "limit": str(most)}
    return Question(path=f"/nodes/{node.name}/tasks", node=node.name, words=words)


def _find_unseen(permissions: Answer) -> list[Lack]:
    if permissions.trouble is None and not find_reach(permissions.value, SEE_NODES).everywhere:
        return [Lack(what=WHAT_OTHERS, why=ONLY_OWN, close_by=AUDITOR)]
    return []


def _find_starts(nodes: Sequence[NodeRow], now: datetime) -> list[Happening]:
    found = []
    for node in nodes:
        if started := go_back(now, node.uptime_seconds):
            message = f"{node.name}: uptime {node.uptime_seconds:.0f} s"
            found.append(Happening(key=node.key, change=Change.HOST_STARTED, time=started, message=message))
    return found


def open_proxmox(
    api: Api, secret: str, name: str, *, limit_seconds: float = 10.0, ssh: SshOptions | None = None
) -> Hypervisor:
    """Return a connection as the site file has it; nothing is asked yet.

    `api.address` is `HOST[:8006]`, or `ssh://[USER@]HOST` for pvesh. `api.user` with a `!` is an API token
    and `secret` its UUID; otherwise a user and a password. `limit_seconds` is for each question. Raises
    WrongUse.
    """
    if api.address.startswith("ssh://"):
        host = check_host(api.address.removeprefix("ssh://").rstrip("/"))
        return Proxmox(PveshLine(host, limit_seconds, ssh or SshOptions()), name)
    host, port = _read_address(api.address)
    if not secret.strip() or not secret.isprintable():
        raise WrongUse(NO_SECRET.fill(name=plain(name)))
    sign_in = Token(api.user, secret) if "!" in api.user else Ticket(api.user, secret, host)
    trust = Trust(certificate=api.certificate, ca_file=api.ca_file)
    return Proxmox(HttpsLine(host, port, sign_in, trust, limit_seconds), name)


def _read_address(address: str) -> tuple[str, int]:
    try:
        parts: SplitResult = urlsplit(f"//{address.removeprefix('https://')}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host:
        raise WrongUse(BAD_ADDRESS.fill(address=_quote(address)))
    return host, port or PORT


NO_RECORD = Lack(
    what=Words("changes of a guest's configuration without a task", "タスクに残らないゲスト設定の変更"),
    why=Words(
        "Proxmox VE keeps a task only for some; CPU and memory limits are set without one",
        "Proxmox VE がタスクを残すのは一部で、CPU やメモリーの上限変更は残りません",
    ),
    close_by=Words(
        "on the node: grep config /var/log/pveproxy/access.log",
        "ノード上で確認: grep config /var/log/pveproxy/access.log",
    ),
)
MAY_ACT = Words("the rights hold VM.PowerMgmt for all guests", "全ゲストに VM.PowerMgmt の権限があります")
MAY_ACT_ON = Words("the rights hold VM.PowerMgmt for: {only}", "VM.PowerMgmt の権限があるのは {only}")
MAY_NOT_ACT = Words(
    "the rights hold no VM.PowerMgmt (role PVEVMUser has it)",
    "VM.PowerMgmt の権限がありません (役割 PVEVMUser に含まれます)",
)
NO_RIGHTS = Words("its list of rights cannot be read: {said}", "権限の一覧を取得できません: {said}")
NOT_PROXMOX = Words("Proxmox VE does not tell its version: {said}", "Proxmox VE の版を取得できません: {said}")
WHAT_HA = Words("state of high availability", "高可用性 (HA) の状態")
WHAT_TASKS = Words("tasks of node {node}", "ノード {node} のタスク")
WHAT_OTHERS = Words("tasks that others started", "他のユーザーが開始したタスク")
ONLY_OWN = Words(
    "without Sys.Audit only one's own are listed", "Sys.Audit がないと自分のタスクしか見えません"
)
NO_SECRET = Words("the password or token for {name} is empty", "{name} のパスワードまたはトークンが空です")
BAD_ADDRESS = Words("'{address}' is not HOST[:PORT]", "「{address}」は ホスト[:ポート] の形ではありません")
