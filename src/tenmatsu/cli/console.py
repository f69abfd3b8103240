"""Where a report is printed: a terminal in its width and colours, or 80 columns of plain text."""

import os
import shutil
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

_WIDEST, _NARROWEST = 120, 60


def make_console(*, no_colour: bool) -> "Console":
    """Return the console for standard output."""
    from rich.console import Console

    terminal = sys.stdout.isatty()
    colour = terminal and not no_colour and not os.environ.get("NO_COLOR")
    width = shutil.get_terminal_size().columns if terminal else 80
    return Console(
        file=sys.stdout,
        width=max(_NARROWEST, min(width, _WIDEST)),
        no_color=not colour,
        force_terminal=colour,
        color_system="standard" if colour else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
