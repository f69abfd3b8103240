"""A site in the terminal: layer by layer, lanes beside it for what needs what, and the reasons beneath."""

from collections import Counter
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from tenmatsu.account.console import open_console
from tenmatsu.account.folding import Folded
from tenmatsu.account.safe import printable
from tenmatsu.cli.site_words import LAYER_NAMES, describe_box, name_box
from tenmatsu.model.site_map import EntryKind
from tenmatsu.model.words import Language, Words
from tenmatsu.site.lanes import ASCII, LINES, Lane, Signs, count_columns, draw_row, find_lanes
from tenmatsu.site.picture import Arrow, Box, Picture

_WIDEST = 160
_LONGEST_NAME = 24
# Lanes may take so much of the width; where there are more of them, needs stand in words only.
_MOST_OF_WIDTH = 0.35
_DOTS = "..."
_COLOURS = ("cyan", "magenta", "yellow", "green", "blue", "red")


def print_picture(
    picture: Picture, language: Language, out: TextIO, *, colour: bool, width: int | None = None
) -> None:
    """Print the picture. Where the output cannot hold lines, they are drawn with ASCII."""
    laid_out = StringIO()
    console = open_console(laid_out, colour=colour, width=width, widest=_WIDEST)
    signs = LINES if _can_show(out, f"{LINES.lane}{LINES.head}{LINES.joins}→…") else ASCII
    _Page(console, picture, language, signs).print()
    out.writelines(f"{line.rstrip()}\n" for line in laid_out.getvalue().splitlines())


def _can_show(out: TextIO, text: str) -> bool:
    try:
        text.encode(getattr(out, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


class _Page:
    """The page; each part is a short method."""

    def __init__(self, console: Console, picture: Picture, language: Language, signs: Signs) -> None:
        self.console = console
        self.picture = picture
        self.language: Language = language
        self.signs = signs
        self.to = "→" if signs is LINES else "->"
        self.rows = list(_list_rows(picture))
        lanes = find_lanes([key for key, _ in self.rows], picture.arrows)
        self.columns = count_columns(lanes)
        fits = 2 * self.columns + 2 <= console.width * _MOST_OF_WIDTH
        self.lanes: Sequence[Lane] = lanes if fits else ()
        self.columns = self.columns if fits else 0
        self.name_width = min(
            _LONGEST_NAME,
            max(
                (cell_len(printable(name_box(box).into(language))) for box in picture.boxes.values()),
                default=0,
            ),
        )

    def print(self) -> None:
        for at, (key, box) in enumerate(self.rows):
            self._row(at, key, box)
        self._reasons()
        if self.picture.folded:
            self.console.print()
            self._words(FOLDED, "dim")

    def _row(self, at: int, key: str, box: Box | None) -> None:
        line = Text()
        if self.lanes:
            for piece, column in draw_row(at, key, self.lanes, self.columns, self.signs):
                line.append(piece, "" if column is None else _COLOURS[column % len(_COLOURS)])
        if box is None:
            line.append(LAYER_NAMES[EntryKind(key[1:])].into(self.language), "bold")
        else:
            self._fill(line, box)
        self._shorten(line, self.console.width)
        self.console.print(line, no_wrap=True)

    def _fill(self, line: Text, box: Box) -> None:
        name = Text(printable(name_box(box).into(self.language)), "" if box.entry else "dim")
        self._shorten(name, self.name_width)
        name.pad_right(max(0, self.name_width - name.cell_len))
        line.append("" if self.lanes else "  ")
        line.append_text(name)
        line.append("  ")
        line.append(printable(describe_box(box, self.picture).into(self.language)), "dim")

    def _shorten(self, text: Text, width: int) -> None:
        """Cut a text that is wider, and say so with what the output can show."""
        if self.signs is LINES:
            text.truncate(width, overflow="ellipsis")
        elif text.cell_len > width:
            text.truncate(max(0, width - len(_DOTS)))
            text.append(_DOTS)

    def _reasons(self) -> None:
        if not self.picture.arrows:
            return
        self.console.print()
        self._words(HOW_MANY if self.picture.folded else WHY, "bold")
        if self.picture.folded:
            self._counted()
            return
        for box in self.picture.boxes.values():
            for arrow in self.picture.needs_of(box.key):
                self._reason(box, arrow)

    def _reason(self, box: Box, arrow: Arrow) -> None:
        because = "; ".join(arrow.reasons) or NO_REASON.into(self.language)
        text = f"{name_box(box).into(self.language)} {self.to} {arrow.target}: {because}"
        self.console.print(Padding(Folded(Text(printable(text))), (0, 0, 0, 2)))

    def _counted(self) -> None:
        """Say of a large site how many would miss what others need, the most needed first."""
        counts = Counter[str]()
        for arrow in self.picture.arrows:
            counts[arrow.target] += arrow.count
        for target, count in counts.most_common():
            words = NEEDED_BY.fill(name=target, count=f"{count:,}")
            self.console.print(Padding(Folded(Text(printable(words.into(self.language)))), (0, 0, 0, 2)))

    def _words(self, words: Words, style: str) -> None:
        self.console.print(Folded(Text(words.into(self.language), style)))


def _list_rows(picture: Picture) -> Iterator[tuple[str, Box | None]]:
    """Yield the headings (`#KIND`, no box) and the boxes below them."""
    for kind, boxes in picture.layers():
        yield f"#{kind.value}", None
        yield from ((box.key, box) for box in boxes)


WHY = Words("What needs what, and why", "何が何を必要とするか、その理由")
HOW_MANY = Words("What most need", "多くが必要とするもの")
NEEDED_BY = Words("{name}: needed by {count}", "{name}: {count} 件が必要")
NO_REASON = Words("as the site file says", "サイトファイルの記載どおり")
FOLDED = Words(
    "A large site: what nobody needs is folded by its host. `tenmatsu site show NAME` shows one thing whole.",
    "大きなサイトのため、他から必要とされないものはホストごとにまとめました。"
    "`tenmatsu site show 名前` で個別に表示します。",
)
