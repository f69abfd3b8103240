"""A picture of a site as SVG: no script, nothing fetched from outside; light or dark as the reader's page.

Names and notes may come from guests: all text is made plain and escaped.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from tenmatsu.model.line_breaks import count_cells
from tenmatsu.model.site_map import EntryKind
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.site.picture import Arrow, Box, Picture
from tenmatsu.site.svg_layout import HEAD_HEIGHT, LINE_HEIGHT, Page, Place, lay_out
from tenmatsu.site.svg_routes import (
    Grid,
    Point,
    Rectangle,
    draw_way,
    find_doors,
    find_edges,
    find_obstacles,
    is_clear,
)

# What XML 1.0 has no place for, beside what make_plain takes away (Char, XML 1.0 section 2.2).
_NO_XML = re.compile("[\ufffe\uffff]")
# By this a drawing of ours is known. It stands before everything that a name could be part of.
_MARK = "<metadata>tenmatsu site show</metadata>"
_COLOURS = 6
_BEND = 60.0
_ASIDE = 1.6  # so far beside each other run the ways to targets of different colours, in pixels
_WIDE, _NARROW = 8.2, 6.4  # a character's width on a generous guess: no font is known here, in both sizes
_STYLE = """
:root { color-scheme: light dark; }
svg { --page: #ffffff; --host: #f3f5f8; --card: #ffffff; --line: #c3cad4; --text: #1c2430; --faint: #5d6878;
  --web: #e7f0fd; --c0: #1f6fd0; --c1: #b0389c; --c2: #a86400; --c3: #23803c; --c4: #6a4bd0; --c5: #c23b36; }
@media (prefers-color-scheme: dark) {
  svg { --page: #14181e; --host: #1c222b; --card: #262e39; --line: #455163; --text: #e6ebf2; --faint: #9aa7b8;
    --web: #22364f; --c0: #69a9f5; --c1: #e58bd6; --c2: #e2ab5a; --c3: #74cf8c; --c4: #ae98f7;
    --c5: #f28a85; } }
.page { fill: var(--page); }
text { fill: var(--text); font: 13px system-ui, "Noto Sans", "Noto Sans CJK JP", sans-serif; }
.name { font-weight: 600; } .small { fill: var(--faint); font-size: 11px; }
.host > rect { fill: var(--host); stroke: var(--line); }
.guest > rect { fill: var(--card); stroke: var(--line); }
.service > rect { fill: var(--web); stroke: none; }
.outside > rect { fill: var(--card); stroke: var(--line); stroke-dasharray: 4 3; }
.fold > rect { fill: none; stroke: var(--line); stroke-dasharray: 2 3; }
.need { fill: none; stroke-width: 1.6; opacity: .75; } .need:hover { stroke-width: 4; opacity: 1; }
.fold .small { font-weight: 600; }
"""

Told = Callable[[Box], tuple[str, str]]


def write_svg(picture: Picture, title: str, told: Told) -> str:
    """Return the document. `told` gives the name of a box and what it is, in the reader's language."""
    page = lay_out(picture)
    colours = {key: at % _COLOURS for at, key in enumerate(dict.fromkeys(a.target for a in picture.arrows))}
    pen = _Pen(picture, page, colours, told)
    size = f'width="{page.width:.0f}" height="{page.height:.0f}"'
    view = f'viewBox="0 0 {page.width:.0f} {page.height:.0f}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {view} role="img">',
        _MARK,
        f"<title>{_text(title)}</title>",
        f"<style>{_STYLE}</style>",
        f"<defs>{''.join(_marker(at) for at in range(_COLOURS))}</defs>",
        f'<rect class="page" {size}/>',
        *pen.draw_hosts(),
        *pen.draw_arrows(),  # behind the cards, whose text they would cross
        *pen.draw_cards(),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def is_ours(start: bytes) -> bool:
    """Tell whether a file that begins so may be drawn over: a drawing of ours, or nothing yet."""
    return not start or (start.startswith(b"<svg ") and _MARK.encode() in start.partition(b"<title>")[0])


def _text(text: str) -> str:
    return escape(_NO_XML.sub(" ", make_plain(text)))


def _marker(at: int) -> str:
    return (
        f'<marker id="head{at}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"'
        f' markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 8 4 0 8z" fill="var(--c{at})"/></marker>'
    )


@dataclass(frozen=True, slots=True)
class _Pen:
    """What the parts of the drawing need: where all stands, in which colour, and by which words."""

    picture: Picture
    page: Page
    colours: Mapping[str, int]
    told: Told

    def draw_hosts(self) -> Iterator[str]:
        for place in self.page.places.values():
            if place.box.kind is EntryKind.HOST:
                yield self._draw_box(place)

    def draw_cards(self) -> Iterator[str]:
        for place in sorted(self.page.places.values(), key=lambda one: one.depth):
            if place.box.kind is not EntryKind.HOST:
                yield self._draw_box(place)

    def draw_arrows(self) -> Iterator[str]:
        ways = _Ways.of(self.picture, self.page)
        for arrow in self.picture.arrows:
            if self.picture.boxes[arrow.source].entry is None:
                continue
            note = f"{arrow.source} → {arrow.target}"
            note += f": {arrow.reasons[0]}" if arrow.reasons else ""
            colour = self.colours[arrow.target]
            yield (
                f'<path class="need" d="{ways.find(arrow, colour)}" stroke="var(--c{colour})"'
                f' marker-end="url(#head{colour})"><title>{_text(note)}</title></path>'
            )

    def _draw_box(self, place: Place) -> str:
        box = place.box
        name, what = self.told(box)
        is_chip = box.kind is EntryKind.SERVICE and place.height < HEAD_HEIGHT
        text = _chip_text(place, name, what) if is_chip else _card_text(place, name, what)
        needs = "".join(self._fold_needs(place)) if box.entry is None else ""
        note = f"{name} – {what}" if what else name
        colour = self.colours.get(box.key)
        bar = "" if colour is None else _bar(place, colour)
        return (
            f'<g class="{box.kind.value if box.entry else "fold"}"><title>{_text(note)}</title>'
            f'<rect x="{place.x:.1f}" y="{place.y:.1f}" width="{place.width:.1f}"'
            f' height="{place.height:.1f}" rx="{5 if is_chip else 9}"/>{bar}{text}{needs}</g>'
        )

    def _fold_needs(self, place: Place) -> Iterator[str]:
        for at, arrow in enumerate(self.picture.needs_of(place.box.key)):
            y = place.y + HEAD_HEIGHT - 8 + at * LINE_HEIGHT + 8
            fill = f'style="fill: var(--c{self.colours[arrow.target]})"'
            words = cut(f"→ {arrow.target} × {arrow.count}", (place.width - 20) / 6.2)
            yield f'<text x="{place.x + 10:.1f}" y="{y:.1f}" class="small" {fill}>{_text(words)}</text>'


def _bar(place: Place, colour: int) -> str:
    """Return the mark of what others need, in the colour of the arrows that come in."""
    x, y = place.x, place.y + 4
    return (
        f'<path d="M{x:.1f} {y:.1f}v{place.height - 8:.1f}" stroke="var(--c{colour})" stroke-width="3"'
        ' stroke-linecap="round"/>'
    )


def _card_text(place: Place, name: str, what: str) -> str:
    room = place.width - 20
    return _line(place.x + 10, place.y + 18, "name", cut(name, room / _WIDE)) + _line(
        place.x + 10, place.y + 34, "small", cut(what, room / _NARROW)
    )


def _chip_text(place: Place, name: str, what: str) -> str:
    room = place.width - 16
    shown = cut(name, room / _WIDE)
    rest = cut(what, (room - _WIDE * count_cells(shown) - 8) / _NARROW)
    right = place.x + 8 + _WIDE * count_cells(shown) + 8
    y = place.y + place.height / 2 + 4.5
    return _line(place.x + 8, y, "", shown) + (_line(right, y, "small", rest) if len(rest) > 1 else "")


def _line(x: float, y: float, style: str, text: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{style}">{_text(text)}</text>'


def cut(text: str, most_cells: float) -> str:
    """Return the text, cut where it is wider than so many narrow characters."""
    if count_cells(text) <= most_cells:
        return text
    while text and count_cells(text) + 1 > most_cells:
        text = text[:-1]
    return text + "…"


@dataclass(frozen=True, slots=True)
class _Ways:
    """Finds the path of each arrow: a curve where nothing is in its way, else along the gaps."""

    places: Mapping[str, Place]
    obstacles: Sequence[Rectangle]
    grid: Grid

    @classmethod
    def of(cls, picture: Picture, page: Page) -> "_Ways":
        """Return the ways of a page."""
        doors = [
            door
            for arrow in picture.arrows
            for key in (arrow.source, arrow.target)
            for door in find_doors(page.places[key], page.places, is_target=key == arrow.target)
        ]
        obstacles = find_obstacles(page.places.values())
        return cls(page.places, obstacles, Grid(obstacles, doors))

    def find(self, arrow: Arrow, colour: int) -> str:
        """Return the path of an arrow."""
        one, other = self.places[arrow.source], self.places[arrow.target]
        curve = _find_curve(one, other, self.places)
        if not is_clear(curve, self.obstacles, (curve[0], curve[-1])):
            way = self.grid.find_way(
                find_doors(one, self.places, is_target=False), find_doors(other, self.places, is_target=True)
            )
            if way:
                return draw_way(way, (colour - _COLOURS / 2) * _ASIDE)
        start, *bends = (f"{x:.1f} {y:.1f}" for x, y in curve)
        return f"M{start}C{' '.join(bends)}"


def _find_curve(one: Place, other: Place, places: Mapping[str, Place]) -> list[Point]:
    """Return a curve from side to side, up to what is outside, around where one is above the other."""
    if other.box.kind is EntryKind.OUTSIDE and other.y + other.height < one.y:
        x, y, to_x, to_y = one.x + one.width * 0.7, one.y, other.x + other.width / 2, other.y + other.height
        return [(x, y), (x, y - _BEND), (to_x, to_y + _BEND), (to_x, to_y)]
    y, to_y = (place.y + min(place.height, HEAD_HEIGHT) / 2 for place in (one, other))
    left, right = find_edges(one, places)
    to_left, to_right = find_edges(other, places)
    x, out = (right, 1) if to_right > left + 1 else (left, -1)
    to_x, into = (to_left, -1) if to_left > right else (to_right, 1)
    bend = min(_BEND * 2, _BEND / 2 + abs(to_x - x) / 3)
    return [(x, y), (x + out * bend, y), (to_x + into * bend, to_y), (to_x, to_y)]
