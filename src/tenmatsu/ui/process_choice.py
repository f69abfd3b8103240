"""Which rows are shown, and in which order."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

from tenmatsu.model.processes import Grouping, Ran, Row
from tenmatsu.model.words import Words
from tenmatsu.ui.process_words import name_row, show_parents
from tenmatsu.ui.steady_order import order_steadily

# What is sorted by: the measure, and whether it counts events.
MEASURES: Mapping[str, tuple[Callable[[Row], float], bool]] = {
    "cpu": (lambda row: row.cpu_seconds, False),
    "started": (lambda row: float(row.started), True),
    "ended": (lambda row: float(row.ended), True),
    "alive": (lambda row: float(row.alive), False),
    "life": (lambda row: row.mean_life_seconds or 0.0, False),
}
SORTS = (*MEASURES, "name")
# By these, rows that did nothing have their place among the others; else they come last.
_STANDING = ("alive", "name")


def choose_rows(seen: Sequence[Ran], *, text: str, sort: str, grouping: Grouping) -> list[Row]:
    """Return the rows of all machines in which the text stands, sorted; those that did nothing last."""
    rows = [row for one in seen for row in find_rows(one.rows, text=text, grouping=grouping)]
    return sort_rows(rows, sort=sort, grouping=grouping)


def sort_rows(rows: Iterable[Row], *, sort: str, grouping: Grouping) -> list[Row]:
    """Return the rows in their order, whatever it was before."""
    if sort == "name":
        return sorted(rows, key=lambda row: (name_row(row, grouping).en.casefold(), row.host))
    measure = MEASURES[sort][0]
    return sorted(rows, key=lambda row: (-measure(row), -row.ended, -row.alive, row.name, row.host))


def keep_order(
    rows: Iterable[Row], before: Sequence[Hashable], *, sort: str, grouping: Grouping
) -> list[Row]:
    """Return the rows sorted, near the order of the identities before; those that did nothing last."""
    fresh = sort_rows(rows, sort=sort, grouping=grouping)
    if sort == "name":
        return fresh
    measure, counts = MEASURES[sort]
    active = [row for row in fresh if sort in _STANDING or row.was_active]
    steady = order_steadily(active, before, identity=lambda row: row.identity, measure=measure, counts=counts)
    if sort in _STANDING:
        return steady
    quiet = [row for row in fresh if not row.was_active]
    return steady + sorted(quiet, key=lambda row: (row.name.casefold(), row.host))


def turn_round(rows: Sequence[Row], *, sort: str) -> list[Row]:
    """Return sorted rows the other way round; those that did nothing stay last."""
    moving = [row for row in rows if sort in _STANDING or row.was_active]
    return moving[::-1] + list(rows[len(moving) :])


def find_rows(rows: Iterable[Row], *, text: str, grouping: Grouping) -> list[Row]:
    """Return the rows in which the text stands: in a name, a path, a starter or a command line."""
    wanted = text.casefold()
    return [row for row in rows if not wanted or wanted in _words_of(row, grouping)]


def _words_of(row: Row, grouping: Grouping) -> str:
    parts = (
        name_row(row, grouping).en,
        row.comm,
        row.executable,
        row.service,
        row.container,
        row.host,
        show_parents(row.parents),
        *row.commands,
    )
    return "\n".join(parts).casefold()


GROUPED_BY: Mapping[Grouping, Words] = {
    Grouping.PROGRAM: Words("by program", "プログラム別"),
    Grouping.SERVICE: Words("by service", "サービス別"),
    Grouping.PARENT: Words("by starter", "起動元別"),
    Grouping.USER: Words("by user", "利用者別"),
    Grouping.CONTAINER: Words("by container", "コンテナ別"),
}
SORTED_BY: Mapping[str, tuple[Words, Words]] = {
    "cpu": (Words("most CPU first", "CPU の多い順"), Words("least CPU first", "CPU の少ない順")),
    "started": (Words("most started first", "開始の多い順"), Words("least started first", "開始の少ない順")),
    "ended": (Words("most ended first", "終了の多い順"), Words("least ended first", "終了の少ない順")),
    "alive": (Words("most alive first", "存続の多い順"), Words("least alive first", "存続の少ない順")),
    "life": (Words("longest life first", "寿命の長い順"), Words("shortest life first", "寿命の短い順")),
    "name": (Words("by name", "名前順"), Words("by name, from the end", "名前の逆順")),
}
