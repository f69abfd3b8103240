"""The proof of the end for a terminal: the conclusion, then what it rests on."""

from rich.text import Text

from tenmatsu.account.safe import printable
from tenmatsu.cli.console import open_standard_output
from tenmatsu.cli.probe_text import print_rows
from tenmatsu.cli.probe_words import make_rows as rows_of_series
from tenmatsu.cli.verify_words import Verified, make_headline, make_rows
from tenmatsu.model.words import Language
from tenmatsu.verify.proof import Answer
from tenmatsu.verify.symptoms import Now

_STYLES = {Answer.OVER: "bold green", Answer.STILL: "bold red", Answer.UNDECIDED: "bold yellow"}


def print_proof(one: Verified, language: Language, *, no_colour: bool) -> None:
    """Print the proof."""
    console = open_standard_output(no_colour=no_colour)
    still = any(each.now is Now.STILL for each in one.symptoms)
    style = "bold red" if still else _STYLES[one.proof.answer]
    console.print(Text(printable(make_headline(one).into(language)), style=style))
    print_rows(console, [*make_rows(one), *rows_of_series(one.told)], language)
