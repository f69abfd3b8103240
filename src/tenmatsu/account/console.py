"""The console that pages are printed on: no wider than is readable, and colour only where it is wanted."""

from typing import TextIO

from rich.console import Console

WIDEST = 100
NARROWEST = 40


def open_console(
    out: TextIO, *, colour: bool, width: int | None, narrowest: int = NARROWEST, widest: int = WIDEST
) -> Console:
    """Return a console; without a width it is 80 columns wide. Nothing in a text is taken for markup."""
    return Console(
        file=out,
        width=max(narrowest, min(width or 80, widest)),
        no_color=not colour,
        force_terminal=colour,
        color_system="standard" if colour else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
