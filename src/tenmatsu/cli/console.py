"""Standard output as a console: a terminal in its width and colours, or 80 columns of plain text."""

import os
import shutil
import sys
from typing import TYPE_CHECKING

from tenmatsu.account.console import open_console

if TYPE_CHECKING:
    from rich.console import Console


def open_standard_output(*, no_colour: bool) -> "Console":
    """Return the console for standard output."""
    terminal = sys.stdout.isatty()
    colour = terminal and not no_colour and not os.environ.get("NO_COLOR")
    return open_console(
        sys.stdout, colour=colour, width=shutil.get_terminal_size().columns if terminal else None
    )
