"""Help in Japanese: lines end between wide characters, and a wide one takes two cells.

Click breaks at blanks only, and counts characters.
"""

from collections.abc import Iterable
from itertools import pairwise

import click

COLUMN_GAP = 2


class WideFormatter(click.HelpFormatter):
    """Lays out help by cells."""

    def write_text(self, text: str) -> None:
        """Write paragraphs, each at the current indent."""
        indent = " " * self.current_indent
        paragraphs = [
            "\n".join(f"{indent}{line}" for line in wrap(one, self.width - self.current_indent))
            for one in text.split("\n\n")
        ]
        self.write("\n\n".join(paragraphs) + "\n")

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = COLUMN_GAP
    ) -> None:
        """Write options or commands, and what each is beside it."""
        from rich.cells import cell_len

        rows = list(rows)
        column = min(max((cell_len(term) for term, _ in rows), default=0), col_max) + col_spacing
        beside = " " * (self.current_indent + column)
        for term, what in rows:
            gap = column - cell_len(term)
            lines = wrap(what, max(10, self.width - len(beside)))
            start = f"{' ' * self.current_indent}{term}"
            fits = gap >= col_spacing
            first = f"{start}{' ' * gap}{lines[0] if lines else ''}" if fits else start
            rest = lines[1:] if fits else lines
            self.write("\n".join([first.rstrip(), *(f"{beside}{line}" for line in rest)]) + "\n")


class WideContext(click.Context):
    """A call whose help is laid out by cells."""

    formatter_class: type[click.HelpFormatter] = WideFormatter


def wrap(text: str, width: int) -> list[str]:
    """Return the lines of a paragraph, none wider than so many cells."""
    from tenmatsu.account.folding import find_breaks

    text = " ".join(text.split())
    ends = [0, *find_breaks(text, width), len(text)]
    return [text[start:end].rstrip() for start, end in pairwise(ends) if end > start]


def cut_short(text: str, most_cells: int) -> str:
    """Return the text, or as much of it as fits, with dots."""
    from rich.cells import cell_len

    return text if cell_len(text) <= most_cells else f"{wrap(text, most_cells - 2)[0].rstrip('、: ')}…"
