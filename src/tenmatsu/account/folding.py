"""Breaks lines as Japanese does as well: between any two wide characters, but for a few.

Rich breaks at blanks only: a Japanese sentence with one English word in it was broken there, in the middle
of the line.
"""

import re
from collections.abc import Iterator

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.text import Text

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


class Folded:
    """Text that rich lays out with our line breaks."""

    def __init__(self, text: Text) -> None:
        self._text = text

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> Iterator[Text]:
        """Yield the lines, none wider than there is room."""
        yield Text("\n").join(
            piece for line in self._text.split(allow_blank=True) for piece in _part(line, options.max_width)
        )


def _part(line: Text, width: int) -> Iterator[Text]:
    for piece in line.divide(find_breaks(line.plain, width)):
        piece.rstrip()
        yield piece


def find_breaks(text: str, width: int) -> list[int]:
    """Return before which characters a line must be broken so that none is wider than `width` cells."""
    breaks, used = [], 0
    for start, end in _find_pieces(text, width):
        needed = cell_len(text[start:end].rstrip())
        if used and used + needed > width:
            breaks.append(start)
            used = 0
        used += cell_len(text[start:end])
    return breaks


def _find_pieces(text: str, width: int) -> Iterator[tuple[int, int]]:
    """Yield where each piece begins and ends; one wider than a line is taken apart."""
    for found in _PIECE.finditer(text):
        if cell_len(found[0].rstrip()) <= width:
            yield found.span()
        else:
            yield from ((at, at + 1) for at in range(*found.span()))
