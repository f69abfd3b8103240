"""The words of Apache's configuration: logical lines, quotes, variables; and Debian's envvars.

Source: Apache 2.4 "Configuration Files"; server/util.c (`ap_cfg_getline`, `ap_getword_conf`,
`ap_resolve_env`).
"""

import re
from collections.abc import Callable, Iterator

from tenmatsu.errors import ParseError

_WORD = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"?|'((?:[^'\\]|\\.)*)'?|(\S+))""", re.DOTALL)
_VARIABLE = re.compile(r"\$\{([^}\s]+)\}")
_EXPORT = re.compile(
    rb"^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)=(\"[^\"\n]*\"|'[^'\n]*'|[^\s;#]*)", re.MULTILINE
)
# Half of what Apache takes for a whole line (MAX_STRING_LEN): keeps what nested variables grow to small.
LONGEST_WORD = 4096
_SHELL_VARIABLE = re.compile(r"\$\{?(\w+)\}?")


def split_lines(content: bytes) -> tuple[tuple[int, str], ...]:
    """Return each logical line, without comments and blanks, and the number of its first line.

    Raises:
        ParseError: it is not text.
    """
    if b"\0" in content:
        raise ParseError("Apache configuration", "a NUL byte")
    return tuple(_logical_lines(content.decode("utf-8", "replace")))


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    begun, parts = 0, []
    for number, physical in enumerate(text.split("\n"), 1):
        begun = begun or number
        line = physical.rstrip("\r")
        if line.endswith("\\"):  # a comment goes on in the next line too: Apache joins lines first
            parts.append(line[:-1])
            continue
        yield from _meaningful(begun, [*parts, line])
        begun, parts = 0, []
    yield from _meaningful(begun, parts)


def _meaningful(number: int, parts: list[str]) -> Iterator[tuple[int, str]]:
    whole = "".join(parts).strip()
    if whole and not whole.startswith("#"):
        yield number, whole


def split_words(text: str) -> tuple[str, ...]:
    """Return the words of a line: quotes of both kinds, a backslash before a quote or itself."""
    return tuple(_unquoted(*match.groups()) for match in _WORD.finditer(text))


def _unquoted(double: str | None, single: str | None, bare: str | None) -> str:
    if double is not None:
        return re.sub(r'\\([\\"])', r"\1", double)
    if single is not None:
        return re.sub(r"\\([\\'])", r"\1", single)
    return bare or ""


def fill_variables(word: str, value_of: Callable[[str], str | None]) -> tuple[str, tuple[str, ...]]:
    """Return the word with each `${NAME}` filled in, and the names that have no value."""
    unknown: list[str] = []

    def value(match: re.Match[str]) -> str:
        found = value_of(match.group(1))
        if found is None:
            unknown.append(match.group(1))
        return match.group() if found is None else found

    return _VARIABLE.sub(value, word[:LONGEST_WORD])[:LONGEST_WORD], tuple(unknown)


def parse_envvars(text: bytes) -> dict[str, str]:
    """Return the variables that Debian's /etc/apache2/envvars sets, without a shell.

    Conditions are not evaluated: of two assignments the last holds, which is right for Debian's file.
    """
    found: dict[str, str] = {}
    for name, value in _EXPORT.findall(text):
        plain = value.decode("utf-8", "replace").strip("\"'")
        found[name.decode()] = _SHELL_VARIABLE.sub(lambda match: found.get(match.group(1), ""), plain)
    return found
