"""In which format each access log is read: as somebody said, as its server writes it, as its lines tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from tenmatsu.cli.log_files import STANDARD_INPUT
from tenmatsu.errors import ParseError
from tenmatsu.model.words import Words, plain
from tenmatsu.parse.access_stream import StreamFormat, count_read, find_format, read_format
from tenmatsu.reach.local import LocalReach
from tenmatsu.sight.log_formats import ServerFormat, find_server_formats


class Source(Enum):
    """Who says what the format is."""

    OPTION = "option"
    SERVER = "server"
    LINES = "lines"


@dataclass(frozen=True, kw_only=True, slots=True)
class UsedFormat:
    """A format that files were read in. `server` and `place` (file:line) where a configuration names it."""

    source: Source
    format: StreamFormat
    server: str = ""
    place: str = ""


class LogFormats:
    """Chooses the format of each file. `used` are those that were, each once; `gaps` what was in the way."""

    def __init__(self, given: StreamFormat | None, names: Sequence[str]) -> None:
        """Take the format that somebody gave; without one, ask the servers of this machine."""
        self.used: list[UsedFormat] = []
        self.gaps: list[Words] = []
        self._given = given
        self._servers: dict[str, tuple[ServerFormat, ...]] = {}
        paths = {name: str(Path(name).resolve()) for name in names if name != STANDARD_INPUT}
        if paths and not given:
            found = find_server_formats(LocalReach(), list(paths.values()))
            self._servers = {name: found.by_file[path] for name, path in paths.items()}
            self.gaps += [NO_CONFIGURATION.fill(server=plain(name), why=why) for name, why in found.gaps]

    def choose(self, name: str, sample: bytes) -> UsedFormat:
        """Return the format of a file that begins with `sample`."""
        if self._given:
            return UsedFormat(source=Source.OPTION, format=self._given)
        told = find_format(sample)
        best, most = UsedFormat(source=Source.LINES, format=told), count_read(told, sample)
        for one in reversed(self._servers.get(name, ())):
            if (format := _compile(one.format)) and (read := count_read(format, sample)) and read >= most:
                best, most = _by_server(one, format), read
        return best

    def note(self, name: str, used: UsedFormat) -> None:
        """Remember that a file was read in this format."""
        if used not in self.used:
            self.used.append(used)
        said = self._servers.get(name, ())
        if said and used.source is Source.LINES:
            place = plain(said[0].place or said[0].server)
            self.gaps.append(OTHERWISE.fill(place=place, format=plain(said[0].format), name=plain(name)))


def _compile(text: str) -> StreamFormat | None:
    try:
        return read_format(text)
    except ParseError:
        return None  # without a time or a status: nothing to count by


def _by_server(one: ServerFormat, format: StreamFormat) -> UsedFormat:
    return UsedFormat(source=Source.SERVER, format=format, server=one.server, place=one.place)


def describe_format(used: UsedFormat) -> Words:
    """Return which format it was, and from where."""
    if used.format.lines_are_json:
        text = JSON_LINES
    else:
        text = plain(used.format.text) if used.format.text else USUAL_LINES
    if used.source is Source.SERVER:
        return BY_SERVER.fill(server=used.server, place=plain(used.place or "default"), format=text)
    return (AS_GIVEN if used.source is Source.OPTION else BY_LINES).fill(format=text)


AS_GIVEN = Words("Format, as given: {format}", "書式 (指定): {format}")
BY_SERVER = Words(
    "Format, by {server}'s configuration ({place}): {format}",
    "書式 ({server} の設定 {place} による): {format}",
)
BY_LINES = Words("Format, told by the lines: {format}", "書式 (行から判断): {format}")
JSON_LINES = Words("one JSON object a line", "1 行 1 JSON")
USUAL_LINES = Words("several of the usual ones", "通常の書式の混在")
NO_CONFIGURATION = Words(
    "The configuration of {server} could not be read ({why}): formats were told by the lines.",
    "{server} の設定を読めず ({why})、書式は行から判断しました。",
)
OTHERWISE = Words(
    "{place} writes {name} as {format}, but its lines are of another form: was that changed lately?",
    "{place} の設定では {name} は {format} ですが、実際の行は異なります。最近の変更でしょうか。",
)
