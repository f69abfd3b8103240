"""Sentences in two languages, and what is filled into them."""

import pytest

from tenmatsu.model.words import Words, plain

CHANGED = Words("{count:file|files} changed", "{count} 個のファイルが変更")


@pytest.mark.parametrize(
    ("count", "english"),
    [
        (0, "0 files"),
        (1, "1 file"),
        (2, "2 files"),
        ("1", "1 file"),
        ("1,024", "1,024 files"),
        (1.0, "1.0 files"),
    ],
)
def test_one_is_not_many(count: object, english: str) -> None:
    assert CHANGED.fill(count=count).en == f"{english} changed"


def test_japanese_knows_no_plural() -> None:
    assert CHANGED.fill(count=1).ja == "1 個のファイルが変更"


def test_what_is_filled_in_is_never_a_template() -> None:
    assert Words("{a}, {b:.1f}", "{a}").fill(a=plain("{b:x|y}"), b=0.25).en == "{b:x|y}, 0.2"
