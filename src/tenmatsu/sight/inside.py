"""One look inside a machine, for its place in the site: who listens, who is asked, what it is joined to.

Reads only; takes a second here and some more over SSH. What cannot be read is told, the rest is there.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from ipaddress import IPv6Address, ip_address
from pathlib import PurePosixPath
from typing import Any

from tenmatsu.errors import NotThere, ParseError, ReachError, TenmatsuError
from tenmatsu.model.below import Lack
from tenmatsu.model.inside import CronFile, Domain, Inside, Listening, Share, Socket, Talking, WebSite
from tenmatsu.model.words import Words, plain
from tenmatsu.parse.cpuinfo import parse_cpuinfo
from tenmatsu.parse.crontab import count_jobs
from tenmatsu.parse.domains import parse_krb5, parse_smb, parse_sssd
from tenmatsu.parse.hosts_file import parse_hosts
from tenmatsu.parse.mounts import parse_mounts
from tenmatsu.parse.os_release import parse_os_release
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.parse.resolv_conf import parse_resolv_conf
from tenmatsu.parse.routes import parse_default_routes, parse_default_routes_6
from tenmatsu.parse.sockets import parse_socket_table, parse_ss
from tenmatsu.reach import Reach
from tenmatsu.sight.machine_kind import find_kind, read_text
from tenmatsu.sight.marks import find_marks
from tenmatsu.sight.web_config import read_web_settings
from tenmatsu.sight.web_servers import find_web_servers

_TABLES = (("tcp", "tcp"), ("tcp6", "tcp"), ("udp", "udp"), ("udp6", "udp"))
# Where systemd's own resolver stands between, the real ones are in its file (systemd-resolved(8)).
_RESOLVER_FILES = ("/etc/resolv.conf", "/run/systemd/resolve/resolv.conf")
_STUB = "127.0.0.53"
_DOMAIN_FILES: tuple[tuple[str, Callable[[bytes, str], tuple[Domain, ...]]], ...] = (
    ("/etc/sssd/sssd.conf", parse_sssd),
    ("/etc/samba/smb.conf", parse_smb),
    ("/etc/krb5.conf", parse_krb5),
)
_CRON_PLACES = ("/etc/crontab", "/etc/cron.d/*", "/var/spool/cron/crontabs/*", "/var/spool/cron/*")
_EPHEMERAL = 32768  # net.ipv4.ip_local_port_range: from here on are the ports of those who ask
_FILE_BYTES = 1 << 20
_MOST = 400  # of each kind: no machine of a site has more that a person wants to read
_SHARES = {"nfs": "nfs", "nfs4": "nfs", "cifs": "cifs", "smb3": "cifs"}


def look_inside(reach: Reach, way: str) -> Inside:
    """Return what was found. Never raises: what could not be looked at is a lack."""
    look = _Look(reach)
    sockets = look.take(SOCKETS, look.find_sockets, AS_ROOT) or []
    listening = tuple(_join_listeners(sockets))
    found = Inside(
        way=way,
        name=make_plain(read_text(reach, "/proc/sys/kernel/hostname")),
        system=make_plain(look.take(SYSTEM, look.find_system) or ""),
        virtualisation=look.take(KIND, look.find_virtualisation) or "",
        marks=find_marks(reach),
        listening=listening[:_MOST],
        talking=tuple(_join_talking(sockets, listening))[:_MOST],
        sites=tuple(look.find_sites())[:_MOST],
        domains=tuple(look.find_domains()),
        shares=tuple(look.take(MOUNTS, look.find_shares) or ())[:_MOST],
        gateways=tuple(look.take(GATEWAY, look.find_gateways) or ()),
        cron=tuple(look.find_cron())[:_MOST],
        hosts=look.find_hosts(),
    )
    servers, file = look.take(RESOLVERS, look.find_resolvers) or ((), "")
    if not all(one.program for one in listening) and not _is_root(reach):
        look.lack(PROGRAMS, NOT_TOLD, AS_ROOT)
    return replace(found, resolvers=servers, resolver_file=file, lacks=tuple(look.lacks))


@dataclass
class _Look:
    reach: Reach
    lacks: list[Lack] = field(default_factory=list)

    def lack(self, what: Words, why: Words, close_by: Words) -> None:
        self.lacks.append(Lack(what=what, why=why, close_by=close_by))

    def take(self, what: Words, look: Callable[[], Any], close_by: Words | None = None) -> Any:  # noqa: ANN401 - what the look returns
        """Return what a look brings, or None and write down why not."""
        try:
            return look()
        except (ReachError, ParseError) as error:
            self.lack(what, error.words, close_by or AS_ROOT)
            return None

    def find_sockets(self) -> list[Socket]:
        try:
            said = self.reach.run(("ss", "-tuanp"))
        except ReachError:
            pass  # the kernel's own tables tell all but the programs
        else:
            if sockets := parse_ss(said.out):
                return sockets
        return [row for name, protocol in _TABLES for row in self._read_table(name, protocol)]

    def _read_table(self, name: str, protocol: str) -> list[Socket]:
        try:
            return parse_socket_table(self.reach.read(f"/proc/net/{name}"), protocol)
        except NotThere:
            return []  # IPv6 is switched off

    def find_system(self) -> str:
        try:
            found = parse_os_release(self.reach.read("/etc/os-release"))
        except NotThere:  # before 2012: RHEL 6 and older, Debian 6 and older
            red_hat = read_text(self.reach, "/etc/redhat-release")
            debian = read_text(self.reach, "/etc/debian_version")
            return red_hat or (f"Debian {debian}" if debian else "")
        return found.get("PRETTY_NAME") or found.get("NAME", "")

    def find_virtualisation(self) -> str:
        cpu = parse_cpuinfo(self.reach.read("/proc/cpuinfo", limit_bytes=16 << 10))
        return find_kind(self.reach, hypervisor_bit=cpu.hypervisor).virtualisation

    def find_sites(self) -> Iterable[WebSite]:
        for server in self.take(WEB, lambda: find_web_servers(self.reach), AS_ROOT) or ():
            try:
                settings = read_web_settings(
                    self.reach, server.pid, server.server, server.root, (server.program, *server.arguments)
                )
            except TenmatsuError as error:
                self.lack(WEB_CONFIG.fill(name=server.server), error.words, AS_ROOT)
                continue
            for problem in settings.problems[:3]:
                self.lack(WEB_CONFIG.fill(name=server.server), plain(make_plain(problem)), BY_HAND)
            yield from settings.sites

    def find_resolvers(self) -> tuple[tuple[str, ...], str]:
        for file in _RESOLVER_FILES:
            servers = parse_resolv_conf(self.reach.read(file)).servers
            if servers != (_STUB,):
                return servers, file
        return (), _RESOLVER_FILES[-1]

    def find_domains(self) -> Iterable[Domain]:
        seen = set()
        for path, parse in _DOMAIN_FILES:
            try:
                domains = parse(self.reach.read(path, limit_bytes=_FILE_BYTES), path)
            except NotThere:
                continue
            except ReachError as error:
                self.lack(DOMAIN, error.words, AS_ROOT)
                continue
            for one in domains:
                if one.realm.upper() not in seen or one.serves:
                    seen.add(one.realm.upper())
                    yield one

    def find_shares(self) -> list[Share]:
        mounts = parse_mounts(self.reach.read("/proc/self/mountinfo"))
        return [
            Share(_SHARES[one.type], server, one.mountpoint)
            for one in mounts
            if one.type in _SHARES and (server := _server_of(one.source))
        ]

    def find_gateways(self) -> list[str]:
        found = [one.gateway for one in parse_default_routes(self.reach.read("/proc/net/route"))]
        try:
            routes = parse_default_routes_6(self.reach.read("/proc/net/ipv6_route"))
        except NotThere:
            routes = []
        for route in routes:
            found += [str(IPv6Address(bytes.fromhex(route.gateway)))] if len(route.gateway) == 32 else []
        return [one for one in dict.fromkeys(found) if one not in ("0.0.0.0", "::")]  # noqa: S104 - no gateway

    def find_cron(self) -> Iterable[CronFile]:
        unread = ""
        for place in _CRON_PLACES:
            for path in self._list(place):
                try:
                    jobs = count_jobs(self.reach.read(path, limit_bytes=_FILE_BYTES))
                except NotThere:
                    continue
                except ReachError:
                    unread = unread or path
                    continue
                if jobs:
                    yield CronFile(path, jobs)
        if unread:
            self.lack(CRON, Words(f"no permission for {unread}", f"{unread} を読む権限がありません"), AS_ROOT)

    def _list(self, place: str) -> list[str]:
        try:
            found = self.reach.glob(place) if "*" in place else [place]
        except ReachError:
            return []
        return [path for path in found[:_MOST] if not PurePosixPath(path).name.startswith(".")]

    def find_hosts(self) -> tuple[tuple[str, str], ...]:
        try:
            return parse_hosts(self.reach.read("/etc/hosts", limit_bytes=_FILE_BYTES))
        except ReachError:
            return ()


def _is_root(reach: Reach) -> bool:
    """Tell whether the files are read as root: by the user of the process that reads them."""
    status = read_text(reach, "/proc/self/status").splitlines()
    return any(line.split()[1:3] == ["0", "0"] for line in status if line.startswith("Uid:"))


def _join_listeners(sockets: Iterable[Socket]) -> Iterable[Listening]:
    """Yield each program's port once, with all its addresses; not UDP ports that only await an answer."""
    found: dict[tuple[str, str, int], list[str]] = {}
    for one in sockets:
        if one.listening and not (one.protocol == "udp" and one.port >= _EPHEMERAL):
            found.setdefault((one.program, one.protocol, one.port), []).append(one.address)
    for (program, protocol, port), addresses in sorted(found.items(), key=lambda item: item[0][2]):
        yield Listening(make_plain(program), protocol, port, tuple(dict.fromkeys(addresses)))


def _join_talking(sockets: Iterable[Socket], listening: Iterable[Listening]) -> Iterable[Talking]:
    """Yield the connections that were opened here: those whose own port nobody listens at."""
    served = {(one.protocol, one.port) for one in listening}
    counts = Counter(
        (make_plain(one.program), one.remote_address, one.remote_port)
        for one in sockets
        if not one.listening and one.remote_port and (one.protocol, one.port) not in served
    )
    for (program, address, port), count in sorted(counts.items()):
        if not ip_address(address).is_loopback:
            yield Talking(program, address, port, count)


def _server_of(source: str) -> str:
    """Return the server of `SERVER:/path`, `[V6]:/path` or `//SERVER/share`."""
    if source.startswith("//"):
        return source[2:].partition("/")[0]
    return source.partition(":/")[0].strip("[]") if ":/" in source else ""


AS_ROOT = Words(
    "look as root (sudo on this machine; over SSH a user that sudo allows Python, docs/remote.md)",
    "root で実行 (この機械では sudo、SSH では sudo で Python を許可されたユーザー。docs/remote.md)",
)
BY_HAND = Words("read this place by hand", "該当箇所を手で確認してください")
SOCKETS = Words("who listens and who is connected", "待ち受けと接続")
PROGRAMS = Words("which programs listen", "待ち受けているプログラム")
NOT_TOLD = Words(
    "only root is told the programs of others", "他のユーザーのプログラムは root にしか見えません"
)
SYSTEM = Words("the operating system", "オペレーティングシステム")
KIND = Words("whether it is a guest", "仮想マシンかどうか")
WEB = Words("web servers", "ウェブサーバー")
WEB_CONFIG = Words("the configuration of {name}", "{name} の設定")
RESOLVERS = Words("whom it asks for names", "名前解決の問い合わせ先")
DOMAIN = Words("the domain that it is joined to", "参加しているドメイン")
MOUNTS = Words("file systems of other machines", "他の機械のファイルシステム")
GATEWAY = Words("the default gateway", "デフォルトゲートウェイ")
CRON = Words("some timed jobs", "一部の定期ジョブ")
