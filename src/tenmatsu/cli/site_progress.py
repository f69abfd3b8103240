"""One line that says how many of several looks are done: on a terminal only."""

from types import TracebackType
from typing import Self, TextIO

from tenmatsu.account.safe import printable
from tenmatsu.model.words import Language, Words


class CountedProgress:
    """Draws the line, and wipes it at the end."""

    def __init__(self, out: TextIO, language: Language, *, on: bool = True) -> None:
        self._out = out
        self._language: Language = language
        self._on = on and out.isatty()

    def __enter__(self) -> Self:
        return self

    def tell(self, done: int, total: int, next_name: str) -> None:
        """Say that so many are done, and of one that is not."""
        if self._on:
            words = DONE.fill(done=done, total=total, name=next_name[:50])
            self._out.write(f"\r\033[K{printable(words.into(self._language))}")
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


DONE = Words("{done} of {total} done; looking at {name} …", "{done} / {total} 完了、{name} を確認中 …")
