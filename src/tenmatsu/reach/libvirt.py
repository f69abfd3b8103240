"""libvirt: QEMU/KVM guests and LXC containers, on this machine or over SSH.

virsh does the asking, on the machine itself (docs/decisions/0012): a login that may use it is all that is
needed, and what libvirt does not tell (control groups, pressure, what else runs there) comes along.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from math import isfinite

from tenmatsu.errors import NoConnection, ReachError, WrongUse
from tenmatsu.model.below import Change, Happening, Identity, Inventory, Lack, Measured, Product
from tenmatsu.model.site_map import Api
from tenmatsu.model.words import Words
from tenmatsu.parse.libvirt_lists import parse_colon_lines, parse_guest_names
from tenmatsu.parse.libvirt_uri import LibvirtUri, parse_libvirt_uri
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.reach.clock_offset import OffsetBounds
from tenmatsu.reach.guest_processes import find_processes
from tenmatsu.reach.host_shell import HostShell, Told, open_shell_here, open_shell_on
from tenmatsu.reach.libvirt_facts import Ground, find_stats, keeps_no_stats, make_ground
from tenmatsu.reach.libvirt_happenings import find_changes, find_snapshots, read_turns
from tenmatsu.reach.libvirt_host import find_boot
from tenmatsu.reach.libvirt_host_rounds import measure_host
from tenmatsu.reach.libvirt_lacks import find_lacks
from tenmatsu.reach.libvirt_messages import explain_virsh, find_group, find_said
from tenmatsu.reach.libvirt_rounds import (
    SHORTEST_SECONDS,
    Round,
    hides_process,
    measure_guest,
    read_round,
    seconds_between,
)
from tenmatsu.reach.libvirt_scripts import (
    make_identify_script,
    make_inventory_script,
    make_measure_script,
    make_recall_script,
)
from tenmatsu.reach.ssh import SshOptions

# A round is two starts of virsh and a few files: 0.06 s of one core of the host's (docs/hypervisors.md).
INTERVAL_SECONDS = 2.0
# The time at the other side is read after it was sent, as exact as `date` is.
_CLOCK_ERROR_SECONDS = 0.001
_WHOLE_SECOND = 1.0


class Libvirt:
    """A libvirt host. Implements `Hypervisor`."""

    interval_seconds = INTERVAL_SECONDS

    def __init__(self, uri: LibvirtUri, shell: HostShell, name: str, *, limit_seconds: float) -> None:
        self.name = name
        self._uri = uri
        self._shell = shell
        self._limit = limit_seconds
        self._bounds = OffsetBounds()
        self._ground: Ground | None = None
        # The round that rates begin with, and the newest of all, which may be too close to it for rates.
        self._last: Round | None = None
        self._newest: Round | None = None
        self._noticed: list[Happening] = []

    def identify(self) -> Identity:
        """Return who answers, whether it would let us act, and how its clock stands to ours."""
        told = self._run(make_identify_script(self._uri.there))
        self._check(told, "reading")
        said = parse_colon_lines(told.find("reading") or b"")
        may_act, why = self._find_may_act(told)
        offset = self._bounds.offset
        return Identity(
            product=Product.LIBVIRT,
            name=self.name,
            version=make_plain(said.get("Running hypervisor", "")),
            api=make_plain(said.get("Running against daemon", said.get("Using library", ""))),
            may_act=may_act,
            may_act_why=why,
            clock_offset_seconds=offset.seconds if offset else None,
            clock_uncertainty_seconds=offset.uncertainty_seconds if offset else None,
        )

    def take_inventory(self) -> Inventory:
        """Return the host, its guests and its pools as they are now."""
        told = self._run(make_inventory_script(self._uri.there, with_machine=not self._uri.distant))
        self._check(told, "guests")
        self._ground = self._read_ground(told)
        untold = find_lacks(told, self._ground, partial(self._why_not, told), _CUT_OFF.fill(name=self.name))
        lacks = [*self._ground.inventory.lacks, *self._machine_lacks(), *untold]
        self._ground = replace(self._ground, inventory=replace(self._ground.inventory, lacks=tuple(lacks)))
        if keeps_no_stats(told) or self._why_not(told, "stats") is None:
            self._last = self._newest = self._read_round(told)
        return self._ground.inventory

    def measure(self, keys: Collection[str] | None, since: datetime | None) -> Measured:  # noqa: ARG002 - libvirt keeps no history
        """Return what was measured since the last call, or since the inventory."""
        ground = self._ground or self._first_ground()
        now = self._ask_round()
        self._noticed += find_changes(self._newest, now, ground) if self._newest else []
        self._newest = now
        domains = [domain for uuid, domain in ground.domains.items() if uuid in now.stats]
        measures = [] if self._uri.distant else [*measure_host(self._last, now, ground.host)]
        for domain in domains:
            measures += measure_guest(self._last, now, domain)
        # A round too close to the last gives no rates: the next one then spans both.
        if self._last is None or seconds_between(self._last, now) >= SHORTEST_SECONDS:
            self._last = now
        hidden = [domain.uuid for domain in domains if hides_process(now, domain.uuid)]
        lacks = self._machine_lacks() or [
            Lack(what=_HELD, why=_NO_GROUP, close_by=_HELD_HELP, key=uuid) for uuid in hidden
        ]
        wanted = [one for one in measures if keys is None or one.key in keys]
        return Measured(measures=tuple(wanted), lacks=tuple(lacks))

    def _ask_round(self) -> Round:
        told = self._run(make_measure_script(self._uri.there, with_machine=not self._uri.distant))
        self._check(told, "guests")
        if not keeps_no_stats(told):
            self._check(told, "stats")
        return self._read_round(told)

    def recall(self, since: datetime, *, most: int = 2000) -> tuple[Sequence[Happening], Sequence[Lack]]:
        """Return what the guests' logs, their snapshots and our own rounds tell since then."""
        ground = self._ground or self._first_ground()
        if self._uri.distant:
            return self._noticed[-most:], (_distant_lack(),)
        told = self._run(make_recall_script())
        if not (told.find("clock") or b"").strip():  # the script's last word
            raise ReachError(self.name, _CUT_OFF.fill(name=self.name))
        found = [*self._noticed, *read_turns(told, ground, self._offset), *find_snapshots(ground)]
        booted = self._boot(told)
        if booted is not None:
            found.append(Happening(key=ground.host, change=Change.HOST_STARTED, time=booted))
        recent = sorted((one for one in found if one.time >= since), key=lambda one: one.time)
        closed = told.find("closed")
        lacks = () if closed is None else (_closed_lack(closed),)
        return recent[-most:], lacks

    def close(self) -> None:
        """End the session: there is none between two questions."""

    def _run(self, script: str) -> Told:
        told = self._shell.run(script, self._limit)
        self._take_clock(told)
        return told

    def _take_clock(self, told: Told) -> None:
        """Narrow down how far the other clock is ahead. busybox's `date` gives whole seconds only."""
        if self._shell.is_here:
            return
        found = re.match(rb"(\d{1,12})(\.\d{1,9})?", told.find("clock") or b"")
        if found is None:
            return
        error = _CLOCK_ERROR_SECONDS if found[2] else _WHOLE_SECOND
        time = datetime.fromtimestamp(float(found[0]) + (0 if found[2] else error / 2), UTC)
        if self._bounds.offset is None:
            self._bounds.take_first(told.sent, time, told.received, error)
        else:
            self._bounds.take(time, told.received, error)

    @property
    def _offset(self) -> timedelta:
        offset = self._bounds.offset
        return timedelta(seconds=offset.seconds if offset and isfinite(offset.seconds) else 0.0)

    def _check(self, told: Told, section: str) -> None:
        """Raise what virsh complained of, where it could not do what was asked."""
        said = list(find_said(told, section))
        if not said:
            raise ReachError(self.name, _CUT_OFF.fill(name=self.name))
        code, complaint = said[-1]
        if code:
            raise self._explain(told, code, complaint)

    def _why_not(self, told: Told, section: str) -> Words | None:
        """Return why a question was not answered, None where it was."""
        try:
            self._check(told, section)
        except ReachError as no:
            return no.words
        return None

    def _explain(self, told: Told, code: int, content: bytes) -> ReachError:
        return explain_virsh(
            self._shell.name,
            code,
            content.decode("utf-8", "backslashreplace"),
            user=make_plain((told.find("who") or b"").decode("utf-8", "replace"), 40) or "you",
            group=find_group(told.find("sockets") or b""),
            seconds=self._limit,
        )

    def _find_may_act(self, told: Told) -> tuple[bool | None, Words]:
        """Return False only where libvirt refuses; one that is late or gone meanwhile may still say yes."""
        try:
            self._check(told, "acting")
        except NoConnection as no:
            return (False if no.permanent else None), no.words
        except ReachError as no:
            return None, no.words
        return True, _MAY_ACT

    def _read_ground(self, told: Told) -> Ground:
        names = parse_guest_names(told.find("guests") or b"")
        return make_ground(told, find_processes(told, self._boot(told), names), self._offset)

    def _first_ground(self) -> Ground:
        self.take_inventory()
        if self._ground is None:
            raise ReachError(self.name, _CUT_OFF.fill(name=self.name))
        return self._ground

    def _boot(self, told: Told) -> datetime | None:
        return None if self._uri.distant else find_boot(told, self._offset)

    def _read_round(self, told: Told) -> Round:
        names = parse_guest_names(told.find("guests") or b"")
        processes = find_processes(told, self._boot(told), names)
        time = told.sent + (told.received - told.sent) / 2
        return read_round(told, time, names, find_stats(told, names, processes), processes)

    def _machine_lacks(self) -> list[Lack]:
        return [_distant_lack()] if self._uri.distant else []


def _distant_lack() -> Lack:
    return Lack(what=_MACHINE, why=_DISTANT, close_by=_DISTANT_HELP, hides_guests=False)


def _closed_lack(folder: bytes) -> Lack:
    path = make_plain(folder.decode("utf-8", "backslashreplace"), 100)
    return Lack(what=_TURNS, why=_CLOSED.fill(path=path), close_by=_CLOSED_HELP, hides_guests=False)


def open_libvirt(
    api: Api,
    secret: str,  # noqa: ARG001 - the login is ssh's own, by key or agent
    name: str,
    *,
    limit_seconds: float = 10.0,
    ssh: SshOptions | None = None,
) -> Libvirt:
    """Return the way to a libvirt; nothing is asked yet. `api.address` is its URI, or a host for SSH.

    Raises WrongUse where that is none that we can read, NotThere where this machine has no ssh.
    """
    plain_host = "://" not in api.address
    uri = parse_libvirt_uri(f"qemu+ssh://{api.address}/system" if plain_host else api.address)
    if not uri.host:
        return Libvirt(uri, open_shell_here(name), name, limit_seconds=limit_seconds)
    host = f"{api.user}@{uri.host}" if api.user and "@" not in uri.host else uri.host
    if uri.port is not None:
        raise WrongUse(_NO_PORT.fill(host=uri.host, port=uri.port))
    return Libvirt(uri, open_shell_on(host, ssh or SshOptions()), name, limit_seconds=limit_seconds)


_MAY_ACT = Words(
    "a connection that may write was opened; rules of polkit's may still forbid single guests",
    "書き込み可能な接続を開けました (polkit の規則で個別のゲストが禁止されている場合はあります)",
)
_CUT_OFF = Words("the answer of {name} was cut off", "{name} の応答が途中で切れました")
_NO_PORT = Words(
    "write the port of {host} into ~/.ssh/config (`Port {port}`) and leave it out of the address",
    "{host} のポートは ~/.ssh/config に `Port {port}` と書き、アドレスからは除いてください",
)
_HELD = Words("how much its own limit holds this guest back", "自身の上限による待ち")
_NO_GROUP = Words(
    "its process or its control group cannot be seen on the host",
    "ホスト上でそのプロセスか cgroup が見えません",
)
_HELD_HELP = Words(
    "ask as a user that sees all processes (hidepid)",
    "全プロセスが見えるユーザーで接続してください (hidepid)",
)
_MACHINE = Words("the host of the guests, and their limits", "ゲストのホストと各ゲストの上限")
_DISTANT = Words(
    "libvirt is reached by its own protocol only", "libvirt 独自のプロトコルだけで接続しています"
)
_DISTANT_HELP = Words("use qemu+ssh:// instead", "qemu+ssh:// を使用してください")
_TURNS = Words("when guests were started and stopped", "ゲストの起動と停止の時刻")
_CLOSED = Words("no permission to read {path}", "{path} を読む権限がありません")
_CLOSED_HELP = Words(
    "ask as root there, or add read permission for the folder",
    "root で接続するか、フォルダーの読み取り権限を追加してください",
)
