"""Lines are broken where each language breaks them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tenmatsu.account.folding import find_breaks

LETTERS = st.sampled_from("a b(),.あア漢、。「」ー（）〜ッ…é😀𠮟-_/\u3000")


def fold(text: str, width: int) -> list[str]:
    places = [0, *find_breaks(text, width), len(text)]
    return [text[start:end].rstrip() for start, end in pairwise(places)]


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("it breaks at blanks only", 10, ["it breaks", "at blanks", "only"]),
        ("カーネルが fork を数える", 14, ["カーネルが", "fork を数える"]),
        ("一つの fork を数えています。", 16, ["一つの fork を数", "えています。"]),
        ("これで終わり。", 12, ["これで終わ", "り。"]),  # no full stop begins a line
        ("名前「あいう」", 6, ["名前", "「あい", "う」"]),  # no bracket ends one
        ("a /very/long/path/of/a/file", 10, ["a /very/lo", "ng/path/of", "/a/file"]),
        ("", 10, [""]),
    ],
)
def test_where_lines_are_broken(text: str, width: int, lines: list[str]) -> None:
    assert fold(text, width) == lines


@given(st.text() | st.text(LETTERS, max_size=60), st.integers(min_value=2, max_value=30))
def test_nothing_is_lost_and_nothing_is_wider_than_there_is_room(text: str, width: int) -> None:
    lines = fold(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert max(map(cell_len, lines)) <= width
