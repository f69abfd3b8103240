"""What is known of names, for a terminal: conclusion first, 80 columns, readable without colour."""

from collections.abc import Iterable, Sequence
from typing import TextIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tenmatsu.account.console import open_console
from tenmatsu.account.safe import printable
from tenmatsu.knowledge.name_form import read_name
from tenmatsu.model.cause import NextLook
from tenmatsu.model.program import MatchedBy, NameAnswer, OwningPackage, Program, ProgramKind, ProgramOrigin
from tenmatsu.model.words import Language, Words, plain

_LABEL_WIDTH = 14

Row = tuple[Words, str]


def print_answers(
    answers: Sequence[NameAnswer],
    language: Language,
    out: TextIO,
    *,
    colour: bool,
    width: int | None = None,
    host: str | None = None,
) -> None:
    """Print one page a name. Without a terminal it is 80 columns wide and plain.

    `host` is the machine that was asked; None: this one.
    """
    console = open_console(out, colour=colour, width=width)
    for at, answer in enumerate(answers):
        if at:
            console.print()
        _Page(console, answer, language, ON_HOST.fill(host=host) if host else HERE).print()


class _Page:
    """One name's page; each part is a short method."""

    def __init__(self, console: Console, answer: NameAnswer, language: Language, where: Words) -> None:
        self.console = console
        self.answer = answer
        self.language: Language = language
        self.where = where

    def print(self) -> None:
        matches = self.answer.matches
        self._conclusion()
        if len(matches) > 1:
            self._paragraphs(CANDIDATES, [(m.program.name, m.program.what) for m in matches])
        if self.answer.is_decided:
            self._details(matches[0].program)
        self._here(self.answer.origin)
        self._steps(ASK_NEXT, self.answer.next_looks)
        self._line(PROVES_NOTHING.into(self.language), "bold")
        if self.answer.is_decided:
            names = "; ".join(matches[0].program.sources)
            self._line(f"{SOURCES.into(self.language)}: {names}", "dim")

    def _conclusion(self) -> None:
        matches = self.answer.matches
        first = matches[0] if matches else None
        program = first.program.name if first else ""
        how = first.by.title if first else ""
        words = _choose_conclusion(self.answer)
        said = self._say(words, name=self.answer.asked, program=program, how=how, count=len(matches))
        self._line(said, "bold")
        if first is None:
            return
        if len(matches) == 1:
            self._line(first.program.what.into(self.language))
        if first.note:
            self._line(self._say(NOTE, note=first.note))
        if first.doubt:
            self._line(first.doubt.into(self.language), "yellow")

    def _details(self, program: Program) -> None:
        said = self.language
        rows: list[Row] = [(KIND, self._kind(program)), (PACKAGE, self._packages(program))]
        rows += [(SERVICE, ", ".join(program.units)), (OFTEN, _into(program.often, said))]
        rows += [(POINTS_TO, program.points_to.into(said)), (HARMLESS, _into(program.harmless_when, said))]
        self._table(plain(program.name) if len(self.answer.matches) > 1 else WHAT_IT_IS, rows)
        self._steps(CONFIRM, program.checks)
        if program.remedy:
            self._paragraphs(REMEDY, [("", program.remedy)])

    def _kind(self, program: Program) -> str:
        title = program.kind.title
        life = SHORT_LIVED if program.short_lived else LONG_LIVED if program.kind in _STAYING else None
        return self._say(KIND_AND_LIFE, kind=title, life=life) if life else title.into(self.language)

    def _packages(self, program: Program) -> str:
        parts = [f"{one.distribution.title.into(self.language)}: {one.package}" for one in program.packages]
        return "; ".join(parts) + (f" ({program.era})" if program.era else "")

    def _here(self, origin: ProgramOrigin) -> None:
        if not origin.knows_something and not origin.gaps:
            self._paragraphs(self.where, [("", NOTHING_HERE)])
            return
        rows: list[Row] = [(RUNNING, self._running(origin))]
        rows += [(EXECUTABLE, path) for path in dict.fromkeys((*origin.running, *origin.installed))]
        rows += [(PACKAGE, f"{one.package}: {one.summary}") for one in _once(origin)]
        rows += [(SERVICE, ", ".join(origin.units))]
        rows += [(MANUAL, summary) for summary in origin.summaries]
        rows += [(gap.what, self._say(UNSEEN, why=gap.why, close_by=gap.close_by)) for gap in origin.gaps]
        self._table(self.where, rows)

    def _running(self, origin: ProgramOrigin) -> str:
        words = RUNS_KERNEL if origin.kernel_threads else RUNS if origin.processes else RUNS_NOT
        return self._say(words, count=origin.processes, threads=origin.kernel_threads)

    def _table(self, title: Words, rows: Iterable[Row]) -> None:
        table = Table.grid(expand=True, padding=(0, 1, 0, 0))
        table.add_column(width=_LABEL_WIDTH, overflow="fold")
        table.add_column(ratio=1, overflow="fold")
        for label, text in rows:
            if text:
                shown = Text(printable(label.into(self.language)), style="cyan")
                table.add_row(shown, Text(printable(text)))
        self._line(title.into(self.language), "bold")
        self.console.print(Padding(table, (0, 0, 0, 2)))

    def _paragraphs(self, title: Words, parts: Iterable[tuple[str, Words]]) -> None:
        self._line(title.into(self.language), "bold")
        for head, words in parts:
            if head:
                self.console.print(Padding(Text(printable(head), style="cyan"), (0, 0, 0, 2)))
            text = Text(printable(words.into(self.language)))
            self.console.print(Padding(text, (0, 0, 0, 4 if head else 2)))

    def _steps(self, title: Words, looks: Sequence[NextLook]) -> None:
        if not looks:
            return
        table = Table.grid(expand=True, padding=(0, 1, 0, 0))
        table.add_column(width=2)
        table.add_column(ratio=1, overflow="fold")
        for number, look in enumerate(looks, start=1):
            text = Text(printable(look.tells.into(self.language)) + "\n")
            text.append(printable(look.command), style="cyan")
            table.add_row(Text(f"{number}."), text)
        self._line(title.into(self.language), "bold")
        self.console.print(Padding(table, (0, 0, 0, 2)))

    def _line(self, text: str, style: str = "") -> None:
        self.console.print(Text(printable(text), style=style))

    def _say(self, words: Words, **values: object) -> str:
        return words.fill(**values).into(self.language)


def _choose_conclusion(answer: NameAnswer) -> Words:
    matches = answer.matches
    if not matches:
        return KNOWN_HERE if answer.is_known else UNKNOWN
    if len(matches) > 1:
        return MAY_BE if answer.is_decided else THESE_BEGIN
    by, program = matches[0].by, matches[0].program
    if by is MatchedBy.NAME:
        return IS_KNOWN if program.name in read_name(answer.asked).spellings else IS_UNDER
    return ONLY_BEGINS if by is MatchedBy.BEGINNING else IS


def _into(words: Words | None, language: Language) -> str:
    return words.into(language) if words else ""


def _once(origin: ProgramOrigin) -> list[OwningPackage]:
    return list({one.package: one for one in origin.packages}.values())


IS = Words("{name} is {program} ({how}).", "{name} は {program} です ({how})。")
IS_KNOWN = Words("{name} is a well-known program.", "{name} は既知のプログラムです。")
IS_UNDER = Words(
    "{name} is known, under {program} and its kin.", "{name} は {program} とその仲間の項にあります。"
)
THESE_BEGIN = Words(
    "No program that we know is called {name}; these begin so.",
    "{name} という名前は一覧にありません。同じ先頭のものを挙げます。",
)
ONLY_BEGINS = Words(
    "{name} is not known, but {program} begins so.", "{name} は不明ですが、{program} が同じ先頭です。"
)
MAY_BE = Words(
    "{name} can be any of {count} programs: its executable or service decides.",
    "{name} は {count} 通りに読めます。実行ファイルかサービスで決まります。",
)
UNKNOWN = Words("Nothing is known of {name}.", "{name} については何もわかりません。")
KNOWN_HERE = Words(
    "{name} is in no list of ours, but the machine knows it.",
    "{name} は一覧にありませんが、機械に手がかりがあります。",
)
PROVES_NOTHING = Words(
    "That a name is visible proves nothing: what runs long or often is seen first. It is a suspect,"
    " not a culprit.",
    "名前が見えたこと自体は何の証拠にもなりません。長く、頻繁に動くものほど目につくだけです。"
    "容疑者であって犯人ではありません。",
)
CANDIDATES = Words("Candidates", "候補")
WHAT_IT_IS = Words("What is known of it", "わかっていること")
NOTE = Words("The name tells: {note}.", "名前からわかること: {note}。")
KIND = Words("kind", "種類")
PACKAGE = Words("package", "パッケージ")
SERVICE = Words("service", "サービス")
OFTEN = Words("how often", "頻度")
POINTS_TO = Words("can point to", "疑われるもの")
HARMLESS = Words("harmless when", "無害な場合")
KIND_AND_LIFE = Words("{kind}; {life}", "{kind}。{life}")
SHORT_LIVED = Words("normally short-lived: comes and goes", "短命で、現れては消えるのが正常")
LONG_LIVED = Words("normally long-lived", "長生きなのが正常")
_STAYING = {ProgramKind.DAEMON, ProgramKind.POLLER, ProgramKind.KERNEL_THREAD}
CONFIRM = Words("What confirms or clears it", "裏付けと晴らし方")
REMEDY = Words("To stop it, or as a test", "止めるには (切り分けにも)")
HERE = Words("On this machine", "この機械では")
ON_HOST = Words("On {host}", "{host} では")
NOTHING_HERE = Words(
    "neither running nor installed (looked for)", "動いておらず、導入もされていません (調べた結果)"
)
RUNNING = Words("running now", "現在")
RUNS = Words("processes: {count}", "{count} プロセス")
RUNS_KERNEL = Words(
    "{count}, threads of the kernel: {threads}", "{count} 個、うちカーネルスレッド {threads} 個"
)
RUNS_NOT = Words("not running", "動いていません")
EXECUTABLE = Words("executable", "実行ファイル")
MANUAL = Words("manual", "マニュアル")
UNSEEN = Words("not seen: {why}. To see it: {close_by}", "見えません: {why}。対策: {close_by}")
ASK_NEXT = Words("What to ask next, where it ran", "次に調べること (動いていた機械で)")
SOURCES = Words("Sources", "出典")
