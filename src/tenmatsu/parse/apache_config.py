"""Apache httpd's configuration: sections, variables, conditions, includes.

Source: Apache HTTP Server 2.4, "Configuration Files" and "Configuration Sections"; server/config.c.
Nothing is opened here: `follow_config` is a generator that asks for each `Include` and is sent the
files.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from tenmatsu.errors import ParseError
from tenmatsu.parse.apache_conditions import condition_holds
from tenmatsu.parse.apache_words import fill_variables, split_lines, split_words
from tenmatsu.parse.includes import ConfigFile, Following, Included, IncludeRequest

# No real configuration nests deeper or is longer.
DEEPEST_SECTION = 64
MOST_DIRECTIVES = 50_000
MOST_FILES = 2_000

# Compiled into the server on Debian and Fedora (`apache2 -l`), so that no LoadModule names them.
BUILT_IN = (
    "core",
    "http_core",
    "mod_so",
    "mod_log_config",
    "mod_logio",
    "mod_unixd",
    "mod_version",
    "mod_watchdog",
)


# Sections that are conditions only: what stands in them belongs to what is around.
_TRANSPARENT = frozenset({"ifmodule", "ifdefine", "ifversion", "iffile", "ifdirective", "ifsection"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """What a directive stands in: of `<Directory /var/www>` `directory` and `/var/www`, and where."""

    name: str
    argument: str
    place: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Directive:
    """One directive in force: its name in lower case, its words, the sections around, its place."""

    name: str
    arguments: tuple[str, ...]
    sections: tuple[Section, ...]
    file: str
    line: int

    def within(self, section: str) -> str | None:
        """Return the argument of the innermost such section around it, or None."""
        return next((s.argument for s in reversed(self.sections) if s.name == section), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class ApacheConfig:
    """All directives in force, in order, the modules loaded, and what could not be followed."""

    server_root: str
    directives: tuple[Directive, ...]
    modules: frozenset[str]
    files: tuple[str, ...]
    problems: tuple[str, ...]

    def find(self, *names: str) -> list[Directive]:
        """Return the directives of these names (lower case) that have an argument, in order."""
        return [one for one in self.directives if one.name in names and one.arguments]

    def last(self, *names: str) -> Directive | None:
        """Return the last such directive that stands in no section: the main server's own."""
        own = [one for one in self.find(*names) if not one.sections]
        return own[-1] if own else None


@dataclass
class _State:
    server_root: str
    defines: dict[str, str]
    environment: Mapping[str, str]
    modules: set[str]
    version: tuple[int, ...]
    directives: list[Directive] = field(default_factory=list)
    included: Included = field(default_factory=Included)
    problems: list[str] = field(default_factory=list)

    def value_of(self, name: str) -> str | None:
        return self.defines.get(name, self.environment.get(name))


def follow_config(
    main: ConfigFile,
    *,
    server_root: str,
    defines: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    modules: Sequence[str] = (),
    version: tuple[int, ...] = (2, 4),
) -> Generator[IncludeRequest, Sequence[ConfigFile], ApacheConfig]:
    """Read a configuration from its main file on; yield what it includes, to be sent the files.

    Args:
        main: the main file.
        server_root: where relative paths start, until a `ServerRoot` says otherwise.
        defines: the names given with `-D`.
        environment: the variables of the running server.
        modules: what is known to be loaded beside the `LoadModule` lines, as `mod_cgi`.
        version: the server's, for `<IfVersion>`.

    Raises:
        ParseError: the main file is not text.
    """
    known = (*BUILT_IN, *modules)
    loaded = {f"{name}.c" for name in known} | {f"{name.removeprefix('mod_')}_module" for name in known}
    given = dict.fromkeys(defines, "")
    state = _State(server_root, given, environment or {}, loaded, version)
    yield from _read(state, main, (), ())
    return ApacheConfig(
        server_root=state.server_root,
        directives=tuple(state.directives),
        modules=frozenset(state.modules),
        files=tuple(state.included.files),
        problems=tuple(dict.fromkeys(state.problems)),
    )


@dataclass(kw_only=True)
class _Reading:
    """One file being read: the sections opened in it, and below which one nothing is in force."""

    file: str
    around: tuple[Section, ...]
    chain: tuple[str, ...]
    opened: list[Section] = field(default_factory=list)
    skipped_from: int | None = None

    @property
    def sections(self) -> tuple[Section, ...]:
        return (*self.around, *(one for one in self.opened if one.name not in _TRANSPARENT))


def _read(state: _State, file: ConfigFile, around: tuple[Section, ...], chain: tuple[str, ...]) -> Following:
    if not state.included.takes(file, chain):
        state.problems.append(f"{file.path}: included too often")
        return
    reading = _Reading(file=file.path, around=around, chain=(*chain, file.path))
    for number, line in split_lines(file.content):
        if line.startswith("</"):
            _close(state, reading, line, number)
        elif line.startswith("<"):
            _open(state, reading, line, number)
        elif reading.skipped_from is None:
            yield from _take(state, reading, line, number)
    if reading.opened:
        state.problems.append(f"{file.path}: <{reading.opened[-1].name}> is never closed")


def _close(state: _State, reading: _Reading, line: str, number: int) -> None:
    name = line[2:].rstrip(">").strip().lower()
    if not reading.opened or reading.opened[-1].name != name:
        state.problems.append(f"{reading.file}:{number}: </{name}> closes nothing")
        return
    reading.opened.pop()
    if reading.skipped_from == len(reading.opened):
        reading.skipped_from = None


def _open(state: _State, reading: _Reading, line: str, number: int) -> None:
    name, _, rest = line[1:].removesuffix(">").partition(" ")
    words = _filled(state, split_words(rest), f"{reading.file}:{number}")
    if reading.skipped_from is None and not condition_holds(
        name.lower(), words, state.modules, state.defines, state.version
    ):
        reading.skipped_from = len(reading.opened)
    place = f"{reading.file}:{number}"
    if len(reading.opened) >= DEEPEST_SECTION:
        raise ParseError("Apache configuration", f"sections too deep at {place}")
    reading.opened.append(Section(name=name.strip().lower(), argument=" ".join(words), place=place))


def _take(state: _State, reading: _Reading, line: str, number: int) -> Following:
    if len(state.directives) >= MOST_DIRECTIVES:
        raise ParseError("Apache configuration", f"too many directives at {reading.file}:{number}")
    name, *rest = split_words(line)
    words = _filled(state, rest, f"{reading.file}:{number}")
    found = Directive(
        name=name.lower(),
        arguments=words,
        sections=reading.sections,
        file=reading.file,
        line=number,
    )
    state.directives.append(found)
    _note(state, found)
    if found.name in ("include", "includeoptional") and words:
        yield from _include(state, reading, found)


def _note(state: _State, found: Directive) -> None:
    """Keep what changes how later lines are read."""
    match found.name, found.arguments:
        case "define", (name, *value):
            state.defines[name] = value[0] if value else ""
        case "undefine", (name, *_):
            state.defines.pop(name, None)
        case "serverroot", (root, *_):
            state.server_root = root
        case "loadmodule", (identifier, *_):
            name = identifier.removesuffix("_module")
            state.modules |= {identifier, f"mod_{name}.c", f"{name.removeprefix('mpm_')}.c"}
        case "use", _:
            state.problems.append(f"{found.file}:{found.line}: macros (Use) are not followed")


def _include(state: _State, reading: _Reading, found: Directive) -> Following:
    pattern = str(PurePosixPath(state.server_root, found.arguments[0]))
    for file in (yield IncludeRequest(pattern=pattern)):
        try:
            yield from _read(state, file, reading.sections, reading.chain)
        except ParseError as broken:
            state.problems.append(f"{file.path}: {broken.met}")


def _filled(state: _State, words: Sequence[str], place: str) -> tuple[str, ...]:
    filled = [fill_variables(word, state.value_of) for word in words]
    for name in (name for _, unknown in filled for name in unknown):
        if not name.isdigit() and ":" not in name:  # ${1} and ${map:key} are mod_rewrite's own
            state.problems.append(f"{place}: ${{{name}}} is not defined")
    return tuple(word for word, _ in filled)
