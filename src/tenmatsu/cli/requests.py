"""`tenmatsu requests FILE…`: of the requests in access logs, how many fail, which, and since when."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tenmatsu.cli.log_files import STANDARD_INPUT, LogFiles
from tenmatsu.cli.progress import Progress
from tenmatsu.cli.speaking import make_command, option, output_options
from tenmatsu.cli.times import parse_since
from tenmatsu.errors import ParseError, WrongUse
from tenmatsu.model.words import Language, Words

if TYPE_CHECKING:  # every command pays for what is imported here
    from tenmatsu.cli.log_formats import LogFormats
    from tenmatsu.cli.requests_words import Looked
    from tenmatsu.parse.access_stream import Rows
    from tenmatsu.traffic.join import Joined
    from tenmatsu.traffic.study import Study
    from tenmatsu.traffic.tally import Tally

EXIT_FINE = 0
EXIT_FAILING = 1
EXIT_NOT_ENOUGH = 3
# With more lines that cannot be read, "none failed" would be a guess.
_MOST_UNREAD = 0.01


def make(language: Language) -> click.Command:
    """Return the command."""

    def requests(
        files: tuple[str, ...],
        errors: tuple[str, ...],
        since: str | None,
        until: str | None,
        log_format: str | None,
        as_json: bool,
        no_colour: bool,
    ) -> int:
        if [*files, *errors].count(STANDARD_INPUT) > 1:
            raise WrongUse(ONE_INPUT)
        now = datetime.now(UTC)
        window = tuple(int(parse_since(one, now).timestamp()) if one else None for one in (since, until))
        with Progress(0, sys.stderr, language) as progress:
            reading = Reading(progress, local_zone(), _formats(log_format, files))
            tally = reading.count(files, *window)
            joined = reading.join(tally, errors) if errors else None
        found, looked = reading.study(tally, joined), reading.looked()
        _show(found, looked, language, as_json=as_json, no_colour=no_colour)
        return exit_code(found, looked)

    parameters: list[click.Parameter] = [
        click.Argument(["files"], nargs=-1, required=True, metavar="FILE..."),
        option(language, "--errors", help=ERRORS, metavar="FILE", multiple=True),
        option(language, "--since", help=SINCE, metavar="2h"),
        option(language, "--until", help=UNTIL, metavar="30m"),
        option(language, "--format", "log_format", help=FORMAT, metavar="FORMAT"),
        *output_options(language),
    ]
    return make_command("requests", requests, HELP, language, parameters)


class Reading:
    """Files to counts. What could not be read is kept for the report."""

    def __init__(self, progress: Progress, zone: tzinfo, formats: "LogFormats") -> None:
        self._progress = progress
        self._zone = zone
        self._formats = formats
        self._looked: list[LogFiles] = []
        self._lines = self._unread = 0
        self._example = b""
        self._has_duration = False

    def count(self, names: Sequence[str], since: int | None, until: int | None) -> "Tally":
        """Count the requests of access logs."""
        from tenmatsu.traffic.fold import TrafficFold

        fold = TrafficFold(since, until)
        files = self._open(names)
        files.in_order(self._first_second)
        for name in files.names:
            self._count_file(name, files.blocks(name), fold.take)
        return fold.tally()

    def _count_file(self, name: str, blocks: Iterator[bytes], take: Callable[["Rows"], None]) -> None:
        """Read a file in its own format: logs that were rotated may be of an older one."""
        from tenmatsu.parse.access_stream import StreamReader

        reader = None
        for block in blocks:
            if reader is None:
                used = self._formats.choose(name, block[: 1 << 20])
                self._formats.note(name, used)
                reader = StreamReader(used.format, self._zone)
            take(reader.read(block))
        if reader:
            self._lines += reader.lines
            self._unread += reader.unread
            self._example = self._example or reader.example
            self._has_duration = self._has_duration or reader.format.has_duration

    def join(self, tally: "Tally", names: Sequence[str]) -> "Joined":
        """Join the failed requests with the lines of error logs."""
        from tenmatsu.parse.error_log import ErrorReader
        from tenmatsu.traffic.join import FailureJoin

        join, files = FailureJoin(tally.failures), self._open(names)
        for name in files.names:
            reader = ErrorReader(self._zone)
            for block in files.blocks(name):
                join.take(reader.read(block))
            join.take(reader.flush(datetime.fromtimestamp(tally.last or 0, UTC)))
        return join.joined()

    def study(self, tally: "Tally", joined: "Joined | None") -> "Study":
        """Return what the counts say."""
        from tenmatsu.traffic.study import study

        return study(tally, joined, self._zone)

    def looked(self) -> "Looked":
        """Return what was read, and what was not."""
        from tenmatsu.cli.requests_words import Looked

        return Looked(
            files=sum(len(one.names) for one in self._looked),
            unread_files=tuple(bad for one in self._looked for bad in one.unread),
            lines=self._lines,
            unread=self._unread,
            example=self._example.decode("utf-8", "replace"),
            has_duration=self._has_duration,
            zone=self._zone,
            formats=tuple(self._formats.used),
            format_gaps=tuple(self._formats.gaps),
        )

    def _open(self, names: Sequence[str]) -> LogFiles:
        files = LogFiles(names, lambda done: self._progress.draw(done, files.total_bytes, READING))
        self._looked.append(files)
        return files

    def _first_second(self, name: str, sample: bytes) -> int | None:
        from tenmatsu.parse.access_stream import StreamReader

        whole = sample[: sample.rfind(b"\n") + 1] or sample
        rows = StreamReader(self._formats.choose(name, whole).format, self._zone).read(whole)
        return min(rows.seconds.values(), default=None)


def local_zone() -> tzinfo:
    """Return this machine's zone, for logs that are written without one; UTC where it names none."""
    from tenmatsu.parse.zone import parse_zone

    try:
        return parse_zone(Path("/etc/localtime").read_bytes())
    except (OSError, ParseError):
        return UTC


def exit_code(found: "Study", looked: "Looked") -> int:
    """Return 1 where requests fail, 3 where too little was read to say that none does, else 0."""
    if found.tally.count.failed:
        return EXIT_FAILING
    enough = found.tally.count.total and looked.unread <= _MOST_UNREAD * looked.lines
    return EXIT_FINE if enough and not looked.unread_files else EXIT_NOT_ENOUGH


def _formats(text: str | None, names: Sequence[str]) -> "LogFormats":
    from tenmatsu.cli.log_formats import LogFormats
    from tenmatsu.parse.access_stream import read_format

    try:
        return LogFormats(read_format(text) if text else None, names)
    except ParseError as bad:
        raise WrongUse(bad.words) from bad


def _show(found: "Study", looked: "Looked", language: Language, *, as_json: bool, no_colour: bool) -> None:
    if as_json:
        from tenmatsu.cli.requests_json import render_json

        sys.stdout.write(render_json(found, looked, language))
        return
    from tenmatsu.cli.requests_text import print_study

    terminal = sys.stdout.isatty()
    colour = terminal and not no_colour and not os.environ.get("NO_COLOR")
    width = shutil.get_terminal_size().columns if terminal else None
    print_study(found, looked, language, sys.stdout, colour=colour, width=width)


HELP = Words(
    "Of the requests in access logs, say how many fail by the server's fault, which ones, and since when;"
    " with error logs also why. Plain, rotated or .gz files in any order; - is standard input."
    " Reads only.\n\n"
    "Exit codes: 0 none fails, 1 some fail, 2 wrong use, 3 not enough could be read.",
    "アクセスログのリクエストのうち、サーバー側の原因で失敗した割合・対象・始まりを示します。エラーログがあれば"
    "理由も示します。通常・ローテート済み・.gz のファイルを順不同で指定でき、- は標準入力です。"
    "読み取り専用です。\n\n"
    "終了コード: 0 失敗なし、1 失敗あり、2 使い方の誤り、3 判断に足りない。",
)
ERRORS = Words(
    "An error log of the same server; may be given several times.",
    "同じサーバーのエラーログ (複数指定可)。",
)
SINCE = Words(
    "Only requests from then on: 2h (ago) or '2026-11-22 21:30'.",
    "この時刻以降だけ。例: 2h (前)、'2026-11-22 21:30'。",
)
UNTIL = Words(
    "Only requests before then; written like --since.", "この時刻より前だけ。書き方は --since と同じ。"
)
FORMAT = Words(
    "The log's LogFormat or log_format, in place of what its server's configuration says on this machine, or"
    " its lines tell.",
    "ログの LogFormat または log_format。既定はこのマシンのサーバー設定、なければ行から判断。",
)
ONE_INPUT = Words("standard input can be read once", "標準入力は一度しか読めません")
READING = Words("reading, {done} of {total} MB", "読み込み中 {done} / {total} MB")
