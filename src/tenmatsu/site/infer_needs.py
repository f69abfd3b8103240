"""What needs what, from what machines are configured to ask and from whom they are connected to.

Each need carries its reason in words. Nothing is a need because it is usual.
"""

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from tenmatsu.model.inside import Domain, Inside
from tenmatsu.model.site_map import Entry, EntryKind
from tenmatsu.model.words import Words, plain
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.site.draft import Draft, Machine, Service
from tenmatsu.site.names import make_name
from tenmatsu.site.proposal import Ground, ProposedNeed
from tenmatsu.site.roles import DATABASE, DIRECTORY, DNS, FILES, MAIL, WEB, is_database_port

_TOLD_BY_CONNECTION = (DATABASE, DIRECTORY, MAIL, FILES)
_PORTS = {"http": 80, "https": 443, "ajp": 8009, "fcgi": 9000, "ws": 80, "wss": 443, "uwsgi": 3031}
_SHARE_PORTS = {"nfs": 2049, "cifs": 445}


def infer_needs(draft: Draft) -> None:
    """Add to a draft's entries what they need; what is needed and is nowhere becomes an entry outside."""
    asking = _Asking(draft)
    for machine in draft.machines:
        if machine.inside is not None:
            asking.take(machine, machine.inside)


class _Asking:
    """Finds who stands behind an address or a name."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.by_address = {one: machine for machine in draft.machines for one in machine.marks.addresses}
        self.by_name: dict[str, Machine] = {}
        for machine in draft.machines:
            own = machine.inside.name if machine.inside else ""
            for name in (machine.name, own, own.partition(".")[0]):
                self.by_name.setdefault(name.lower(), machine)
            for service in machine.services:
                for name in service.site.names if service.site else ():
                    self.by_name.setdefault(name.lower(), machine)
        self.outside: dict[str, str] = {}

    def take(self, machine: Machine, inside: Inside) -> None:
        self._resolvers(machine, inside)
        self._gateways(machine, inside)
        for one in inside.domains:
            if not one.serves:
                self._domain(machine, inside, one)
        for share in inside.shares:
            because = MOUNTED.fill(
                kind=share.kind, server=share.server, path=make_plain(share.mountpoint, 80)
            )
            target = self._find(machine, share.server, _SHARE_PORTS[share.kind], FILES)
            self._need(machine.name, target, Ground.MOUNT, because)
        for talking in inside.talking:
            self._talk(machine, talking.program, talking.address, talking.port, talking.connections)
        for service in machine.services:
            for upstream in service.site.upstreams if service.site else ():
                self._upstream(machine, service, upstream)

    def _need(self, name: str, target: str, ground: Ground, because: Words) -> None:
        if target and target != name:
            self.draft.need(name, ProposedNeed(what=target, ground=ground, because=because))

    def _resolvers(self, machine: Machine, inside: Inside) -> None:
        serves = any(service.role == DNS for service in machine.services)
        ground = Ground.RESOLVER_OF_RESOLVER if serves else Ground.RESOLVER
        for address in inside.resolvers:
            if _is_home(address, machine):
                continue
            target = self._find(machine, address, 53, DNS)
            because = ASKS.fill(address=address, file=inside.resolver_file)
            self._need(machine.name, target, ground, because + self._is(target, address))

    def _gateways(self, machine: Machine, inside: Inside) -> None:
        for address in inside.gateways:
            if not ip_address(address.partition("%")[0]).is_link_local:
                target = self._find(machine, address, 0, "", what="gateway")
                because = GATEWAY.fill(address=address) + self._is(target, address)
                self._need(machine.name, target, Ground.GATEWAY, because)

    def _is(self, target: str, address: str) -> Words:
        """Return " is NAME" where the address is a machine's that we know."""
        owner = self.by_address.get(address)
        return IS.fill(name=owner.name) if owner and target else plain("")

    def _domain(self, machine: Machine, inside: Inside, domain: Domain) -> None:
        because = JOINED.fill(realm=make_plain(domain.realm, 80), file=domain.source)
        servers = [self._machine(machine, one) for one in (*domain.servers, *inside.resolvers)]
        serving = [one for one in self.draft.machines if _serves(one, domain.realm)]
        for found in (*servers, *serving):
            service = next((s for s in found.services if s.role == DIRECTORY), None) if found else None
            if found and found is not machine and service:
                because += IS.fill(name=found.name)
                self._need(machine.name, service.name, Ground.DOMAIN, because)
                return
        if machine not in serving:
            name = self._add_outside(domain.realm.lower(), domain.realm.lower(), DIRECTORY)
            self._need(machine.name, name, Ground.DOMAIN, because)

    def _talk(self, machine: Machine, program: str, address: str, port: int, count: int) -> None:
        owner = self.by_address.get(address)
        if owner is machine:
            return
        service = _service_at(owner, port) if owner else None
        if not (service and service.role in _TOLD_BY_CONNECTION) and not is_database_port(port):
            return
        target = service.name if service else self._find(machine, address, port, DATABASE)
        because = CONNECTED.fill(count=count, address=address, port=port)
        if program:
            because += plain(f" ({program})")
        own = [one.name for one in machine.services if program and one.program == program]
        self._need(own[0] if len(own) == 1 else machine.name, target, Ground.CONNECTION, because)

    def _upstream(self, machine: Machine, service: Service, upstream: str) -> None:
        try:
            parts = urlsplit(upstream if "://" in upstream else f"fcgi://{upstream}")
            host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 80)
        except ValueError:
            return
        if not host or upstream.startswith("unix:") or "$" in host or "|" in host:
            return
        if host == "localhost" or _is_home(host, machine):
            own = _service_at(machine, port)
            target = own.name if own else ""
        else:
            target = self._find(machine, host, port, WEB)
        self._need(service.name, target, Ground.UPSTREAM, UPSTREAM.fill(url=make_plain(upstream, 120)))

    def _machine(self, asker: Machine, host: str) -> Machine | None:
        """Return the machine at an address or of a name, as the one that asks would find it."""
        address = _address_of(host)
        if not address and asker.inside:
            address = next((ip for name, ip in asker.inside.hosts if name == host.lower()), "")
        if address:
            return self.by_address.get(address)
        return self.by_name.get(host.lower()) or self.by_name.get(host.lower().partition(".")[0])

    def _find(self, asker: Machine, host: str, port: int, role: str, what: str = "") -> str:
        """Return the entry that answers there: a service, its machine, or one outside that is made for it."""
        owner = self._machine(asker, host)
        if owner is None:
            return self._add_outside(host, f"{what or role}-{host}", role, port)
        service = _service_at(owner, port)
        return service.name if service else owner.name

    def _add_outside(self, host: str, name: str, role: str, port: int = 0) -> str:
        key = f"{host} {role}"
        if key not in self.outside:
            address = _address_of(host)
            taken = {one for made in self.draft.entries.values() for one in made.entry.addresses}
            self.outside[key] = self.draft.add(
                Entry(
                    name=make_name(name, fallback="outside"),
                    kind=EntryKind.OUTSIDE,
                    addresses=(address,) if address else (),
                    role=role,
                    port=port or None,
                ),
                *([] if address else [CALLED.fill(name=make_plain(host, 80))]),
                *([SAME_ADDRESS.fill(address=address)] if address in taken else []),
            )
        return self.outside[key]


def _service_at(machine: Machine, port: int) -> Service | None:
    return next((one for one in machine.services if port in one.ports), None)


def _serves(machine: Machine, realm: str) -> bool:
    domains: Iterable[Domain] = machine.inside.domains if machine.inside else ()
    return any(one.serves and one.realm.upper() == realm.upper() for one in domains)


def _address_of(host: str) -> str:
    try:
        return str(ip_address(host.partition("%")[0]))
    except ValueError:
        return ""


def _is_home(host: str, machine: Machine) -> bool:
    address = _address_of(host)
    return bool(address) and (ip_address(address).is_loopback or address in machine.marks.addresses)


ASKS = Words("nameserver {address} in {file}", "{file} の nameserver {address}")
GATEWAY = Words("default gateway {address}", "デフォルトゲートウェイ {address}")
IS = Words(" is {name}", " は {name}")
JOINED = Words("joined to {realm} ({file})", "ドメイン {realm} に参加 ({file})")
MOUNTED = Words("{kind} of {server} at {path}", "{server} の {kind} を {path} にマウント")
CONNECTED = Words(
    "{count:connection|connections} to {address}:{port}", "{address}:{port} への接続 {count} 本"
)
UPSTREAM = Words("its configuration asks {url}", "設定の転送先 {url}")
CALLED = Words("known only by its name, {name}", "名前 {name} のみ判明")
SAME_ADDRESS = Words("at {address}, as the entry above", "アドレスは上の項目と同じ {address}")
