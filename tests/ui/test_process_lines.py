"""Lines of cells: widths on the screen, what changed in them, which columns fit; and each key's question."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tenmatsu.model.processes import Completeness, Grouping, Ran, Row
from tenmatsu.model.words import LANGUAGES, Language
from tenmatsu.ui import process_query as asking
from tenmatsu.ui.cells import Cell, cut_line, fit_left, fit_right, wrap
from tenmatsu.ui.lines import find_change
from tenmatsu.ui.process_columns import head_line, lay_out, row_line
from tenmatsu.ui.process_keys import footer_line, help_lines
from tenmatsu.ui.process_query import WINDOWS, Query

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TEXT = st.text(st.characters(categories=["L", "N", "P", "Zs"]) | st.sampled_from("日本語 ABC"))
RAN = Ran(host="h", begun=NOW, ended=NOW, seconds=10.0, completeness=Completeness(), rows=())


def span(minutes: int) -> dict[str, asking.Span]:
    return {"h": (NOW - timedelta(minutes=minutes), NOW)}


@given(TEXT, st.integers(1, 60))
def test_a_cell_has_its_width(text: str, width: int) -> None:
    assert cell_len(fit_left(text, width)) == cell_len(fit_right(text, width)) == width


@given(TEXT, st.integers(2, 60))
def test_wrapping_loses_nothing_and_fits(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_only_the_last_cell_of_a_line_is_cut() -> None:
    assert cut_line((Cell("abc"), Cell("defgh")), 6) == (Cell("abc"), Cell("de…"))
    assert cut_line((Cell("日本"), Cell("語語")), 6) == (Cell("日本"), Cell(" …"))


def test_only_cells_that_changed_are_drawn() -> None:
    old = (Cell("日本"), Cell(" 1"), Cell("x"))
    assert find_change(old, (Cell("日本"), Cell(" 2"), Cell("x")), 80) == (4, 6)
    assert find_change(old, (Cell("日本"), Cell(" 1"), Cell("x", "bold")), 80) == (6, 7)
    assert find_change(old, (Cell("日本"), Cell("100"), Cell("x")), 80) == (0, 80)
    assert find_change((), old, 80) == (0, 80)


@pytest.mark.parametrize("width", [40, 60, 79, 80, 100, 120, 200])
@pytest.mark.parametrize("with_hosts", [False, True])
@pytest.mark.parametrize("language", LANGUAGES)
def test_columns_fit_and_stand_below_their_headings(width: int, with_hosts: bool, language: Language) -> None:
    layout = lay_out(width, with_hosts=with_hosts)
    row = Row(
        host="日本",
        name="日本語" * 30,
        started=10**9,
        ended=10**9,
        alive=10**7,
        cpu_seconds=1e9,
        parents={"日": 1},
    )
    head = head_line(layout, Grouping.PROGRAM, "cpu", language)
    line = row_line(layout, row, RAN, Grouping.PROGRAM, language, selected=True)
    assert [cell_len(cell.text) for cell in head] == [cell_len(cell.text) for cell in line]
    assert sum(cell_len(cell.text) for cell in line) <= width
    keys = [column.key for column, _ in layout.columns]
    assert {"started", "cpu"} <= set(keys) or with_hosts
    if width >= 80 and not with_hosts:
        assert {"started", "rate", "alive", "cpu", "share", "life", "ends"} <= set(keys)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_help_fits_every_width_and_the_last_line_too(language: Language) -> None:
    for width in (40, 80, 200):
        assert all(sum(cell_len(c.text) for c in line) <= width for line in help_lines(language, width))
        line = footer_line((1, 16, 4711), language, width, is_past=True)
        assert sum(cell_len(cell.text) for cell in line) <= width
        assert line[0].text == " n"


def test_windows_have_ends() -> None:
    query = Query(seconds=10.0)
    assert [asking.lengthen(query).seconds, asking.shorten(query).seconds] == [20.0, 5.0]
    assert asking.lengthen(Query(seconds=WINDOWS[-1])).seconds == 600.0
    assert asking.shorten(Query(seconds=WINDOWS[0])).seconds == 1.0
    assert asking.lengthen(Query(seconds=45.0)).seconds == 60.0


def test_time_goes_by_half_windows_within_what_is_kept() -> None:
    back = asking.go_back(Query(), span(10))
    assert asking.seconds_ago(back, span(10)) == 5.0
    for _ in range(1000):
        back = asking.go_back(back, span(10))
    assert asking.seconds_ago(back, span(10)) == 590.0
    assert asking.seconds_ago(asking.go_forward(back, span(10)), span(10)) == 585.0
    assert asking.go_forward(asking.go_back(Query(), span(10)), span(10)).untils is None
    assert asking.go_back(Query(), {}).untils is None


def test_time_passes_while_it_is_frozen() -> None:
    frozen = asking.freeze(Query(), span(1))
    assert frozen.frozen
    assert asking.seconds_ago(frozen, {"h": (NOW, NOW + timedelta(seconds=42))}) == 42.0
    assert asking.freeze(frozen, span(1)) == Query()


def test_another_question_is_sorted_anew() -> None:
    assert Query().orders_like(Query(text="x"))
    assert not Query().orders_like(Query(seconds=20.0))
    assert not Query().orders_like(asking.go_back(Query(), span(10)))
    assert not Query().orders_like(asking.sort_next(Query()))


def test_groupings_and_sorts_go_round() -> None:
    query = Query()
    for _ in Grouping:
        query = asking.group_next(query)
    assert query == Query()
