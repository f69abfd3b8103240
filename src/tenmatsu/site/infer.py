"""From what was seen to proposed entries: hosts, guests, and what is inside them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from tenmatsu.model.below import GuestFacts, HostFacts, Power
from tenmatsu.model.inside import Inside, Listening, WebSite
from tenmatsu.model.marks import Marks, find_guest
from tenmatsu.model.site_map import Entry, EntryKind
from tenmatsu.model.words import Words, plain
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.site.names import make_name, make_unique
from tenmatsu.site.proposal import Below, ProposedEntry, ProposedNeed, Seen
from tenmatsu.site.roles import WEB, choose_port, find_role, is_service

_HOME = "here"


@dataclass(kw_only=True)
class Machine:
    """A host or guest in the making: its entry's name, what is known of it, the services on it."""

    name: str
    kind: EntryKind
    marks: Marks
    inside: Inside | None = None
    services: "list[Service]" = field(default_factory=list)


@dataclass(kw_only=True)
class Service:
    """A service in the making: which program, at which ports; of a web site also whom it asks."""

    name: str
    role: str
    program: str
    ports: tuple[int, ...]
    site: WebSite | None = None


@dataclass(kw_only=True)
class Draft:
    """Entries as they come together. `machines` are those that have an inside or an address."""

    entries: dict[str, ProposedEntry] = field(default_factory=dict)
    machines: list[Machine] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)

    def add(self, entry: Entry, *comments: Words) -> str:
        """Take an entry in under its name, made unique, and return that."""
        name = make_unique(entry.name, self.taken)
        self.entries[name] = ProposedEntry(entry=replace(entry, name=name), comments=comments)
        return name

    def change(self, name: str, *comments: Words, **values: object) -> None:
        """Fill in what is not known yet of an entry, and add comments."""
        old = self.entries[name]
        missing = {key: value for key, value in values.items() if value and not getattr(old.entry, key)}
        entry = replace(old.entry, **missing)  # type: ignore[arg-type]  # the entry's own fields
        kept = [one for one in old.comments if one is not NO_ADDRESS or not entry.addresses]
        self.entries[name] = replace(old, entry=entry, comments=(*kept, *comments))

    def need(self, name: str, need: ProposedNeed) -> None:
        """Write down a need, the first reason for each thing."""
        old = self.entries[name]
        if need.what != name and need.what not in [one.what for one in old.needs]:
            self.entries[name] = replace(old, needs=(*old.needs, need))


def draft_entries(seen: Seen) -> Draft:
    """Return hosts, guests and services, without needs yet."""
    draft = Draft()
    guests: dict[str, str] = {}  # a guest's key within its hypervisor, with that in front: the entry's name
    for at, below in enumerate(seen.belows):
        known = {one.marks.uuid: one.name for one in draft.machines if one.marks.uuid}
        hosts = {
            host.key: known.get(host.uuid) or _add_host(draft, host, below) for host in below.inventory.hosts
        }
        for guest in below.inventory.guests:
            guests[f"{at}/{guest.key}"] = known.get(guest.uuid) or _add_guest(draft, guest, hosts)
    found = [
        (_find_machine(draft, inside, seen.belows, guests), inside) for inside in _join_insides(seen.insides)
    ]
    _leave_out_doubles(draft)
    for machine, inside in found:
        machine.inside = inside
        _add_services(draft, machine, inside)
    return draft


def _join_insides(insides: Iterable[Inside]) -> list[Inside]:
    """Return each machine once, without addresses that several have: bridges of containers are alike.

    Two are one machine if they share a UUID or a card, or have the very same addresses.
    """
    found: list[Inside] = []
    for inside in insides:
        if not any(_is_same(inside.marks, other.marks) for other in found):
            found.append(inside)
    counts = Counter(address for one in found for address in set(one.marks.addresses))
    return [
        replace(
            one,
            marks=replace(one.marks, addresses=tuple(a for a in one.marks.addresses if counts[a] == 1)),
        )
        for one in found
    ]


def _is_same(one: Marks, other: Marks) -> bool:
    return bool(
        (one.uuid and one.uuid == other.uuid)
        or set(one.macs) & set(other.macs)
        or (one.addresses and set(one.addresses) == set(other.addresses))
    )


def _leave_out_doubles(draft: Draft) -> None:
    """Take away marks that two have: clones keep theirs, and bridges of containers are alike everywhere."""
    counts = Counter(mark for one in draft.machines for mark in _marks_of(draft.entries[one.name].entry))
    for machine in draft.machines:
        old = draft.entries[machine.name]
        doubled = [mark for mark in sorted(_marks_of(old.entry)) if counts[mark] > 1]
        if not doubled:
            continue
        entry = replace(
            old.entry,
            uuid="" if old.entry.uuid in doubled else old.entry.uuid,
            macs=tuple(one for one in old.entry.macs if one not in doubled),
            addresses=tuple(one for one in old.entry.addresses if one not in doubled),
        )
        comments = (*old.comments, DOUBLED.fill(marks=", ".join(doubled[:4])))
        draft.entries[machine.name] = replace(old, entry=entry, comments=comments)
        machine.marks = Marks(uuid=entry.uuid, macs=entry.macs, addresses=entry.addresses)


def _marks_of(entry: Entry) -> set[str]:
    return {*entry.addresses, *entry.macs, *([entry.uuid] if entry.uuid else [])}


def _add_host(draft: Draft, host: HostFacts, below: Below) -> str:
    comments = [plain(make_plain(" ".join(filter(None, (host.model, host.version)))))]
    if host.autostart is False:
        comments.append(NO_AUTOSTART)
    name = draft.add(
        Entry(
            name=make_name(_name_host(host, below), fallback="host"),
            kind=EntryKind.HOST,
            addresses=host.addresses,
            uuid=host.uuid,
            api=below.api,
        ),
        *(one for one in comments if one.en),
    )
    marks = Marks(uuid=host.uuid, addresses=host.addresses)
    draft.machines.append(Machine(name=name, kind=EntryKind.HOST, marks=marks))
    return name


def _name_host(host: HostFacts, below: Below) -> str:
    """Return its name, or where it was asked if nobody gave it one (an ESXi without DNS says localhost)."""
    if not host.name.startswith("localhost") or "://" in below.api.address:
        return host.name
    asked = below.api.address.rpartition(":")[0] or below.api.address
    return f"host-{asked}" if asked[:1].isdigit() else asked


def _add_guest(draft: Draft, guest: GuestFacts, hosts: dict[str, str]) -> str:
    entry = Entry(
        name=make_name(guest.name, fallback="guest"),
        kind=EntryKind.GUEST,
        on=hosts.get(guest.host, ""),
        addresses=guest.addresses,
        uuid=guest.uuid,
        macs=guest.macs,
        system=make_plain(guest.system),
    )
    name = draft.add(entry, *_guest_comments(guest))
    marks = Marks(uuid=guest.uuid, macs=guest.macs, addresses=guest.addresses)
    draft.machines.append(Machine(name=name, kind=EntryKind.GUEST, marks=marks))
    return name


def _guest_comments(guest: GuestFacts) -> Iterable[Words]:
    if guest.container:
        yield CONTAINER
    if guest.power is not Power.ON:
        yield NOT_RUNNING.fill(state=guest.power.value)
    if guest.startup and guest.startup.order is not None:
        yield STARTS.fill(order=guest.startup.order)
    if guest.power is Power.ON and not guest.addresses:
        yield NO_ADDRESS


def _find_machine(draft: Draft, inside: Inside, belows: Sequence[Below], guests: dict[str, str]) -> Machine:
    """Return the guest or host that an inside is of, by UUID, card or address; else a new entry."""
    for at, below in enumerate(belows):
        if found := find_guest(inside.marks, below.inventory.guests):
            return _fill_in(draft, guests[f"{at}/{found[0].key}"], inside)
    for machine in draft.machines:
        shared = set(machine.marks.addresses) & set(inside.marks.addresses)
        if shared or (machine.marks.uuid and machine.marks.uuid == inside.marks.uuid):
            return _fill_in(draft, machine.name, inside)
    return _add_machine(draft, inside)


def _fill_in(draft: Draft, name: str, inside: Inside) -> Machine:
    machine = next(one for one in draft.machines if one.name == name)
    machine.marks = machine.marks + inside.marks
    draft.change(name, *_inside_comments(inside), **_inside_values(inside))
    return machine


def _inside_values(inside: Inside) -> dict[str, object]:
    way = "" if inside.way == _HOME else inside.way
    return {"ssh": way, "system": inside.system, "addresses": inside.marks.addresses}


def _add_machine(draft: Draft, inside: Inside) -> Machine:
    is_guest = inside.virtualisation not in ("none", "")
    kind = EntryKind.GUEST if is_guest else EntryKind.HOST
    name = draft.add(
        Entry(
            name=make_name(inside.name or inside.way, fallback=kind.value),
            kind=kind,
            addresses=inside.marks.addresses,
            uuid=inside.marks.uuid,
            macs=inside.marks.macs if is_guest else (),
            ssh="" if inside.way == _HOME else inside.way,
            system=inside.system,
        ),
        *([ON_UNKNOWN.fill(kind=inside.virtualisation)] if is_guest else []),
        *_inside_comments(inside),
    )
    machine = Machine(name=name, kind=kind, marks=inside.marks)
    draft.machines.append(machine)
    return machine


def _inside_comments(inside: Inside) -> Iterable[Words]:
    if inside.cron:
        places = ", ".join(f"{one.path} ({one.jobs})" for one in inside.cron[:8])
        yield JOBS.fill(count=sum(one.jobs for one in inside.cron), places=make_plain(places))
    for lack in inside.lacks:
        yield NOT_SEEN.fill(what=lack.what, why=lack.why, close_by=lack.close_by)


def _add_services(draft: Draft, machine: Machine, inside: Inside) -> None:
    named = [site for site in inside.sites if site.names]
    groups: dict[tuple[str, str], list[Listening]] = {}
    for one in filter(is_service, inside.listening):
        groups.setdefault((find_role(one), one.program), []).append(one)
    for (role, program), found in groups.items():
        if role == WEB and named and program in ("apache2", "httpd", "nginx", ""):
            continue  # its virtual hosts stand for it
        _add_service(draft, machine, role, program, tuple(one.port for one in found))
    for site in named:
        _add_site(draft, machine, site)


def _add_service(draft: Draft, machine: Machine, role: str, program: str, ports: tuple[int, ...]) -> None:
    text = f"{machine.name}-{role or program}"
    if text in draft.taken and program:
        text = f"{machine.name}-{program}"
    port = choose_port(role, list(ports))
    entry = Entry(
        name=make_name(text, fallback="service"),
        kind=EntryKind.SERVICE,
        on=machine.name,
        role=role,
        port=port,
    )
    others = ", ".join(str(one) for one in sorted(set(ports) - {port})[:12])
    comments = [LISTENS.fill(program=program, also=f", {others}" if others else "", port=port)]
    name = draft.add(entry, *(comments if program else [BY_PORT.fill(port=port)] if role else []))
    machine.services.append(Service(name=name, role=role, program=program, ports=ports))


def _add_site(draft: Draft, machine: Machine, site: WebSite) -> None:
    host = site.names[0].partition(":")[0]
    ports = tuple(int(port) for one in site.listen if (port := one.rpartition(":")[2]).isdecimal())
    tls = site.tls or 443 in ports
    usual = not ports or (443 if tls else 80) in ports
    url = f"{'https' if tls else 'http'}://{host}{'' if usual else f':{ports[0]}'}/"
    entry = Entry(
        name=make_name(host, fallback="site"),
        kind=EntryKind.SERVICE,
        on=machine.name,
        role=WEB,
        url=make_plain(url),
    )
    others = [make_plain(one) for one in site.names[1:9]]
    name = draft.add(entry, *([ALSO.fill(names=", ".join(others))] if others else []))
    machine.services.append(
        Service(name=name, role=WEB, program="", ports=ports or (443 if tls else 80,), site=site)
    )


NO_AUTOSTART = Words(
    "does not start its guests by itself after its own start",
    "このホストは、自身の起動後にゲストを自動起動しません",
)
CONTAINER = Words("a container", "コンテナー")
NOT_RUNNING = Words("did not run when it was seen: {state}", "確認時には動いていませんでした: {state}")
STARTS = Words("starts as number {order} by its host's own order", "ホスト自身の起動順では {order} 番目")
NO_ADDRESS = Words(
    "its addresses are not known below: run its guest tools or agent, or look inside over SSH",
    "ハイパーバイザーからはアドレスが見えません。"
    "ゲストツールかエージェントを動かすか、SSH で内部を調べてください",
)
ON_UNKNOWN = Words(
    'a guest ({kind}): what it runs on was not asked; discover its hypervisor, too, or write on = "HOST"',
    "仮想マシン ({kind}) ですが、その下のホストは未確認です。ハイパーバイザーも discover するか"
    ' on = "ホスト名" を書いてください',
)
DOUBLED = Words("left out, as another has the same: {marks}", "他と重複するため省いたもの: {marks}")
JOBS = Words("{count:timed job|timed jobs}: {places}", "定期ジョブ {count} 件: {places}")
NOT_SEEN = Words("not seen: {what} ({why}). {close_by}", "見えなかったもの: {what} ({why})。{close_by}")
LISTENS = Words("{program} listens at {port}{also}", "{program} が {port}{also} で待ち受け")
BY_PORT = Words(
    "by its port, {port}: the program was not told", "ポート {port} からの推定 (プログラムは不明)"
)
ALSO = Words("also called {names}", "別名 {names}")
