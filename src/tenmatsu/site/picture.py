"""What is drawn of a site: a box for each thing, or for many that nobody needs; arrows for needs."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tenmatsu.model.site_map import Entry, EntryKind, SiteMap

# As many boxes a person takes in, and a terminal shows without much scrolling. Above, what nobody needs is
# folded by the host that it runs on.
MOST_BOXES = 60
_OUTSIDE_FOLD = "++"  # no entry's name holds a plus
# From what lies around everything to what carries it all.
LAYERS = (EntryKind.OUTSIDE, EntryKind.SERVICE, EntryKind.GUEST, EntryKind.HOST)


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """One thing of the picture. `key` is an entry's name, or that of a fold (`+HOST`: no entry has it).

    `entry` is None where the box stands for `guests` and `services` that were folded. `on` is the key of the
    box that it stands in, empty where that is not known or nothing.
    """

    key: str
    kind: EntryKind
    on: str = ""
    entry: Entry | None = None
    guests: int = 0
    services: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrow:
    """That `source` needs `target` (keys of boxes): so many of it do, for these reasons."""

    source: str
    target: str
    count: int = 1
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """Boxes by key, layer by layer; within one as they stand on their hosts. `folded`: some are many."""

    boxes: Mapping[str, Box]
    arrows: tuple[Arrow, ...]
    folded: bool = False

    def on(self, key: str) -> list[Box]:
        """Return the boxes that stand directly in one."""
        return [box for box in self.boxes.values() if box.on == key]

    def needs_of(self, key: str) -> list[Arrow]:
        """Return the arrows that leave a box."""
        return [arrow for arrow in self.arrows if arrow.source == key]

    def layers(self) -> Iterable[tuple[EntryKind, list[Box]]]:
        """Yield each layer that has anything, from the outside down."""
        for kind in LAYERS:
            boxes = [box for box in self.boxes.values() if box.kind is kind]
            if boxes:
                yield kind, boxes


def make_picture(site: SiteMap, *, most_boxes: int = MOST_BOXES) -> Picture:
    """Return what is drawn: every entry, or of a large site what others need, and the rest folded by host."""
    kept = set(site.entries)
    if len(kept) > most_boxes:
        kept = _find_kept(site)
    places = {name: name if name in kept else _fold_of(name, site) for name in site.entries}
    boxes = [*_entry_boxes(site, kept), *_fold_boxes(site, places)]
    order = {name: at for at, name in enumerate(site.entries)}
    boxes.sort(key=lambda box: (LAYERS.index(box.kind), _ground_order(box, site, order)))
    return Picture(
        boxes={box.key: box for box in boxes},
        arrows=tuple(_find_arrows(site, places)),
        folded=len(kept) < len(site.entries),
    )


def _find_kept(site: SiteMap) -> set[str]:
    """Return the hosts, what others need, and what that runs on."""
    kept = {entry.name for entry in site.of_kind(EntryKind.HOST)}
    needed = {need.what for entry in site.entries.values() for need in entry.needs}
    for name in needed:
        kept |= {name, *(below.name for below in site.below(name))}
    return kept


def _fold_of(name: str, site: SiteMap) -> str:
    entry = site.entries[name]
    if entry.kind is EntryKind.OUTSIDE:
        return _OUTSIDE_FOLD
    below = [one.name for one in site.below(name) if one.kind is EntryKind.HOST]
    return f"+{below[0] if below else ''}"


def _entry_boxes(site: SiteMap, kept: set[str]) -> Iterable[Box]:
    for name, entry in site.entries.items():
        if name in kept:
            yield Box(key=name, kind=entry.kind, on=entry.on, entry=entry)


def _fold_boxes(site: SiteMap, places: Mapping[str, str]) -> Iterable[Box]:
    guests: Counter[str] = Counter()
    services: Counter[str] = Counter()
    for name, place in places.items():
        if place != name:
            is_service = site.entries[name].kind is EntryKind.SERVICE
            (services if is_service else guests)[place] += 1
    for key in dict.fromkeys((*guests, *services)):
        outside = key == _OUTSIDE_FOLD
        yield Box(
            key=key,
            kind=EntryKind.OUTSIDE if outside else EntryKind.GUEST,
            on="" if outside else key[1:],
            guests=guests[key],
            services=services[key],
        )


def _ground_order(box: Box, site: SiteMap, order: Mapping[str, int]) -> tuple[int, int, int]:
    """Return by what boxes of a layer are sorted: their host, their guest, then as in the file."""
    last = len(order)
    if box.entry is None:
        return order.get(box.on, last), last, last
    below = [order[one.name] for one in site.below(box.key)]
    return (below[-1] if below else last), (below[0] if below else last), order[box.key]


def _find_arrows(site: SiteMap, places: Mapping[str, str]) -> Iterable[Arrow]:
    """Yield the needs, those of one fold together; not that something needs what it stands in."""
    found: dict[tuple[str, str], list[str]] = {}
    for name, entry in site.entries.items():
        own = {name, *(below.name for below in site.below(name))}
        for what in dict.fromkeys(need.what for need in entry.needs):
            if what not in own:
                because = next(need.because for need in entry.needs if need.what == what)
                found.setdefault((places[name], what), []).append(because)
    for (source, target), reasons in found.items():
        told = tuple(dict.fromkeys(filter(None, reasons)))
        yield Arrow(source=source, target=target, count=len(reasons), reasons=told)
