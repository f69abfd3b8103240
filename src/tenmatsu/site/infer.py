"""From what was seen to proposed entries: hosts and guests, each machine once."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from tenmatsu.model.below import GuestFacts, HostFacts, Inventory, Power
from tenmatsu.model.inside import Inside
from tenmatsu.model.marks import Marks, find_guest
from tenmatsu.model.site_map import Entry, EntryKind
from tenmatsu.model.words import Words, plain
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.site.draft import NO_ADDRESS, Draft, Machine
from tenmatsu.site.infer_services import add_services
from tenmatsu.site.names import make_name
from tenmatsu.site.proposal import Below, Seen

_HOME = "here"


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
        add_services(draft, machine, inside)
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
        is_partial=_may_hide_guests(host, below.inventory),
    )
    marks = Marks(uuid=host.uuid, addresses=host.addresses)
    draft.machines.append(Machine(name=name, kind=EntryKind.HOST, marks=marks))
    return name


def _may_hide_guests(host: HostFacts, inventory: Inventory) -> bool:
    """Tell whether guests of a host may be missing from an inventory.

    They may where something was not told of all or of this host: whoever may not read all often is not told
    either that there is more. What lacks of one guest or store that was seen hides no other.
    """
    seen = {one.key for group in (inventory.hosts, inventory.guests, inventory.stores) for one in group}
    return not host.connected or any(
        lack.hides_guests and lack.key not in seen - {host.key} for lack in inventory.lacks
    )


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


NO_AUTOSTART = Words(
    "does not start its guests by itself after its own start",
    "このホストは、自身の起動後にゲストを自動起動しません",
)
CONTAINER = Words("a container", "コンテナー")
NOT_RUNNING = Words("did not run when it was seen: {state}", "確認時には動いていませんでした: {state}")
STARTS = Words("starts as number {order} by its host's own order", "ホスト自身の起動順では {order} 番目")
ON_UNKNOWN = Words(
    'a guest ({kind}): what it runs on was not asked; discover its hypervisor, too, or write on = "HOST"',
    "仮想マシン ({kind}) ですが、その下のホストは未確認です。ハイパーバイザーも discover するか"
    ' on = "ホスト名" を書いてください',
)
DOUBLED = Words("left out, as another has the same: {marks}", "他と重複するため省いたもの: {marks}")
JOBS = Words("{count:timed job|timed jobs}: {places}", "定期ジョブ {count} 件: {places}")
NOT_SEEN = Words("not seen: {what} ({why}). {close_by}", "見えなかったもの: {what} ({why})。{close_by}")
