"""Entries as they come together from several looks."""

from dataclasses import dataclass, field, replace

from tenmatsu.model.inside import Inside, WebSite
from tenmatsu.model.marks import Marks
from tenmatsu.model.site_map import Entry, EntryKind
from tenmatsu.model.words import Words
from tenmatsu.site.names import make_unique
from tenmatsu.site.proposal import ProposedEntry, ProposedNeed


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

    def add(self, entry: Entry, *comments: Words, is_partial: bool = False) -> str:
        """Take an entry in under its name, made unique, and return that."""
        name = make_unique(entry.name, self.taken)
        self.entries[name] = ProposedEntry(
            entry=replace(entry, name=name), comments=comments, is_partial=is_partial
        )
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


NO_ADDRESS = Words(
    "its addresses are not known below: run its guest tools or agent, or look inside over SSH",
    "ハイパーバイザーからはアドレスが見えません。"
    "ゲストツールかエージェントを動かすか、SSH で内部を調べてください",
)
