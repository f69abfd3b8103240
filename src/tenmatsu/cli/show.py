"""Print a case as text, Markdown or JSON, and choose the exit code."""

import os
import shutil
import sys
from typing import TYPE_CHECKING

from tenmatsu.model.words import Language

if TYPE_CHECKING:
    from tenmatsu.model.case import Case
    from tenmatsu.model.verdict import Verdict

_EXIT_CODES = {"healthy": 0, "likely": 1, "confirmed": 1, "inconclusive": 3}


def exit_code(verdict: "Verdict") -> int:
    """Return 0 for healthy, 1 where a cause was found, 3 where not enough was seen."""
    return _EXIT_CODES[verdict.status.value]


def show_case(
    case: "Case",
    language: Language,
    *,
    as_json: bool = False,
    as_markdown: bool = False,
    no_colour: bool = False,
) -> None:
    """Print the case to standard output. Imports only what the form needs: start-up is felt."""
    if as_json:
        from tenmatsu.account.as_json import render_json

        sys.stdout.write(render_json(case, language))
        return
    from tenmatsu.account.report import make_report

    report = make_report(case, language)
    if as_markdown:
        from tenmatsu.account.as_markdown import render_markdown

        sys.stdout.write(render_markdown(report))
        return
    from tenmatsu.account.as_text import print_report

    terminal = sys.stdout.isatty()
    colour = terminal and not no_colour and not os.environ.get("NO_COLOR")
    width = shutil.get_terminal_size().columns if terminal else None
    print_report(report, sys.stdout, colour=colour, width=width)
