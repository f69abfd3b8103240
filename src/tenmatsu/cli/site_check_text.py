"""What the tests of a site said: for a terminal, lacks first to the eye; and for JSON."""

from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from typing import Any, TextIO

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tenmatsu.account.console import open_console
from tenmatsu.account.folding import Folded
from tenmatsu.account.safe import printable
from tenmatsu.model.entry_check import Check, Standing, Tested
from tenmatsu.model.site_map import Entry
from tenmatsu.model.words import Language, Words

# A larger site shows only entries with something to say; the rest are counted.
_MOST_SHOWN_WHOLE = 20
_STYLES = {Standing.OK: "green", Standing.NOTE: "yellow", Standing.LACKS: "bold red", Standing.UNKNOWN: "dim"}

Checks = Mapping[str, tuple[Check, ...]]


def print_checks(
    chosen: Sequence[Entry],
    checks: Checks,
    language: Language,
    out: TextIO,
    *,
    colour: bool,
    width: int | None = None,
) -> None:
    """Print the conclusion, then each entry with its tests."""
    laid_out = StringIO()
    console = open_console(laid_out, colour=colour, width=width)
    console.print(Folded(Text(_conclude(chosen, checks).into(language), "bold")))
    shown = list(chosen)
    if len(chosen) > _MOST_SHOWN_WHOLE:
        shown = [entry for entry in chosen if _worst(checks[entry.name]) is not Standing.OK]
    for entry in shown:
        console.print()
        console.print(Text(printable(entry.name), "bold"))
        console.print(Padding(_make_table(checks[entry.name], language), (0, 0, 0, 2)))
    if len(shown) < len(chosen):
        console.print()
        console.print(Folded(Text(NOT_SHOWN.fill(count=len(chosen) - len(shown)).into(language), "dim")))
    out.writelines(f"{line.rstrip()}\n" for line in laid_out.getvalue().splitlines())


def _conclude(chosen: Sequence[Entry], checks: Checks) -> Words:
    lacking = sum(_worst(checks[entry.name]) is Standing.LACKS for entry in chosen)
    entries = ENTRIES.fill(total=len(chosen))
    if lacking:
        return SOME_LACK.fill(count=lacking, total=len(chosen), entries=entries)
    return ALL_WELL.fill(total=len(chosen))


def _make_table(checks: Iterable[Check], language: Language) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, min_width=11)
    table.add_column(no_wrap=True, min_width=5)
    table.add_column(overflow="fold")
    for one in checks:
        said = Text(printable(one.said.into(language)))
        table.add_row(
            Text(NAMES[one.tested].into(language)),
            Text(STANDINGS[one.standing].into(language), _STYLES[one.standing]),
            Folded(said),
        )
        if one.close_by is not None and one.standing is not Standing.OK:
            table.add_row("", "", Folded(Text(printable(f"→ {one.close_by.into(language)}"), "cyan")))
    return table


def _worst(checks: Iterable[Check]) -> Standing:
    order = (Standing.LACKS, Standing.UNKNOWN, Standing.NOTE)
    met = {one.standing for one in checks}
    return next((one for one in order if one in met), Standing.OK)


def describe_checks(chosen: Sequence[Entry], checks: Checks, language: Language) -> dict[str, Any]:
    """Return the object that docs/site.md describes key by key."""
    return {
        "lacking": [entry.name for entry in chosen if _worst(checks[entry.name]) is Standing.LACKS],
        "entries": [
            {
                "name": entry.name,
                "kind": entry.kind.value,
                "checks": [_describe(one, language) for one in checks[entry.name]],
            }
            for entry in chosen
        ],
    }


def _describe(one: Check, language: Language) -> dict[str, Any]:
    return {
        "tested": one.tested.value,
        "standing": one.standing.value,
        "said": printable(one.said.into(language)),
        "close_by": printable(one.close_by.into(language)) if one.close_by else None,
        "values": dict(one.values),
    }


SOME_LACK = Words(
    "Something is lacking for {count} of {entries}.",
    "{total} 項目中 {count} 項目に不足があります。",
)
ENTRIES = Words("{total:entry|entries}", "{total} 項目")
ALL_WELL = Words("{total:entry|entries}: nothing lacks.", "{total} 項目に不足はありません。")
NOT_SHOWN = Words(
    "{count:entry|entries} without anything to say: not shown.", "問題のない {count} 項目は省略。"
)
STANDINGS = {
    Standing.OK: Words("ok", "良好"),
    Standing.NOTE: Words("note", "参考"),
    Standing.LACKS: Words("lacks", "不足"),
    Standing.UNKNOWN: Words("?", "不明"),
}
NAMES = {
    Tested.NAME: Words("name", "名前"),
    Tested.ADDRESS: Words("address", "アドレス"),
    Tested.ANSWER: Words("answer", "応答"),
    Tested.SSH: Words("ssh", "SSH"),
    Tested.PROBE: Words("probe", "プローブ"),
    Tested.CERTIFICATE: Words("certificate", "証明書"),
    Tested.HYPERVISOR: Words("hypervisor", "ハイパーバイザー"),
    Tested.READ: Words("read", "読み取り"),
    Tested.ACT: Words("act", "操作"),
    Tested.CLOCK: Words("clock", "時計"),
}
