"""Notes the sizes of answers that succeeded: of pages those that are whole blocks, of writes all."""

import re
from collections import deque
from collections.abc import Callable, Sequence

from tenmatsu.parse.access_stream import RawRow, Rows
from tenmatsu.traffic.sizes import BLOCK_BYTES
from tenmatsu.traffic.tally import Asked, WholeBlocks, Written

# 200 bytes each.
MOST_WRITTEN = 50_000
# Of each kind of page, and of kinds: what is cut is few, and a hostile log may not cost memory.
_MOST_PAGES, _MOST_KINDS = 200, 1000
_LONGEST_SIZE = 12
# As logs write them, so that a block's sizes are looked up at once. No page is larger than 16 MB.
_WHOLE_BLOCKS = frozenset(b"%d" % (BLOCK_BYTES * number) for number in range(1, 4097))
_OK = b"200"
_TIME, _REQUEST, _STATUS, _SIZE = 1, 2, 3, 4
# What an engine publishes. Pictures and archives are no pages, and some are made of whole blocks.
_PAGE = re.compile(
    rb"GET [^ ?]*(?:/|/[^ ?/.]*|\.(?:html?|xml|rss|atom|css|js|txt|php|cgi))(?:[ ?]|$)", re.IGNORECASE
)
_WRITES = (b"POST ", b"PUT ", b"PATC", b"DELE")


class AnswerSizes:
    """Takes blocks of rows."""

    def __init__(self, read: Callable[[bytes], tuple[Asked, bool]]) -> None:
        """Name what is asked for as `read` does."""
        self._read = read
        self._blocks: dict[Asked, WholeBlocks] = {}
        self._written: deque[Written] = deque(maxlen=MOST_WRITTEN)

    @property
    def whole_blocks(self) -> dict[Asked, WholeBlocks]:
        """Return the pages whose answers are whole blocks."""
        return dict(self._blocks)

    @property
    def written(self) -> tuple[Written, ...]:
        """Return the newest answers of writes that succeeded."""
        return tuple(self._written)

    def take(self, rows: Sequence[RawRow], sizes: Sequence[bytes], block: Rows) -> None:
        """Look at a block's rows; `sizes` is their column."""
        if not block.with_headers:  # else a size says nothing about the page's own
            whole = _WHOLE_BLOCKS.intersection(sizes)
            for row in [row for row in rows if row[_SIZE] in whole] if whole else ():
                if row[_STATUS] == _OK and _PAGE.match(row[_REQUEST]):
                    self._note_page(row, block)
        # Most are GET and HEAD: one letter tells that in half the time.
        for row in [row for row in rows if row[_REQUEST][:1] in {b"P", b"D"}]:
            if row[_STATUS] == _OK and row[_REQUEST].startswith(_WRITES):
                self._note_written(row, block)

    def _note_written(self, row: RawRow, block: Rows) -> None:
        if row[_SIZE].isdigit() and len(row[_SIZE]) < _LONGEST_SIZE:
            asked = self._read(row[_REQUEST].partition(b"?")[0])[0]
            self._written.append(Written(block.seconds[row[_TIME]], asked, int(row[_SIZE])))

    def _note_page(self, row: RawRow, block: Rows) -> None:
        asked = self._read(row[_REQUEST].partition(b"?")[0])[0]
        if asked not in self._blocks and len(self._blocks) >= _MOST_KINDS:
            return
        second, page = block.seconds[row[_TIME]], row[_REQUEST].split(b" ")[1].partition(b"?")[0]
        old = self._blocks.get(asked) or WholeBlocks(0, frozenset(), second, "", 0)
        new = (page, int(row[_SIZE]))
        pages = old.pages if new in old.pages or len(old.pages) >= _MOST_PAGES else old.pages | {new}
        example = page[:200].decode("utf-8", "replace")
        self._blocks[asked] = WholeBlocks(old.answers + 1, pages, min(old.first, second), example, new[1])
