"""What is drawn of a site: boxes, arrows, lanes, and the drawing as SVG."""

import re
from collections.abc import Iterator
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.site.made_site import SMALL, make_large, read

from tenmatsu.model.line_breaks import count_cells
from tenmatsu.model.site_map import EntryKind
from tenmatsu.site.focus import focus
from tenmatsu.site.lanes import ASCII, LINES, count_columns, draw_row, find_lanes
from tenmatsu.site.picture import Arrow, Box, Picture, make_picture
from tenmatsu.site.svg import cut, write_svg
from tenmatsu.site.svg_layout import lay_out


def told(box: Box) -> tuple[str, str]:
    return (box.key, box.entry.note) if box.entry else (box.key, "")


def test_a_small_site_is_drawn_whole() -> None:
    picture = make_picture(read(SMALL))
    assert not picture.folded
    assert [(kind.value, [box.key for box in boxes]) for kind, boxes in picture.layers()] == [
        ("outside", ["isp"]),
        ("service", ["named", "blog", "mysql"]),
        ("guest", ["dns1", "web1", "db1"]),
        ("host", ["esx1"]),
    ]
    assert {(arrow.source, arrow.target) for arrow in picture.arrows} == {
        ("web1", "named"),
        ("web1", "isp"),
        ("db1", "named"),
        ("blog", "mysql"),
    }


def test_a_large_site_is_folded_by_host_but_for_what_others_need() -> None:
    picture = make_picture(make_large(50, 20))
    assert picture.folded
    assert len(picture.boxes) == 50 + 50 + 3  # hosts, folds, and gateway, named, its guest
    fold = picture.boxes["+h7"]
    assert (fold.guests, fold.on, fold.kind) == (20, "h7", EntryKind.GUEST)
    assert picture.boxes["+h0"].guests == 19
    arrows = {arrow.target: arrow.count for arrow in picture.needs_of("+h7")}
    assert arrows == {"named": 20, "gateway": 1}
    assert sum(arrow.count for arrow in picture.arrows) == 999 + 50


def test_what_is_folded_without_a_host_or_outside_has_its_place() -> None:
    lines = [f"[guest.g{at}]\n[outside.o{at}]\n[service.s{at}]" for at in range(30)]
    picture = make_picture(read("\n".join([*lines, "[host.outside]"])))
    outside, nowhere = picture.boxes["++"], picture.boxes["+"]
    assert (outside.kind, outside.guests) == (EntryKind.OUTSIDE, 30)
    assert (nowhere.guests, nowhere.services, nowhere.on) == (30, 30, "")


def test_the_part_around_one_entry() -> None:
    site = focus(read(SMALL), ["blog"])
    assert set(site.entries) == {"blog", "web1", "esx1", "mysql", "db1", "named", "dns1", "isp"}
    site = focus(read(SMALL), ["dns1"])
    assert set(site.entries) == {"dns1", "esx1", "named", "web1", "db1"}
    assert [need.what for need in site.entries["web1"].needs] == ["named"]


def draw(rows: str, arrows: list[tuple[str, str]], ascii_only: bool = False) -> list[str]:
    lanes = find_lanes(rows, [Arrow(source=one, target=other) for one, other in arrows])
    signs = ASCII if ascii_only else LINES
    width = count_columns(lanes)
    return [
        "".join(piece for piece, _ in draw_row(at, key, lanes, width, signs)) + key
        for at, key in enumerate(rows)
    ]


def test_lanes_lead_from_what_needs_to_what_is_needed() -> None:
    assert draw("abcd", [("c", "a"), ("d", "a"), ("d", "b")]) == [
        "┌───► a",
        "│ ┌─► b",
        "├─│── c",
        "└─┴── d",
    ]
    assert draw("abc", [("a", "b"), ("c", "b")]) == ["┌── a", "├─► b", "└── c"]
    assert draw("abcd", [("b", "a"), ("d", "c")]) == ["┌─► a", "└── b", "┌─► c", "└── d"]
    assert draw("abc", [("b", "a"), ("c", "b")], ascii_only=True) == [".---> a", "'-.-> b", "  '-- c"]


@given(st.sets(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh")), max_size=20))
def test_each_arrow_can_be_followed(arrows: set[tuple[str, str]]) -> None:
    rows = "abcdefgh"
    wanted = [Arrow(source=one, target=other) for one, other in sorted(arrows) if one != other]
    lanes = find_lanes(rows, wanted)
    by_target = {lane.target: lane for lane in lanes}
    for arrow in wanted:
        lane = by_target[arrow.target]
        assert {rows.index(arrow.source), rows.index(arrow.target)} <= lane.rows
    for one in lanes:  # no two share a place
        for other in lanes:
            apart = one.last < other.first or other.last < one.first
            assert one is other or one.column != other.column or apart
    lines = draw(rows, [(arrow.source, arrow.target) for arrow in wanted])
    assert len({len(line) for line in lines}) == 1
    assert [("►" in line) for line in lines] == [key in by_target for key in rows]


def find_overlaps(picture: Picture) -> list[tuple[str, str]]:
    places = list(lay_out(picture).places.values())
    return [
        (one.box.key, other.box.key)
        for at, one in enumerate(places)
        for other in places[at + 1 :]
        if one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
        and other.box.key not in around(picture, one.box)
        and one.box.key not in around(picture, other.box)
    ]


def around(picture: Picture, box: Box) -> set[str]:
    keys = set()
    while box.on:
        keys.add(box.on)
        box = picture.boxes[box.on]
    return keys


@pytest.mark.parametrize(
    "nested", ["", "[host.inner]\non = 'db1'\n[guest.deep]\non = 'inner'\n[service.s]\n"]
)
def test_boxes_stand_within_what_they_run_on_and_beside_each_other(nested: str) -> None:
    picture = make_picture(read(SMALL + nested))
    page = lay_out(picture)
    assert set(page.places) == set(picture.boxes)
    assert find_overlaps(picture) == []
    for place in page.places.values():
        assert place.x >= 0
        assert place.x + place.width <= page.width
        assert place.y + place.height <= page.height
        if place.box.on:
            outer = page.places[place.box.on]
            assert outer.x <= place.x
            assert place.x + place.width <= outer.x + outer.width
            assert outer.y <= place.y
            assert place.y + place.height <= outer.y + outer.height


def test_a_large_site_has_no_boxes_on_each_other() -> None:
    assert find_overlaps(make_picture(make_large(30, 40))) == []


def test_the_drawing_holds_every_box_and_arrow() -> None:
    picture = make_picture(read(SMALL))
    root = ET.fromstring(write_svg(picture, "site.toml", told))
    space = "{http://www.w3.org/2000/svg}"
    groups = [one.get("class") for one in root.findall(f"{space}g")]
    assert sorted(filter(None, groups)) == sorted(box.kind.value for box in picture.boxes.values())
    assert len(root.findall(f"{space}path[@class='need']")) == len(picture.arrows)


@given(st.text(max_size=60))
def test_no_text_becomes_markup_or_breaks_the_drawing(text: str) -> None:
    picture = make_picture(read(SMALL))
    drawing = write_svg(picture, text, lambda box: (text, text))
    root = ET.fromstring(drawing)
    assert {one.tag.rpartition("}")[2] for one in root.iter()} <= {
        *("svg", "metadata", "title", "style", "defs", "marker", "path", "rect", "g", "text"),
    }
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", drawing)


def test_long_names_are_cut_by_their_width() -> None:
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdefg", 6) == "abcde…"
    assert cut("顛末顛末", 6) == "顛末…"
    assert count_cells("a顛") == 3


HOSTS = '[outside.isp]\naddress = "198.51.100.1"\n[host.esx1]\n[host.esx2]\n'
CROWDED = HOSTS + "".join(
    f"[guest.g{at}]\non = 'esx{1 + at % 2}'\n"
    f"needs = {['isp', *(f's{to}' for to in (at + 1, at + 5) if to < 12)]}\n"
    f"[service.s{at}]\non = 'g{at}'\n"
    for at in range(12)
)


@pytest.mark.parametrize("text", [SMALL, CROWDED])
def test_no_arrow_passes_behind_the_card_of_another(text: str) -> None:
    picture = make_picture(read(text))
    places = lay_out(picture).places
    cards = {key: one for key, one in places.items() if one.box.kind in (EntryKind.GUEST, EntryKind.OUTSIDE)}
    root = ET.fromstring(write_svg(picture, "", lambda box: (box.key, "")))
    arrows = [one for one in root.iter() if one.get("class") == "need"]
    assert len(arrows) == len(picture.arrows)
    for drawn, arrow in zip(arrows, picture.arrows, strict=True):
        own = {arrow.source, arrow.target, places[arrow.source].box.on, places[arrow.target].box.on}
        for x, y in follow(drawn.attrib["d"]):
            crossed = {
                key
                for key, one in cards.items()
                if one.x + 1 < x < one.x + one.width - 1 and one.y + 1 < y < one.y + one.height - 1
            }
            assert crossed <= own


def follow(path: str) -> Iterator[tuple[float, float]]:
    """Yield points along a path of M, L, Q and C."""
    at = (0.0, 0.0)
    for letter, numbers in re.findall(r"([MLQC])([^MLQC]*)", path):
        values = [float(one) for one in numbers.split()]
        points = [at, *zip(values[::2], values[1::2], strict=True)]
        if letter != "M":
            yield from (between(points, step / 64) for step in range(65))
        at = points[-1]


def between(points: list[tuple[float, float]], share: float) -> tuple[float, float]:
    """Return the point of a Bézier curve (de Casteljau)."""
    while len(points) > 1:
        points = [(ax + (bx - ax) * share, ay + (by - ay) * share) for (ax, ay), (bx, by) in pairwise(points)]
    return points[0]
