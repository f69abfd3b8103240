"""The forms for programs: whatever a guest calls itself, no terminal and no spreadsheet acts on it."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest

from tenmatsu.cli.top_csv import render_csv
from tenmatsu.cli.top_json import render_json
from tenmatsu.model.processes import Completeness, Grouping, Ran, Row

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def ran(name: str) -> Ran:
    row = Row(host="web1", name=name, comm=name, started=1, ended=1, commands=(name,), parents={name: 1})
    seen = Completeness(rung="ebpf", events_lost={"\x9b31m\u202e": 1}, remarks=("\x9b2J",))
    return Ran(host="web1", begun=NOW, ended=NOW, seconds=1.0, completeness=seen, rows=(row,))


@pytest.mark.parametrize("beginning", ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\t="])
def test_no_cell_is_a_formula(beginning: str) -> None:
    seen = ran(f'{beginning}HYPERLINK("http://x/";"y"),2\r\n=3')
    cells = [
        cell
        for line in csv.reader(io.StringIO(render_csv(seen.rows, [seen], Grouping.PROGRAM, "en")))
        for cell in line
    ]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t"))]
    assert len(cells) % 20 == 0


def test_json_holds_no_control_character() -> None:
    seen = ran("\x1b]0;x\x07\x9b2J\u202egnp")
    text = render_json([seen], seen.rows, Grouping.PROGRAM, "ja")
    assert all(one == "\n" or one.isprintable() for one in text)
    assert json.loads(text)["completeness"]["lost_by"] == {"\x9b31m\u202e": 1}
