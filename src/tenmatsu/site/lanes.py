"""The arrows of a picture as lanes beside a list: one for each thing that is needed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tenmatsu.site.picture import Arrow


@dataclass(frozen=True, kw_only=True, slots=True)
class Signs:
    """The characters that lanes are drawn with. A lane that is only crossed keeps its own `lane`."""

    lane: str
    across: str
    head: str
    begins: str
    ends: str
    goes_on: str
    joins: str
    joins_first: str
    joins_last: str


LINES = Signs(
    lane="│",
    across="─",
    head="►",
    begins="┌",
    ends="└",
    goes_on="├",
    joins="┼",
    joins_first="┬",
    joins_last="┴",
)
ASCII = Signs(
    lane="|",
    across="-",
    head=">",
    begins=".",
    ends="'",
    goes_on="+",
    joins="+",
    joins_first=".",
    joins_last="'",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lane:
    """One lane: of which target, in which column, from which row to which; `rows` are those that join it."""

    target: str
    column: int
    first: int
    last: int
    rows: frozenset[int]


def find_lanes(rows: Sequence[str], arrows: Sequence[Arrow]) -> list[Lane]:
    """Return a lane for each target; those that do not meet share a column. The longest stand outermost."""
    place = {key: at for at, key in enumerate(rows)}
    joined: dict[str, set[int]] = {}
    for arrow in arrows:
        joined.setdefault(arrow.target, {place[arrow.target]}).add(place[arrow.source])
    spans = sorted(joined.items(), key=lambda item: (min(item[1]) - max(item[1]), min(item[1])))
    lanes: list[Lane] = []
    for target, at in spans:
        first, last = min(at), max(at)
        taken = {lane.column for lane in lanes if lane.first <= last and first <= lane.last}
        column = next(one for one in range(len(lanes) + 1) if one not in taken)
        lanes.append(Lane(target=target, column=column, first=first, last=last, rows=frozenset(at)))
    return lanes


Piece = tuple[str, int | None]


def draw_row(row: int, key: str, lanes: Sequence[Lane], width: int, signs: Signs) -> list[Piece]:
    """Return a row's pieces: what is drawn, and of which column's lane it is (None: nobody's).

    `width` is the number of columns; each takes two characters, and two more lead to the name.
    """
    here = {lane.column: lane for lane in lanes if lane.first <= row <= lane.last}
    joined = [column for column, lane in sorted(here.items()) if row in lane.rows]
    own = next((column for column in joined if here[column].target == key), None)
    pieces: list[Piece] = []
    for column in range(width):
        lane = here.get(column)
        begun = bool(joined) and column >= joined[0]
        line_of = own if own is not None and column >= own else (joined[0] if begun else None)
        pieces.append(_cross(row, lane, joined, begun=begun, signs=signs, line_of=line_of))
        pieces.append((signs.across if begun else " ", line_of))
    line_of = own if own is not None else (joined[0] if joined else None)
    head = signs.head if own is not None else signs.across
    pieces.append((head + " " if joined else "  ", line_of))
    return pieces


def _cross(
    row: int, lane: Lane | None, joined: Sequence[int], *, begun: bool, signs: Signs, line_of: int | None
) -> Piece:
    if lane is None:
        return signs.across if begun else " ", line_of
    if row not in lane.rows:
        return signs.lane, lane.column
    up, down = lane.first < row, row < lane.last
    if lane.column == joined[0]:
        return (signs.goes_on if up and down else signs.ends if up else signs.begins), lane.column
    return (signs.joins if up and down else signs.joins_last if up else signs.joins_first), lane.column


def count_columns(lanes: Sequence[Lane]) -> int:
    """Return how many columns the lanes take."""
    return 1 + max((lane.column for lane in lanes), default=-1)


def columns_by_target(lanes: Sequence[Lane]) -> Mapping[str, int]:
    """Return the column of each target's lane."""
    return {lane.target: lane.column for lane in lanes}
