"""`investigate --site`: a component, and all machines in which its fault may sit, looked at at once."""

import sys
import threading
from dataclasses import dataclass

from tenmatsu import __version__
from tenmatsu.cli.asked import Ask
from tenmatsu.cli.site_names import name_unknown
from tenmatsu.cli.site_ways import Way, find_way, open_blind, open_way
from tenmatsu.errors import TenmatsuError, WrongUse
from tenmatsu.model.case import Case
from tenmatsu.model.evidence import Evidence
from tenmatsu.model.site import Component, Site
from tenmatsu.model.site_map import Entry, EntryKind, SiteMap
from tenmatsu.model.words import Language, Words
from tenmatsu.sight.side_by_side import Opened, Place, Seen, join_seen, look_side_by_side


@dataclass(frozen=True, kw_only=True, slots=True)
class _Question:
    """What is asked of a site: of which entry, which machine that is, and the window."""

    site: SiteMap
    entry: Entry
    machine: Entry
    ask: Ask
    stop: threading.Event


def choose_entry(site: SiteMap, name: str | None) -> Entry:
    """Return the entry of that name; else that of this machine, or the only guest. Raises WrongUse."""
    if name is not None:
        if name not in site.entries:
            raise name_unknown(name, site)
        if site.entries[name].kind is EntryKind.OUTSIDE:
            raise WrongUse(OUTSIDE.fill(name=name))
        return site.entries[name]
    machines = (*site.of_kind(EntryKind.GUEST), *site.of_kind(EntryKind.HOST))
    here = [entry for entry in machines if find_way(entry) is Way.HERE]
    if len(here) == 1:
        return here[0]
    guests = site.of_kind(EntryKind.GUEST)
    if len(guests) == 1:
        return guests[0]
    raise WrongUse(WHICH.fill(known=", ".join(site.entries) or "–"))


def look_at_site(site: SiteMap, entry: Entry, ask: Ask, language: Language) -> Case:
    """Look at a component, at all layers below it and at what it needs, in one window; and judge."""
    from tenmatsu.cli.ending_early import ending_early
    from tenmatsu.cli.progress import Progress
    from tenmatsu.diagnose.engine import diagnose

    question = _Question(
        site=site, entry=entry, machine=site.machine_of(entry.name), ask=ask, stop=threading.Event()
    )
    places = [_place_here(question), *_places_beside(question)]
    with ending_early(question.stop), Progress(ask.seconds, sys.stderr, language) as progress:
        first, *others = look_side_by_side(places, progress)
    if first.evidence is None:
        raise WrongUse(first.why_not or NOWHERE)
    evidence = join_seen(first.evidence, others)
    offsets = (one.clock_offset for one in (first, *others))
    return Case(
        version=__version__,
        site=_describe(question, evidence, others),
        evidence=evidence,
        verdict=diagnose(evidence),
        clock_offsets=tuple(offset for offset in offsets if offset is not None),
    )


def _place_here(question: _Question) -> Place:
    """Return the machine asked about: looked at inside where there is a way, and from below where one is."""
    machine, ask = question.machine, question.ask
    host = next((one for one in question.site.below(machine.name) if one.api), None)

    def open_it() -> Opened:
        way = find_way(machine)
        if way is Way.NONE:
            return open_blind(machine, host, NO_WAY.fill(name=machine.name), ask, question.stop)
        try:
            return open_way(machine, way, host, ask, question.stop)
        except TenmatsuError as error:
            return open_blind(machine, host, error.words, ask, question.stop)

    return Place(entry=machine, why=ASKED, open=open_it)


def _places_beside(question: _Question) -> list[Place]:
    """Return the machines that it needs, and the hosts below it that can be looked into, each once."""
    site, machine = question.site, question.machine
    found: dict[str, tuple[Entry, Words]] = {}
    for need in site.needs_of(machine.name):
        needed = site.machine_of(need.what)
        if needed.kind is not EntryKind.OUTSIDE:
            found.setdefault(needed.name, (needed, NEEDED.fill(name=machine.name)))
    for host in site.below(machine.name):
        if find_way(host) is not Way.NONE:
            found.setdefault(host.name, (host, BELOW.fill(name=machine.name)))
    found.pop(machine.name, None)
    return [_place_beside(question, entry, why) for entry, why in found.values()]


def _place_beside(question: _Question, machine: Entry, why: Words) -> Place:
    def open_it() -> Opened:
        way = find_way(machine)
        if way is Way.NONE:
            raise WrongUse(NO_WAY.fill(name=machine.name))
        return open_way(machine, way, None, question.ask, question.stop, beside=True)

    return Place(entry=machine, why=why, open=open_it)


def _describe(question: _Question, evidence: Evidence, others: list[Seen]) -> Site:
    """Return the components that the case speaks of: first the one asked about."""
    names = {evidence.component: (question.machine, None)}
    names |= {one.evidence.component: (one.place.entry, None) for one in others if one.evidence is not None}
    components = [
        Component(id=id, name=entry.name, kind=entry.kind.value, runs_on=entry.on or None)
        for id, (entry, _) in names.items()
    ]
    below = [
        Component(id=event.component, name=event.text("name"), kind=event.name.removesuffix(".facts"))
        for name in ("host.facts", "vm.facts", "store.facts")
        for event in evidence.find_events(name)
        if event.component not in names
    ]
    return Site(components=(*components, *below))


ASKED = Words("asked about", "調査対象")
NEEDED = Words("{name} needs it", "{name} の依存先")
BELOW = Words("{name} runs on it", "{name} の土台")
NO_WAY = Words(
    "the site file has no ssh for '{name}': write ssh = \"HOST\" into its table",
    'サイトファイルの「{name}」に ssh がありません。ssh = "ホスト名" を書いてください',
)
NOWHERE = Words("nothing could be looked at", "何も調べられませんでした")
OUTSIDE = Words(
    "'{name}' lies outside: nobody here can look into it",
    "「{name}」はサイト外のもので、調べられません",
)
WHICH = Words("name what to look at: {known}", "調べる対象を指定してください: {known}")
