"""All that is known of one row: in three lines below the table, or on a screen of its own."""

import shlex
from collections.abc import Iterator, Mapping

from tenmatsu.account.safe import printable
from tenmatsu.model.processes import Grouping, Ran, Row
from tenmatsu.model.words import Language, Words
from tenmatsu.ui.cells import Cell, Line, cut_line, fit_within, write_lines
from tenmatsu.ui.process_columns import show_share
from tenmatsu.ui.process_view import View
from tenmatsu.ui.process_words import (
    find_meaning,
    name_row,
    show_count,
    show_life,
    show_parents,
    show_rate,
    signal_name,
)

BRIEF_LINES = 3


def brief_lines(row: Row, grouping: Grouping, language: Language, width: int) -> list[Line]:
    """Return three lines: what it is, who starts it, and how it was called."""
    name = name_row(row, grouping).into(language)
    meaning = find_meaning(row.comm, row.executable, row.service)
    what = meaning.into(language) if meaning else (printable(row.executable) or UNKNOWN.into(language))
    command = printable(row.commands[0]) if row.commands else ""
    lines = [
        (Cell(f" {fit_within(name, width // 3)}", "bold"), Cell(f"  {what}")),
        (Cell(f" {BY.fill(chain=_show_chain(row)).into(language)}"),),
        (Cell(f" {CALLED.fill(command=command or '-').into(language)}", "dim"),),
    ]
    return [cut_line(line, width) for line in lines]


def row_report(view: View, row: Row, language: Language, width: int) -> list[Line]:
    """Return everything about a row as it is in a view; one that has gone stays as it was."""
    now = next((one for one in view.rows if one.identity == row.identity), None)
    lines = detail_lines(now or row, view.hosts.get(row.host), view.query.grouping, language, width)
    return lines if now else [(Cell(GONE.into(language), "bold reverse"),), (), *lines]


def detail_lines(row: Row, ran: Ran | None, grouping: Grouping, language: Language, width: int) -> list[Line]:
    """Return everything; what comes from the machine is indented, so that it cannot pass for a label."""
    lines: list[Line] = [
        *write_lines(name_row(row, grouping).into(language), width, style="bold"),
        (),
    ]
    for label, texts in _parts(row, ran, language):
        if texts:
            lines.append((Cell(label.into(language), "bold"),))
            lines += [line for text in texts for line in write_lines(text, width, indent="    ")]
    return lines


def _parts(row: Row, ran: Ran | None, language: Language) -> Iterator[tuple[Words, list[str]]]:
    meaning = find_meaning(row.comm, row.executable, row.service)
    yield WHAT, [meaning.into(language) if meaning else UNKNOWN.into(language)]
    yield FIGURES, [_show_figures(row, ran, language)]
    yield ENDS, [_show_all_ends(row)] if row.exit_codes or row.signals else []
    yield STARTED_BY, [] if row.unnamed else [_show_counts(row.parents)] if row.parents else []
    yield CHAIN, [_show_chain(row)] if row.chain else []
    yield EXECUTABLE, [printable(row.executable)] if row.executable else []
    yield SERVICE, [printable(row.service)] if row.service else []
    yield CONTAINER, [printable(row.container)] if row.container else []
    yield USERS, [_show_counts({str(uid): count for uid, count in row.users.items()})] if row.users else []
    yield COMMANDS, [printable(command) for command in row.commands]
    yield MORE, [f"tenmatsu who {shlex.quote(printable(row.comm or row.name))}"] if row.comm else []


def _show_figures(row: Row, ran: Ran | None, language: Language) -> str:
    return FIGURE.fill(
        started=show_count(row.started),
        rate=show_rate(row.started, ran.seconds) if ran else "-",
        ended=show_count(row.ended),
        alive=show_count(row.alive),
        cpu=f"{row.cpu_seconds:.3f}",
        share=show_share(row, ran) if ran else "-",
        life=show_life(row.mean_life_seconds),
    ).into(language)


def _show_all_ends(row: Row) -> str:
    signals = [f"{signal_name(number)}: {show_count(count)}" for number, count in row.signals.items()]
    codes = [f"exit {code}: {show_count(count)}" for code, count in row.exit_codes.items()]
    return ", ".join(signals + codes)


def _show_counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{printable(name) or '?'} ({show_count(count)})" for name, count in counts.items())


def _show_chain(row: Row) -> str:
    """Return the ancestors, the nearest first; where no chain is known, those who started them."""
    if row.chain:
        return " < ".join(printable(name) or "?" for name in row.chain)
    return show_parents(row.parents) or "-"


GONE = Words("no longer in this window; as it was:", "この間にはもうありません。以前の値:")
UNKNOWN = Words("nothing is known of it offline", "手元の資料では不明")
BY = Words("by {chain}", "起動元 {chain}")
CALLED = Words("called: {command}", "呼び出し: {command}")
WHAT = Words("What it is", "何か")
FIGURES = Words("In this window", "この間に")
FIGURE = Words(
    "started {started} ({rate}/s), ended {ended}, alive now {alive}; CPU {cpu} s ({share} of what was used);"
    " mean life {life}",
    "開始 {started} (毎秒 {rate})、終了 {ended}、存続 {alive}。"
    "CPU {cpu} 秒 (使用の {share})。平均寿命 {life}",
)
ENDS = Words("How they ended", "終わり方")
STARTED_BY = Words("Who starts it", "起動元")
CHAIN = Words("Chain of parents, the nearest first", "親の連鎖 (近い順)")
EXECUTABLE = Words("Executable", "実行ファイル")
SERVICE = Words("Service", "サービス")
CONTAINER = Words("Container", "コンテナ")
USERS = Words("Users by number", "利用者番号")
COMMANDS = Words("Command lines, some of them; secrets are masked", "コマンドラインの例 (秘密は伏せ字)")
MORE = Words("More about it, in a shell", "詳しくはシェルで")
