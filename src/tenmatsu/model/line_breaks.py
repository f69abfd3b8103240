"""Where a line may end: at blanks, and in Japanese between any two wide characters, but for a few."""

import re
from collections.abc import Callable, Iterator
from unicodedata import east_asian_width

# What may not begin a line, and what may not end one (JIS X 4051; W3C, Requirements for Japanese Text
# Layout).
_NOT_FIRST = (
    "、。，．・：；？！‐〜ー々ゝゞ」』）〕］｝〉》】”’…ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ),.:;?!]}%"
)
_NOT_LAST = "「『（〔［｛〈《【“‘(["
# From here on characters may be parted: CJK punctuation, kana, ideographs, full-width forms.
_WIDE = "\u3000-\u9fff\uf900-\ufaff\uff00-\uff60\U00020000-\U0003ffff"
# What stays together, blanks after it included: a wide character or a run of others, with what clings to it.
_PIECE = re.compile(
    rf"[{re.escape(_NOT_LAST)}]*(?:[{_WIDE}]|[^\s{_WIDE}]+)[{re.escape(_NOT_FIRST)}]*\s*|\s+",
)


def count_cells(text: str) -> int:
    """Return how many narrow characters a text is wide."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def find_breaks(text: str, width: int, count: Callable[[str], int] = count_cells) -> list[int]:
    """Return before which characters a line must be broken so that none is wider than `width` cells."""
    breaks, used = [], 0
    for start, end in _find_pieces(text, width, count):
        needed = count(text[start:end].rstrip())
        if used and used + needed > width:
            breaks.append(start)
            used = 0
        used += count(text[start:end])
    return breaks


def _find_pieces(text: str, width: int, count: Callable[[str], int]) -> Iterator[tuple[int, int]]:
    """Yield where each piece begins and ends; one wider than a line is taken apart."""
    for found in _PIECE.finditer(text):
        if count(found[0].rstrip()) <= width:
            yield found.span()
        else:
            yield from ((at, at + 1) for at in range(*found.span()))
