"""One line that says how long it still takes: on a terminal only, and on standard error."""

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self, TextIO

from tenmatsu.account.safe import printable
from tenmatsu.model.words import Language, Words

_EVERY_SECONDS = 0.5
_BAR = 24


class Progress:
    """Draws the line, and wipes it when the window is over."""

    def __init__(self, seconds: float, out: TextIO, language: Language, *, on: bool = True) -> None:
        self._seconds = seconds
        self._out = out
        self._language = language
        self._shown = 0.0
        self._on = on and out.isatty()

    def __enter__(self) -> Self:
        return self

    def __call__(self, left_seconds: float, at_work: Sequence[str]) -> None:
        """Draw how much is left, at most twice a second."""
        done = 1 - left_seconds / self._seconds if self._seconds else 1.0
        text = (LOOKING if left_seconds > 0 else JUDGING).fill(left=f"{left_seconds:.0f}", looks=len(at_work))
        self._draw(done, text)

    def draw(self, done_bytes: int, total_bytes: int, words: Words) -> None:
        """Draw how much of files is read, at most twice a second; `words` has {done} and {total}, in MB."""
        share = done_bytes / total_bytes if total_bytes else 1.0
        done, total = f"{done_bytes / 1e6:.0f}", f"{total_bytes / 1e6:.0f}"
        self._draw(min(share, 1.0), words.fill(done=done, total=total))

    def count(self, done: int, total: int, name: str) -> None:
        """Draw how many of several looks are done, and one that is not; at most twice a second."""
        words = COUNTED.fill(done=done, total=total, name=printable(name[:50]))
        self._draw(done / total if total else 1.0, words)

    def _draw(self, share: float, text: Words) -> None:
        now = time.monotonic()
        if not self._on or now - self._shown < _EVERY_SECONDS:
            return
        self._shown = now
        done = round(_BAR * share)
        self._out.write(f"\r\033[K[{'=' * done}{' ' * (_BAR - done)}] {text.into(self._language)}")
        self._out.flush()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._on:
            self._out.write("\r\033[K")
            self._out.flush()


LOOKING = Words(
    "watching, {left} s left, {looks} looks at work (Ctrl-C: judge now)",
    "観察中 残り {left} 秒、{looks} 項目 (Ctrl-C で今すぐ判断)",
)
COUNTED = Words("{done} of {total} done; at {name} …", "{done} / {total} 完了、{name} を確認中 …")
JUDGING = Words("the last looks end …", "最後の調査を待っています…")
