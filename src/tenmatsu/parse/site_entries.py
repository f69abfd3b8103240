"""The tables `[host.NAME]`, `[guest.NAME]`, `[service.NAME]` and `[outside.NAME]` of a site file."""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from uuid import UUID

from tenmatsu.errors import BadSite
from tenmatsu.model.below import Product
from tenmatsu.model.site_map import Api, Entry, EntryKind, Need
from tenmatsu.model.words import Words
from tenmatsu.parse.site_circles import find_circle
from tenmatsu.parse.site_probes import read_secrets
from tenmatsu.parse.toml_table import Table

_NAME = re.compile(r"[\w.-]{1,60}")
_MAC = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}")
_SHA256 = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_PRODUCTS = {product.value: product for product in Product}
# What each kind may run on. A host on a guest is a nested hypervisor, as in a rehearsal.
_MAY_BE_ON = {
    EntryKind.HOST: (EntryKind.GUEST, EntryKind.HOST),
    EntryKind.GUEST: (EntryKind.HOST,),
    EntryKind.SERVICE: (EntryKind.GUEST, EntryKind.HOST, EntryKind.OUTSIDE),
    EntryKind.OUTSIDE: (),
}


def read_entries(root: Table) -> dict[str, Entry]:
    """Return the entries by name. Doubled or unknown names, doubled addresses and circles raise BadSite."""
    entries: dict[str, Entry] = {}
    tables: dict[str, Table] = {}
    for kind in EntryKind:
        group = root.table(kind.value)
        for name in group.names():
            table = group.table(name)
            if name in entries:
                raise table.wrong(TWICE.fill(name=name, line=entries[name].line))
            entries[name] = _read_entry(name, kind, table)
            tables[name] = table
    for name, entry in entries.items():
        _check_names(entry, entries, tables[name])
    _check_unique(entries, tables)
    circle = find_circle(entries)
    if circle:
        raise tables[circle[0]].wrong(CIRCLE.fill(names=" → ".join((*circle, circle[0]))))
    return dict(sorted(entries.items(), key=lambda item: item[1].line))


def _read_entry(name: str, kind: EntryKind, table: Table) -> Entry:
    if not _NAME.fullmatch(name):
        raise table.wrong(BAD_NAME.fill(name=name))
    entry = Entry(
        name=name,
        kind=kind,
        on=table.text("on", ""),
        addresses=tuple(_address(table, one) for one in table.one_or_list("address")),
        uuid=_uuid(table) if kind in (EntryKind.GUEST, EntryKind.HOST) else "",
        macs=tuple(_mac(table, one) for one in table.one_or_list("mac")) if kind is EntryKind.GUEST else (),
        called=table.text("called", "") if kind is EntryKind.GUEST else "",
        ssh=table.text("ssh", "") if kind in (EntryKind.GUEST, EntryKind.HOST) else "",
        api=_read_api(table) if kind is EntryKind.HOST else None,
        system=table.text("system", ""),
        role=table.text("role", "") if kind in (EntryKind.SERVICE, EntryKind.OUTSIDE) else "",
        url=table.text("url", "") if kind in (EntryKind.SERVICE, EntryKind.OUTSIDE) else "",
        port=_port(table) if kind in (EntryKind.SERVICE, EntryKind.OUTSIDE) else None,
        needs=_read_needs(table),
        note=table.text("note", ""),
        line=table.line(),
    )
    table.done()
    return entry


def _read_api(table: Table) -> Api | None:
    """Return how the hypervisor of a host is asked. Its keys may only be there where one is named."""
    product = table.text("hypervisor", "")
    if not product:
        return None
    if product not in _PRODUCTS:
        raise table.wrong(NO_PRODUCT.fill(name=product, known=", ".join(_PRODUCTS)), "hypervisor")
    secrets = read_secrets(table)
    certificate = table.text("certificate", "").lower().replace(" ", "")
    pinned = _SHA256.fullmatch(re.sub(r"(?<=[0-9a-f]{2}):(?=[0-9a-f]{2})", "", certificate))
    if certificate and not pinned:
        raise table.wrong(BAD_CERTIFICATE, "certificate")
    given = table.one_or_list("address")
    return Api(
        product=_PRODUCTS[product],
        address=table.text("api", str(given[0]) if given else ""),
        user=table.text("user", ""),
        secrets=secrets,
        certificate=pinned[1] if pinned else "",
        ca_file=table.text("ca_file", ""),
    )


def _read_needs(table: Table) -> tuple[Need, ...]:
    needs = []
    for one in table.items("needs"):
        if isinstance(one, str):
            needs.append(Need(what=one))
        elif isinstance(one, dict) and isinstance(one.get("what"), str) and set(one) <= {"what", "because"}:
            needs.append(Need(what=one["what"], because=str(one.get("because", ""))))
        else:
            raise table.wrong(BAD_NEED, "needs")
    return tuple(needs)


def _address(table: Table, given: object) -> str:
    try:
        return str(ip_address(str(given)))
    except ValueError as bad:
        raise table.wrong(BAD_ADDRESS.fill(given=given), "address") from bad


def _mac(table: Table, given: object) -> str:
    mac = str(given).lower().replace("-", ":")
    if not _MAC.fullmatch(mac):
        raise table.wrong(BAD_MAC.fill(given=given), "mac")
    return mac


def _uuid(table: Table) -> str:
    given = table.text("uuid", "")
    try:
        return str(UUID(given)) if given else ""
    except ValueError as bad:
        raise table.wrong(BAD_UUID.fill(given=given), "uuid") from bad


def _port(table: Table) -> int | None:
    port = table.maybe_whole("port")
    if port is not None and not 1 <= port <= 65535:
        raise table.wrong(BAD_PORT, "port")
    return port


def _check_names(entry: Entry, entries: Mapping[str, Entry], table: Table) -> None:
    if entry.on:
        if entry.on not in entries:
            raise _unknown(entry.on, entries, table, "on")
        if entries[entry.on].kind not in _MAY_BE_ON[entry.kind]:
            raise table.wrong(NOT_ON.fill(name=entry.name, on=entry.on), "on")
    for need in entry.needs:
        if need.what not in entries:
            raise _unknown(need.what, entries, table, "needs")


def _unknown(name: str, entries: Mapping[str, Entry], table: Table, key: str) -> BadSite:
    return table.wrong(UNKNOWN_NAME.fill(name=name, known=", ".join(entries)), key)


def _check_unique(entries: Mapping[str, Entry], tables: Mapping[str, Table]) -> None:
    """Refuse a second owner of a UUID, a card or an address; a service's address is its machine's."""
    seen: dict[tuple[str, str], str] = {}
    for name, entry in entries.items():
        addresses = () if entry.kind is EntryKind.SERVICE else entry.addresses
        marks = [("address", one) for one in addresses] + [("mac", one) for one in entry.macs]
        marks += [("uuid", entry.uuid)] if entry.uuid else []
        for key, mark in marks:
            if seen.setdefault((key, mark), name) != name:
                raise tables[name].wrong(DOUBLED.fill(what=mark, other=seen[key, mark]), key)


TWICE = Words(
    "there is a '{name}' in line {line} already: every name once, whatever it is",
    "「{name}」は {line} 行目にもあります。名前は種類を問わず一度だけ使えます",
)
BAD_NAME = Words(
    "'{name}' cannot be a name: letters, digits, dot, - and _, at most 60",
    "「{name}」は名前に使えません。英数字、ピリオド、-、_ で 60 字まで",
)
NO_PRODUCT = Words("there is no hypervisor '{name}': {known}", "hypervisor「{name}」はありません: {known}")
BAD_CERTIFICATE = Words(
    "a certificate is pinned by its SHA-256: 64 hex digits (tenmatsu site check prints it)",
    "証明書は SHA-256 (16 進 64 桁) で固定します (tenmatsu site check が表示します)",
)
BAD_NEED = Words(
    'a need is a name, or { what = "NAME", because = "…" }',
    'needs の要素は名前か { what = "名前", because = "…" } です',
)
BAD_ADDRESS = Words("'{given}' is not an IP address", "「{given}」は IP アドレスではありません")
BAD_MAC = Words("'{given}' is not a MAC address", "「{given}」は MAC アドレスではありません")
BAD_UUID = Words("'{given}' is not a UUID", "「{given}」は UUID ではありません")
BAD_PORT = Words("a port is from 1 to 65535", "ポートは 1 から 65535 まで")
NOT_ON = Words("'{name}' cannot run on '{on}'", "「{name}」は「{on}」の上では動きません")
UNKNOWN_NAME = Words("nobody knows '{name}': {known}", "「{name}」はありません: {known}")
DOUBLED = Words("{what} is that of '{other}' already", "{what} は「{other}」のものです")
CIRCLE = Words(
    "these need each other in a circle, so none could start first: {names}",
    "依存関係が循環していて、どれも最初に起動できません: {names}",
)
