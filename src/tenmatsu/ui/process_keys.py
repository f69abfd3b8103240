"""The keys of the live view: what each does, for the last line and for the help."""

from collections.abc import Iterable

from rich.cells import cell_len

from tenmatsu.model.words import Language, Words
from tenmatsu.ui.cells import Cell, Line, fit_right, write_lines

# For the last line: the most needed first, since a narrow terminal shows only the first ones.
_SHORT = (
    ("?", Words("help", "説明")),
    ("q", Words("quit", "終了")),
    ("+-", Words("window", "幅")),
    ("←→", Words("time", "時刻")),
    ("Space", Words("freeze", "静止")),
    ("/", Words("filter", "絞込")),
    ("s", Words("sort", "順")),
    ("g", Words("group", "単位")),
    ("Enter", Words("detail", "詳細")),
    ("r", Words("reverse", "逆順")),
    ("i", Words("machines", "機械")),
)
_NOW = ("n", Words("now", "現在へ"))
_LONG = (
    (
        "↑ ↓, PageUp, PageDown, Home",
        Words("move the cursor; Home: to the first row, whichever it is", "カーソル移動。Home は常に先頭行"),
    ),
    ("Enter", Words("everything about the row under the cursor", "カーソル行のすべて")),
    ("+ -", Words("a longer or shorter window, 1 to 600 s", "観察の幅を伸縮 (1〜600 秒)")),
    ("← →", Words("back in time and forth, by half a window", "幅の半分ずつ過去へ・現在へ")),
    ("n, End", Words("back to now", "現在に戻る")),
    ("Space", Words("freeze, and go on", "静止、再開")),
    (
        "/",
        Words("show only rows in which a text stands; Escape: all again", "文字列で絞り込む。Escape で解除"),
    ),
    ("s, r", Words("sort by the next measure; reverse", "並べ方を次へ、逆順に")),
    (
        "g",
        Words(
            "rows by program, service, starter, user, container",
            "行の単位: プログラム、サービス、起動元、利用者、コンテナ",
        ),
    ),
    (
        "i",
        Words(
            "each machine: completeness, why no better way, breaks",
            "機械ごとの完全さ、上位手段を使えない理由、不通",
        ),
    ),
    ("q", Words("quit", "終了")),
)
_MEANINGS = (
    (
        Words("started, ended", "開始・終了"),
        Words("in the window, however short they lived", "この間の回数。どれほど短命でも数える"),
    ),
    (
        Words("alive", "存続"),
        Words("how many live at the window's end", "この間の終わりに生きている数"),
    ),
    (
        Words("CPU s, %", "CPU秒・%"),
        Words(
            "CPU time of the living and the dead; % of all that was used",
            "生死を問わない CPU 時間。% は使われた全体に対する割合",
        ),
    ),
    (
        Words("life", "寿命"),
        Words("mean life of those that ended", "終了したものの平均寿命"),
    ),
    (
        Words("ends", "終わり方"),
        Words(
            "SEGV:3 three by that signal, 1:2 two with exit code 1",
            "SEGV:3 はシグナルで 3、1:2 は終了コード 1 で 2",
        ),
    ),
    (
        Words("(unseen children of …)", "(… の見えない子)"),
        Words(
            "CPU time left to a starter by children that nobody saw more of",
            "見えなかった子が起動元に残した CPU 時間",
        ),
    ),
    (
        Words("ends seen", "捕捉"),
        Words(
            "of those that the kernel counted: what is missing is missing in the rows",
            "カーネルの計数に対する割合。不足分は行にも現れない",
        ),
    ),
)


def footer_line(shown: tuple[int, int, int], language: Language, width: int, *, is_past: bool) -> Line:
    """Return the last line: as many keys as fit, and which rows are on the screen."""
    place = f"{shown[0]}-{shown[1]}/{shown[2]}"
    cells: list[Cell] = []
    left = width - cell_len(place) - 1
    for key, words in (_NOW, *_SHORT) if is_past else _SHORT:
        said = f":{words.into(language)}"
        if cell_len(key) + cell_len(said) + 1 > left:
            break
        cells += (Cell(f" {key}", "bold"), Cell(said))
        left -= cell_len(key) + cell_len(said) + 1
    return (*cells, Cell(fit_right(place, cell_len(place) + left)))


def help_lines(language: Language, width: int) -> list[Line]:
    """Return the help: the keys, and what the table says."""
    lines: list[Line] = [(Cell(KEYS.into(language), "bold"),)]
    for key, words in _LONG:
        lines += _entry(key, words.into(language), width)
    lines += [(), (Cell(COLUMNS.into(language), "bold"),)]
    for name, words in _MEANINGS:
        lines += _entry(name.into(language), words.into(language), width)
    lines += [(), *write_lines(STEADY.into(language), width)]
    return lines


def _entry(name: str, text: str, width: int) -> Iterable[Line]:
    yield (Cell(f"  {name}", "bold"),)
    yield from write_lines(text, width, indent="      ")


KEYS = Words("Keys", "キー")
COLUMNS = Words("What the table says", "表の見方")
STEADY = Words(
    "Rows change places only when one clearly exceeds the other, so that they can be read: figures that are"
    " nearly equal stay where they are. Whoever has moved the cursor keeps it on that row.",
    "順序は、明らかな差がついたときだけ変わります。ほぼ同じ値の行は動きません。"
    "動かしたカーソルは同じ行に留まります。",
)
