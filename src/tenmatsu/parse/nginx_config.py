"""nginx's configuration: text to statements, with the library crossplane.

Only its lexer is used: its parser opens the included files by itself, and those of a container are
not where it would look. Source: nginx.org, "Beginner's Guide".
"""

import io
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from tenmatsu.errors import ParseError
from tenmatsu.parse.includes import ConfigFile, Following, Included, IncludeRequest

# The lexer takes a second for a megabyte; such long ones are tables (geo, map), which tell us nothing.
LONGEST_FILE = 256 << 10
DEEPEST_BLOCK = 64
# Long tables of names that tell us nothing.
_TABLES = (
    "mime.types",
    "fastcgi_params",
    "fastcgi.conf",
    "scgi_params",
    "uwsgi_params",
    "proxy_params",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """One directive: its name, its words, the names of the blocks around it, where it stands.

    `scope` is where the innermost of these blocks begins.
    """

    name: str
    words: tuple[str, ...]
    blocks: tuple[str, ...]
    scope: str
    file: str
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class NginxConfig:
    """All statements in order, the files read, and what could not be followed."""

    prefix: str
    statements: tuple[Statement, ...]
    files: tuple[str, ...]
    problems: tuple[str, ...]

    def find(self, *names: str) -> list[Statement]:
        """Return the statements of these names that have a word, in order."""
        return [one for one in self.statements if one.name in names and one.words]


@dataclass
class _State:
    folder: str
    statements: list[Statement] = field(default_factory=list)
    included: Included = field(default_factory=Included)
    problems: list[str] = field(default_factory=list)


_Block = tuple[str, str]  # its name, and where it begins


def follow_nginx_config(
    main: ConfigFile, *, prefix: str
) -> Generator[IncludeRequest, Sequence[ConfigFile], NginxConfig]:
    """Read a configuration from its main file on; yield what it includes, to be sent the files.

    Raises:
        ParseError: the main file is not text.
    """
    state = _State(str(PurePosixPath(main.path).parent))
    yield from _read(state, main, (), ())
    return NginxConfig(
        prefix=prefix,
        statements=tuple(state.statements),
        files=tuple(state.included.files),
        problems=tuple(dict.fromkeys(state.problems)),
    )


def _read(state: _State, file: ConfigFile, around: tuple[_Block, ...], chain: tuple[str, ...]) -> Following:
    if not state.included.takes(file, chain):
        state.problems.append(f"{file.path}: included too often")
        return
    blocks = list(around)
    words: list[str] = []
    begun = 0
    for word, line, quoted in _tokens(file.content):
        if quoted or word not in {"{", "}", ";"}:
            begun = begun if words else line
            words.append(word)
            continue
        if words:
            found = _statement(words, blocks, file.path, begun)
            state.statements.append(found)
            if found.name == "include" and found.words:
                yield from _include(state, found, tuple(blocks), (*chain, file.path))
        if word == "{":
            if len(blocks) >= DEEPEST_BLOCK:
                raise ParseError("nginx configuration", f"blocks too deep at {file.path}:{line}")
            blocks.append((words[0] if words else "", f"{file.path}:{line}"))
        elif word == "}" and len(blocks) > len(around):
            blocks.pop()
        words = []


def _statement(words: list[str], blocks: list[_Block], file: str, line: int) -> Statement:
    return Statement(
        name=words[0],
        words=tuple(words[1:]),
        blocks=tuple(name for name, _ in blocks),
        scope=blocks[-1][1] if blocks else "",
        file=file,
        line=line,
    )


def _tokens(content: bytes) -> Iterator[tuple[str, int, bool]]:
    if b"\0" in content:
        raise ParseError("nginx configuration", "a NUL byte")
    if len(content) > LONGEST_FILE:
        raise ParseError("nginx configuration", f"{len(content)} bytes: too long")
    from crossplane.lexer import _lex_file_object

    for word, line, quoted in _lex_file_object(io.StringIO(content.decode("utf-8", "replace"))):
        if quoted or not word.startswith("#"):
            yield word, line, quoted


def _include(
    state: _State, found: Statement, blocks: tuple[_Block, ...], chain: tuple[str, ...]
) -> Following:
    pattern = str(PurePosixPath(state.folder, found.words[0]))
    if PurePosixPath(pattern).name in _TABLES:
        return
    for file in (yield IncludeRequest(pattern=pattern)):
        try:
            yield from _read(state, file, blocks, chain)
        except ParseError as broken:
            state.problems.append(f"{file.path}: {broken.met}")
