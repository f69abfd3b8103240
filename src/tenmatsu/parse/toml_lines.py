"""In which line of a TOML file a key stands: the library that reads it does not tell."""

import re
from collections.abc import Mapping

Path = tuple[str | int, ...]
_TABLE = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")
_QUOTES = ('"""', "'''")


def find_lines(text: str) -> Mapping[Path, int]:
    """Return the line (from 1) of every table and key, by its path; tables of a list have their number.

    Keys within `{…}` and `[…]` are not told: their line is that of the key before the `=`.
    """
    lines: dict[Path, int] = {(): 1}
    counts: dict[Path, int] = {}
    table: Path = ()
    quote = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if quote:
            quote = "" if quote in line else quote
            continue
        if found := _TABLE.match(line):
            table = _find_table(_split(found[2]), counts, is_list=found[1] == "[[")
            for length in range(1, len(table) + 1):  # those around it may have no line of their own
                lines.setdefault(table[:length], number)
        elif found := _KEY.match(line):
            lines.setdefault((*table, *_split(found[1])), number)
        quote = _open_quote(line)
    return lines


def line_of(lines: Mapping[Path, int], path: Path) -> int:
    """Return the line of a path, or of the nearest that stands around it."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def _find_table(names: tuple[str, ...], counts: dict[Path, int], *, is_list: bool) -> Path:
    """Return the path with the numbers of those tables on the way that are lists."""
    path: Path = ()
    for at, name in enumerate(names):
        path = (*path, name)
        if is_list and at == len(names) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _split(name: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(name))


def _open_quote(line: str) -> str:
    """Return the quotes of a text that goes on in the next line; quotes within another text are none."""
    at = 0
    while at < len(line) and line[at] != "#":
        quote = next((one for one in (*_QUOTES, '"', "'") if line.startswith(one, at)), "")
        end = _find_close(line, at + len(quote), quote) if quote else at + 1
        if end < 0:
            return quote if quote in _QUOTES else ""
        at = end
    return ""


def _find_close(line: str, at: int, quote: str) -> int:
    """Return where a text ends that began before `at`, or -1; backslashes count in double quotes only."""
    while at < len(line):
        if line[at] == "\\" and quote[0] == '"':
            at += 2
        elif line.startswith(quote, at):
            return at + len(quote)
        else:
            at += 1
    return -1
