"""The table's columns: which of them fit a width, and a row's cells in them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tenmatsu.account.safe import printable
from tenmatsu.model.processes import Grouping, Ran, Row
from tenmatsu.model.words import Language, Words, plain
from tenmatsu.ui.cells import Cell, Line, fit_left, fit_right
from tenmatsu.ui.process_words import (
    find_meaning,
    name_row,
    show_count,
    show_ends,
    show_life,
    show_parents,
    show_rate,
)

_MARK = 2
_NAME_NARROW, _NAME, _NAME_WIDE = 14, 20, 28
_WIDE_ENOUGH = 80

Show = Callable[[Row, Ran, Language], str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column after the name. `sort`: the word of what is sorted by it."""

    key: str
    title: Words
    width: int
    show: Show
    left: bool = False
    sort: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """The columns that fit, in their order, and the widths that they have."""

    width: int
    name_width: int
    columns: tuple[tuple[Column, int], ...]


def lay_out(width: int, *, with_hosts: bool) -> Layout:
    """Return what fits so many cells; the most important columns first."""
    name = _NAME if width >= _WIDE_ENOUGH else _NAME_NARROW
    left = width - _MARK - name
    chosen: list[Column] = []
    for column in (_HOST, *_BY_IMPORTANCE) if with_hosts else _BY_IMPORTANCE:
        if column.width + 1 > left:
            break
        chosen.append(column)
        left -= column.width + 1
    wider = min(left, _NAME_WIDE - name)
    last = max((one for one in chosen if one.left), key=_ORDER.index, default=None)
    return Layout(
        width=width,
        name_width=name + wider,
        columns=tuple(
            (one, one.width + (left - wider if one is last else 0)) for one in _ORDER if one in chosen
        ),
    )


def head_line(layout: Layout, grouping: Grouping, sort: str, language: Language) -> Line:
    """Return the headings; that of the measure which is sorted by has a star."""
    star = "*" if sort == "name" else ""
    cells = [Cell("  "), Cell(fit_left(grouping.title.into(language) + star, layout.name_width), "bold")]
    for column, width in layout.columns:
        title = column.title.into(language) + ("*" if column.sort == sort else "")
        fitted = fit_left(title, width) if column.left else fit_right(title, width)
        cells += (Cell(" "), Cell(fitted, "bold"))
    return tuple(cells)


def row_line(
    layout: Layout, row: Row, ran: Ran, grouping: Grouping, language: Language, *, selected: bool
) -> Line:
    """Return a row's cells; the selected one is marked, with and without colours."""
    quiet = "" if row.was_active else "dim"
    name = fit_left(name_row(row, grouping).into(language), layout.name_width)
    cells = [Cell("> " if selected else "  ", "bold"), Cell(name, quiet or "bold")]
    for column, width in layout.columns:
        text = column.show(row, ran, language)
        style = "red" if column.key == "ends" and _went_wrong(row) else quiet
        cells += (Cell(" "), Cell(fit_left(text, width) if column.left else fit_right(text, width), style))
    return tuple(Cell(one.text, f"{one.style} reverse") for one in cells) if selected else tuple(cells)


def _went_wrong(row: Row) -> bool:
    return bool(row.signals) or any(row.exit_codes)


def show_share(row: Row, ran: Ran) -> str:
    """Return how much of the CPU time used went to a row; a dash where none was used."""
    used = ran.completeness.cpu_used_seconds
    return f"{row.cpu_seconds / used:.1%}" if used > 0 else "-"


def _what(row: Row, _: Ran, language: Language) -> str:
    meaning = find_meaning(row.comm, row.executable, row.service)
    return meaning.into(language) if meaning else ""


_HOST = Column(
    key="host", title=Words("host", "機械"), width=10, left=True, show=lambda row, _, __: printable(row.host)
)
_STARTED = Column(
    key="started",
    title=Words("started", "開始"),
    width=8,
    sort="started",
    show=lambda row, _, __: show_count(row.started),
)
_ENDED = Column(
    key="ended",
    title=Words("ended", "終了"),
    width=8,
    sort="ended",
    show=lambda row, _, __: show_count(row.ended),
)
_RATE = Column(
    key="rate",
    title=Words("/s", "毎秒"),
    width=6,
    show=lambda row, ran, _: show_rate(row.started, ran.seconds),
)
_ALIVE = Column(
    key="alive",
    title=Words("alive", "存続"),
    width=6,
    sort="alive",
    show=lambda row, _, __: show_count(row.alive),
)
_CPU = Column(
    key="cpu",
    title=Words("CPU s", "CPU秒"),
    width=8,
    sort="cpu",
    show=lambda row, _, __: f"{row.cpu_seconds:.2f}",
)
_SHARE = Column(key="share", title=plain("%"), width=6, show=lambda row, ran, _: show_share(row, ran))
_LIFE = Column(
    key="life",
    title=Words("life", "寿命"),
    width=6,
    sort="life",
    show=lambda row, _, __: show_life(row.mean_life_seconds),
)
_ENDS = Column(
    key="ends", title=Words("ends", "終わり方"), width=11, left=True, show=lambda row, _, __: show_ends(row)
)
_BY = Column(
    key="by",
    title=Words("by", "起動元"),
    width=12,
    left=True,
    show=lambda row, _, __: "" if row.unnamed else show_parents(row.parents),
)
_WHAT = Column(key="what", title=Words("what it is", "何か"), width=16, left=True, show=_what)

_ORDER = (_HOST, _STARTED, _ENDED, _RATE, _ALIVE, _CPU, _SHARE, _LIFE, _ENDS, _BY, _WHAT)
_BY_IMPORTANCE: Iterable[Column] = (
    _STARTED, _CPU, _ALIVE, _RATE, _ENDS, _SHARE, _LIFE, _ENDED, _BY, _WHAT,
)  # fmt: skip
