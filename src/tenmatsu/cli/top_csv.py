"""What ran, as CSV for a spreadsheet: one line a row; names made safe to show and to open."""

import csv
import io
from collections.abc import Mapping, Sequence

from tenmatsu.account.safe import printable
from tenmatsu.model.processes import Grouping, Ran, Row
from tenmatsu.model.words import Language
from tenmatsu.ui.process_words import find_meaning, name_row, signal_name

COLUMNS = (
    "host", "name", "comm", "executable", "service", "container", "started", "ended", "per_second", "alive",
    "cpu_seconds", "mean_life_seconds", "exit_codes", "signals", "parents", "users", "what", "command",
    "captured_percent", "events_lost",
)  # fmt: skip
# A spreadsheet takes a cell that begins so for a formula; a Japanese one these of full width too (OWASP, CSV
# Injection).
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def render_csv(rows: Sequence[Row], seen: Sequence[Ran], grouping: Grouping, language: Language) -> str:
    """Return a heading and one line a row. How complete it is stands in each line: lines get copied."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    hosts = {one.host: one for one in seen}
    for row in rows:
        writer.writerow(_line(row, hosts[row.host], grouping, language))
    return out.getvalue()


def _line(row: Row, ran: Ran, grouping: Grouping, language: Language) -> list[object]:
    meaning = find_meaning(row.comm, row.executable, row.service)
    percent = ran.completeness.captured_percent
    return [
        _text(row.host),
        _text(name_row(row, grouping).into(language)),
        _text(row.comm),
        _text(row.executable),
        _text(row.service),
        _text(row.container),
        row.started,
        row.ended,
        round(row.started / ran.seconds, 3) if ran.seconds else 0,
        row.alive,
        round(row.cpu_seconds, 6),
        "" if row.mean_life_seconds is None else round(row.mean_life_seconds, 6),
        _pairs(row.exit_codes),
        _pairs({signal_name(number): count for number, count in row.signals.items()}),
        _text(_pairs(row.parents)),
        _pairs(row.users),
        _text(meaning.into(language) if meaning else ""),
        _text(row.commands[0] if row.commands else ""),
        "" if percent is None else percent,
        ran.completeness.lost,
    ]


def _pairs(counts: Mapping[int, int] | Mapping[str, int]) -> str:
    return " ".join(f"{key}:{count}" for key, count in counts.items())


def _text(text: str) -> str:
    shown = printable(text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown
