"""Where each box of a picture stands on a page: services within guests, guests within hosts. In pixels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from tenmatsu.model.site_map import EntryKind
from tenmatsu.site.picture import Box, Picture

CARD_WIDTH = 210.0
HEAD_HEIGHT = 42.0
CHIP_HEIGHT = 24.0
LINE_HEIGHT = 16.0  # of what a fold needs, which stands in words: its arrows would cover everything else
GAP = 16.0
ROOM = 56.0  # between cards, where arrows pass
_PAGE_WIDTH = 1400.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a box stands: its upper left corner, its size. `depth`: in how many others it stands."""

    box: Box
    x: float
    y: float
    width: float
    height: float
    depth: int = 0

    def moved(self, x: float, y: float) -> "Place":
        """Return the same, so much farther right and down, one deeper."""
        return Place(
            box=self.box,
            x=self.x + x,
            y=self.y + y,
            width=self.width,
            height=self.height,
            depth=self.depth + 1,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """All places by key, those that hold others first, and the size of the whole."""

    places: Mapping[str, Place]
    width: float
    height: float


def lay_out(picture: Picture) -> Page:
    """Return the page: what is outside on top, then every host with what is on it."""
    wanted = {arrow.target for arrow in picture.arrows}
    tops = [box for box in picture.boxes.values() if not box.on and box.kind is not EntryKind.OUTSIDE]
    outside = [_place_card(box, picture) for box in picture.boxes.values() if box.kind is EntryKind.OUTSIDE]
    blocks = [_place_block(box, picture, wanted) for box in sorted(tops, key=_hosts_first)]
    width = max(_PAGE_WIDTH, *(block[0].width for block in blocks), 0.0)
    placed, bottom = _flow(outside, GAP, width, ROOM)
    more, bottom = _flow(blocks, bottom + (ROOM if outside else 0.0), width, ROOM)
    places = {one.box.key: one for one in (*placed, *more)}
    right = max((one.x + one.width for one in places.values()), default=0.0)
    return Page(places=places, width=right + GAP, height=bottom + GAP)


def _hosts_first(box: Box) -> bool:
    return box.kind is not EntryKind.HOST


def _place_block(box: Box, picture: Picture, wanted: set[str]) -> list[Place]:
    """Return a box at the origin, and all that stands in it."""
    inner = picture.on(box.key)
    cards = [one for one in inner if one.kind in (EntryKind.GUEST, EntryKind.HOST)]
    if box.kind is EntryKind.SERVICE or (box.kind is EntryKind.GUEST and not cards):
        return _place_card(box, picture)
    cards.sort(key=lambda one: _rank(one, picture, wanted))
    blocks = [_place_block(one, picture, wanted) for one in cards]
    chips = _place_chips(box, picture)
    most = CARD_WIDTH * (columns := max(1, min(5, ceil(sqrt(len(blocks)))))) + ROOM * (columns - 1) + 2 * GAP
    widest = max((block[0].width for block in blocks), default=0.0) + 2 * GAP
    top = HEAD_HEIGHT + len(chips) * (CHIP_HEIGHT + 4) + (8 if blocks else 0)
    placed, bottom = _flow(blocks, top, max(most, widest), ROOM)
    right = max((one.x + one.width for one in (*placed, *chips)), default=CARD_WIDTH)
    outer = Place(box=box, x=0.0, y=0.0, width=max(right + GAP, CARD_WIDTH), height=bottom + GAP)
    return [outer, *(one.moved(0, 0) for one in (*chips, *placed))]


def _rank(box: Box, picture: Picture, wanted: set[str]) -> tuple[bool, bool]:
    """Return what sorts what others need to the front, and what was folded to the end."""
    keys = {box.key, *(one.key for one in picture.on(box.key))}
    return box.entry is None, keys.isdisjoint(wanted)


def _place_card(box: Box, picture: Picture) -> list[Place]:
    chips = _place_chips(box, picture)
    height = HEAD_HEIGHT + len(chips) * (CHIP_HEIGHT + 4) + (4 if chips else 0)
    if box.entry is None:
        height += LINE_HEIGHT * len(picture.needs_of(box.key)) - 8
    card = Place(box=box, x=0.0, y=0.0, width=CARD_WIDTH, height=height)
    return [card, *(one.moved(0, 0) for one in chips)]


def _place_chips(box: Box, picture: Picture) -> list[Place]:
    services = [one for one in picture.on(box.key) if one.kind is EntryKind.SERVICE]
    return [
        Place(
            box=one,
            x=8.0,
            y=HEAD_HEIGHT + at * (CHIP_HEIGHT + 4),
            width=CARD_WIDTH - 16,
            height=CHIP_HEIGHT,
        )
        for at, one in enumerate(services)
    ]


def _flow(
    blocks: Sequence[Sequence[Place]], top: float, width: float, room: float
) -> tuple[list[Place], float]:
    """Return the blocks side by side in rows no wider than `width`, and where the last row ends."""
    placed: list[Place] = []
    x, y, lowest = GAP, top, top
    for block in blocks:
        if x > GAP and x + block[0].width + GAP > width:
            x, y = GAP, lowest + room / 2
        placed += [
            Place(
                box=one.box,
                x=one.x + x,
                y=one.y + y,
                width=one.width,
                height=one.height,
                depth=one.depth,
            )
            for one in block
        ]
        lowest = max(lowest, y + block[0].height)
        x += block[0].width + room
    return placed, lowest
