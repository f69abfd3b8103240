"""Ways for arrows that no simple curve has: along the gaps between boxes, at right angles.

An arrow behind a box would come out at its edge, and read as one from there.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise

from tenmatsu.model.site_map import EntryKind
from tenmatsu.site.svg_layout import CARD_WIDTH, HEAD_HEIGHT, Place

Point = tuple[float, float]
Rectangle = tuple[float, float, float, float]  # left, top, right, bottom

MARGIN = 14.0  # half of the gap between two rows of cards
_CLEAR = 7.0  # no way comes nearer to a box, so that ways to several targets may lie side by side
_BEND_COST = 40.0  # a bend is worth so many pixels of a detour
_ROUND = 9.0
_SAMPLES = 32


def find_obstacles(places: Iterable[Place]) -> list[Rectangle]:
    """Return what no arrow may cross: cards, and the headings of those that hold cards."""
    places = list(places)
    holding = {one.box.on for one in places if one.box.kind is not EntryKind.SERVICE}
    found = []
    for one in places:
        if one.box.kind is EntryKind.HOST or one.box.key in holding:
            found.append((one.x + 6, one.y + 4, one.x + CARD_WIDTH - 20, one.y + HEAD_HEIGHT - 4))
        elif one.box.kind is not EntryKind.SERVICE or not one.box.on:
            found.append((one.x, one.y, one.x + one.width, one.y + one.height))
    return found


def is_clear(curve: Sequence[Point], obstacles: Iterable[Rectangle], own: Sequence[Point]) -> bool:
    """Tell whether a cubic curve crosses no box but those with a point of `own` at their edge."""
    points = [_on_curve(curve, at / _SAMPLES) for at in range(1, _SAMPLES)]
    return not any(
        left < x < right and top < y < bottom
        for left, top, right, bottom in obstacles
        if not any(left <= x <= right and top <= y <= bottom for x, y in own)
        for x, y in points
    )


def _on_curve(curve: Sequence[Point], at: float) -> Point:
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = curve
    a, b, c, d = (1 - at) ** 3, 3 * (1 - at) ** 2 * at, 3 * (1 - at) * at**2, at**3
    return a * ax + b * bx + c * cx + d * dx, a * ay + b * by + c * cy + d * dy


@dataclass(frozen=True, slots=True)
class Door:
    """Where a way leaves or enters a box: the point at its edge, and the one in the gap before it."""

    edge: Point
    gap: Point

    @property
    def is_upright(self) -> bool:
        """Whether it leads up or down."""
        return self.edge[0] == self.gap[0]


class Grid:
    """The lines on which ways may run, and where boxes block them."""

    def __init__(self, obstacles: Sequence[Rectangle], doors: Iterable[Door]) -> None:
        gaps = [one.gap for one in doors]
        sides = [side for left, _, right, _ in obstacles for side in (left - MARGIN, right + MARGIN)]
        ends = [end for _, top, _, bottom in obstacles for end in (top - MARGIN, bottom + MARGIN)]
        self.xs = sorted({*(x for x in sides if x >= _CLEAR), *(x for x, _ in gaps)})
        self.ys = sorted({*ends, *(y for _, y in gaps)})
        self._blocked = set(self._find_blocked(obstacles))

    def _find_blocked(self, obstacles: Iterable[Rectangle]) -> Iterator[tuple[int, int, bool]]:
        """Yield the pieces (from which crossing, whether upright) that touch a box or come too near."""
        for left, top, right, bottom in obstacles:
            columns = _within(self.xs, left - _CLEAR, right + _CLEAR)
            rows = _within(self.ys, top - _CLEAR, bottom + _CLEAR)
            yield from ((x, y, False) for x in range(columns.start - 1, columns.stop) for y in rows)
            yield from ((x, y, True) for x in columns for y in range(rows.start - 1, rows.stop))

    def find_way(self, starts: Iterable[Door], ends: Iterable[Door]) -> list[Point]:
        """Return the corners of the cheapest way, empty where there is none (Dijkstra, with bends)."""
        goals = {self._crossing(one.gap): one for one in ends}
        seen: dict[tuple[int, int, bool], float] = {}
        waiting: list[tuple[float, tuple[int, int, bool], list[Point]]] = []
        for door in starts:
            heappush(waiting, (0.0, (*self._crossing(door.gap), door.is_upright), [door.edge, door.gap]))
        while waiting:
            cost, state, corners = heappop(waiting)
            if state in seen:
                continue
            seen[state] = cost
            x, y, upright = state
            goal = goals.get((x, y))
            if goal is not None and upright == goal.is_upright:
                return [*corners, goal.edge]
            heappush(waiting, (cost + _BEND_COST, (x, y, not upright), corners))
            for to_x, to_y in self._neighbours(x, y, upright):
                point = (self.xs[to_x], self.ys[to_y])
                length = abs(point[0] - corners[-1][0]) + abs(point[1] - corners[-1][1])
                heappush(waiting, (cost + length, (to_x, to_y, upright), [*corners, point]))
        return []

    def _neighbours(self, x: int, y: int, upright: bool) -> Iterator[tuple[int, int]]:
        step_x, step_y = (0, 1) if upright else (1, 0)
        if (x, y, upright) not in self._blocked and x + step_x < len(self.xs) and y + step_y < len(self.ys):
            yield x + step_x, y + step_y
        if x >= step_x and y >= step_y and (x - step_x, y - step_y, upright) not in self._blocked:
            yield x - step_x, y - step_y

    def _crossing(self, point: Point) -> tuple[int, int]:
        return bisect_left(self.xs, point[0]), bisect_left(self.ys, point[1])


def _within(lines: Sequence[float], low: float, high: float) -> range:
    return range(bisect_right(lines, low), bisect_left(lines, high))


def draw_way(corners: Sequence[Point], aside: float) -> str:
    """Return a way as a path with round corners; all but its ends lie so far aside of the grid's lines."""
    points = _straighten(corners)
    lines = [_line_of(one, other) for one, other in pairwise(points)]
    for at in range(1, len(lines) - 1):
        upright, place = lines[at]
        lines[at] = (upright, place + aside)
    for at, ((upright, place), (_, other)) in enumerate(pairwise(lines), 1):
        points[at] = (place, other) if upright else (other, place)
    drawn = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        (ax, ay), (bx, by) = _near(corner, before), _near(corner, after)
        drawn.append(f"L{ax:.1f} {ay:.1f}Q{corner[0]:.1f} {corner[1]:.1f} {bx:.1f} {by:.1f}")
    return "".join([*drawn, f"L{points[-1][0]:.1f} {points[-1][1]:.1f}"])


def _straighten(corners: Sequence[Point]) -> list[Point]:
    """Return only the points where a way bends, and its ends."""
    points: list[Point] = []
    for point in corners:
        while len(points) > 1 and (
            points[-2][0] == points[-1][0] == point[0] or points[-2][1] == points[-1][1] == point[1]
        ):
            points.pop()
        if not points or points[-1] != point:
            points.append(point)
    return points


def _line_of(one: Point, other: Point) -> tuple[bool, float]:
    return (True, one[0]) if one[0] == other[0] else (False, one[1])


def _near(corner: Point, other: Point) -> Point:
    """Return where the rounding of a corner begins on the way to another point."""
    length = abs(other[0] - corner[0]) + abs(other[1] - corner[1])
    share = min(_ROUND, length / 2) / length if length else 0.0
    return corner[0] + (other[0] - corner[0]) * share, corner[1] + (other[1] - corner[1]) * share


def find_doors(place: Place, places: Mapping[str, Place], *, is_target: bool) -> list[Door]:
    """Return the doors of a box: at its sides; of what is outside, for who comes from below, its foot."""
    if is_target and place.box.kind is EntryKind.OUTSIDE:
        x, y = place.x + place.width / 2, place.y + place.height
        return [Door((x, y), (x, y + MARGIN))]
    y = place.y + min(place.height, HEAD_HEIGHT) / 2
    left, right = find_edges(place, places)
    return [Door((left, y), (left - MARGIN, y)), Door((right, y), (right + MARGIN, y))]


def find_edges(place: Place, places: Mapping[str, Place]) -> tuple[float, float]:
    """Return left and right of a box; of a service those of its card, which covers arrows."""
    card = places.get(place.box.on) if place.box.kind is EntryKind.SERVICE else None
    found = card if card is not None and card.box.kind is not EntryKind.HOST else place
    return found.x, found.x + found.width
