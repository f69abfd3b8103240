"""`tenmatsu top`: every program that ran in a while, the dead included, steady enough to read."""

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import click

from tenmatsu.cli.speaking import make_command, option, output_options
from tenmatsu.cli.times import parse_duration
from tenmatsu.errors import ReachError, WrongUse
from tenmatsu.model.processes import Grouping
from tenmatsu.model.words import Language, Words

if TYPE_CHECKING:  # every command pays for what is imported here
    from tenmatsu.model.evidence import Gap
    from tenmatsu.model.processes import Ran
    from tenmatsu.sight.process_watch import Watch

HERE = "localhost"
SHORTEST_SECONDS, LONGEST_SECONDS = 1.0, 600.0
USUAL = "10s"
EXIT_SEEN, EXIT_NOTHING, EXIT_GAP = 0, 2, 3
# On these, what lived shortly has no name.
NAMELESS_RUNGS = ("connector", "proc")
# A start takes about 0.3 s, over SSH a few; then the window; then the last frame.
_START_SECONDS = 40.0
_BEAT_SECONDS = 0.1
_LAST_LOOK_SECONDS = 2.0
_SLACK_SECONDS = 0.05
SORTS = ("cpu", "started", "ended", "alive", "life", "name")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Ask:
    """What was asked, checked."""

    seconds: float
    interval_seconds: float
    hosts: tuple[str, ...]
    old_hosts: tuple[str, ...]
    ssh_config: Path | None
    grouping: Grouping
    sort: str
    filter: str
    most: int


def make(language: Language) -> click.Command:
    """Return the command."""

    def top(*, once: bool, as_json: bool, as_csv: bool, no_colour: bool, **asked: Any) -> int:  # noqa: ANN401 - options
        ask = _check(**asked)
        if as_json and as_csv:
            raise WrongUse(ONE_FORM)
        if once:
            return _tell_once(ask, language, as_json=as_json, as_csv=as_csv, no_colour=no_colour)
        if as_json or as_csv:
            raise WrongUse(FORM_ONCE)
        return _steer(ask, language, no_colour=no_colour)

    config_file = click.Path(path_type=Path, dir_okay=False, exists=True)
    groupings = click.Choice([one.value for one in Grouping])
    parameters: list[click.Parameter] = [
        option(language, "--once", help=ONCE, is_flag=True),
        option(language, "--for", "duration", help=FOR, metavar=USUAL, default=USUAL),
        option(language, "--on", "hosts", help=ON, metavar="HOST[,HOST]"),
        option(language, "--old-ssh", "old_hosts", help=OLD_SSH, metavar="HOST[,HOST]"),
        option(language, "--ssh-config", help=SSH_CONFIG, type=config_file, metavar="FILE"),
        option(language, "--by", "grouping", help=BY, type=groupings, default=Grouping.PROGRAM.value),
        option(language, "--sort", help=SORT, type=click.Choice(SORTS), default="cpu"),
        option(language, "--filter", help=FILTER, metavar="TEXT", default=""),
        option(language, "--most", help=MOST, type=click.IntRange(1), metavar="N", default=40),
        option(language, "--csv", "as_csv", help=CSV, is_flag=True),
        *output_options(language),
    ]
    return make_command("top", top, HELP, language, parameters)


def _check(
    *,
    duration: str,
    hosts: str | None,
    old_hosts: str | None,
    ssh_config: Path | None,
    grouping: str,
    sort: str,
    filter: str,
    most: int,
) -> _Ask:
    seconds = parse_duration(duration)
    if not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        raise WrongUse(WINDOW)
    names, old = _split(hosts or HERE), _split(old_hosts) if old_hosts else ()
    if unknown := [name for name in old if name not in names]:
        raise WrongUse(OLD_UNKNOWN.fill(name=unknown[0]))
    return _Ask(
        seconds=seconds,
        interval_seconds=seconds / ceil(seconds),  # about a second, and a whole number in the window
        hosts=names,
        old_hosts=old,
        ssh_config=ssh_config,
        grouping=Grouping(grouping),
        sort=sort,
        filter=filter,
        most=most,
    )


def _split(hosts: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(part.strip() for part in hosts.split(",")))
    if not all(names):
        raise WrongUse(EMPTY_HOST)
    return names


def open_watch(host: str, ask: _Ask) -> "Watch":
    """Begin to watch a machine: this one, or another over SSH. Raises WrongUse where it is no host's name."""
    from tenmatsu.probe.rung import Options
    from tenmatsu.reach.ssh import SshOptions
    from tenmatsu.reach.watching import watch_here, watch_host
    from tenmatsu.sight.process_watch import Watch

    options = Options(interval_seconds=ask.interval_seconds)
    config = str(ask.ssh_config) if ask.ssh_config else None
    ssh = SshOptions(old_algorithms=frozenset(ask.old_hosts), config=config)
    source = watch_here(options) if host == HERE else watch_host(host, options, ssh)
    return Watch(host, lambda: source)


def _tell_once(ask: _Ask, language: Language, *, as_json: bool, as_csv: bool, no_colour: bool) -> int:
    watches = _open_watches(ask)
    try:
        _wait(watches, ask.seconds, language)
    finally:
        gaps = {watch.host: watch.gaps for watch in watches}
        for watch in watches:
            watch.close()
    found = [watch.ran(ask.seconds, until=None, grouping=ask.grouping) for watch in watches]
    seen = [one for one in found if one]
    _complain(watches, gaps, language)
    if not seen:
        if not any(watch.trouble for watch in watches):
            raise ReachError("probe", NOTHING)
        return EXIT_NOTHING
    _show(seen, ask, language, as_json=as_json, as_csv=as_csv, no_colour=no_colour)
    whole = len(seen) == len(watches) and all(map(_is_whole, seen))
    return EXIT_SEEN if whole and not any(gaps.values()) else EXIT_GAP


def _is_whole(ran: "Ran") -> bool:
    return not (ran.breaks or ran.completeness.lost or ran.completeness.rung in NAMELESS_RUNGS)


def _open_watches(ask: _Ask) -> "list[Watch]":
    """Begin to watch all; where a name is none, nothing is left begun."""
    from tenmatsu.reach.ssh import check_host

    for host in ask.hosts:
        check_host(host)
    return [open_watch(host, ask) for host in ask.hosts]


def _wait(watches: "Sequence[Watch]", seconds: float, language: Language) -> None:
    """Wait for all; the window's seconds are each probe's own, so that a slow start costs nobody any."""
    from tenmatsu.cli.ending_early import ending_early
    from tenmatsu.cli.progress import Progress

    late = time.monotonic() + seconds + _START_SECONDS
    end = time.monotonic() + seconds
    stop = Event()
    with ending_early(stop), Progress(seconds, sys.stderr, language) as progress:
        at_work = list(watches)
        while at_work and not stop.is_set() and time.monotonic() < late:
            stop.wait(_BEAT_SECONDS)
            at_work = [one for one in at_work if not _is_done(one, seconds)]
            progress(max(0.0, end - time.monotonic()), [one.host for one in at_work])


def _is_done(watch: "Watch", seconds: float) -> bool:
    """Tell whether the window is known whole, or will not be: its last look may come a little late."""
    if watch.wait(0.0) or watch.watched_seconds >= seconds + _LAST_LOOK_SECONDS:
        return True
    span = watch.span
    return span is not None and (span[1] - span[0]).total_seconds() >= seconds - _SLACK_SECONDS


def _complain(watches: "Sequence[Watch]", gaps: "Mapping[str, Sequence[Gap]]", language: Language) -> None:
    """Say on standard error what went wrong, and what could not be seen, and what would help."""
    from tenmatsu.account.safe import printable

    for watch in watches:
        said = [watch.trouble] if watch.trouble else []
        said += [GAP.fill(what=one.what, why=one.why, close_by=one.close_by) for one in gaps[watch.host]]
        for words in said:
            sys.stderr.write(f"tenmatsu: {printable(f'{watch.host}: {words.into(language)}')}\n")


def _show(
    seen: "Sequence[Ran]", ask: _Ask, language: Language, *, as_json: bool, as_csv: bool, no_colour: bool
) -> None:
    from tenmatsu.ui.process_choice import choose_rows

    rows = choose_rows(seen, text=ask.filter, sort=ask.sort, grouping=ask.grouping)
    if as_json:
        from tenmatsu.cli.top_json import render_json

        sys.stdout.write(render_json(seen, rows, ask.grouping, language))
    elif as_csv:
        from tenmatsu.cli.top_csv import render_csv

        sys.stdout.write(render_csv(rows, seen, ask.grouping, language))
    else:
        from tenmatsu.cli.top_text import print_table

        print_table(seen, rows, ask.most, ask.grouping, language, no_colour=no_colour)


def _steer(ask: _Ask, language: Language, *, no_colour: bool) -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise WrongUse(NO_TERMINAL)
    from tenmatsu.ui.process_app import run_app

    watches = _open_watches(ask)
    try:
        run_app(
            watches,
            ask.seconds,
            ask.grouping,
            language,
            colour=not no_colour,
            sort=ask.sort,
            text=ask.filter,
        )
    finally:
        for watch in watches:
            watch.close()
    return EXIT_SEEN


HELP = Words(
    "Show every program that ran in a while, however short it lived: how often it started, what it used,"
    " how it ended, and who starts it; and how complete that is. Reads only.\n\n"
    "Exit codes: 0 seen, 2 wrong use or nothing could be seen, 3 seen with a gap.",
    "どれほど短命でも、その間に動いた全プログラムを表示します。起動回数・CPU・終わり方・起動元と、"
    "捕捉の完全さがわかります。読み取りだけを行います。\n\n"
    "終了コード: 0 表示、2 使い方の誤りか何も見えず、3 一部が見えず。",
)
ONCE = Words("Watch for the window, print one table, and end.", "観察後に表を一度だけ出力して終了。")
FOR = Words("The window: 1s to 10m.", "観察の幅: 1s から 10m。")
ON = Words("Other machines, over SSH. Default: this one.", "SSH で見る機械。既定はこの機械。")
OLD_SSH = Words(
    "Of these, the ones that may use old SSH algorithms (servers of about 2010).",
    "そのうち、古い SSH 暗号方式 (2010 年頃のサーバー) を許す機械。",
)
SSH_CONFIG = Words("In place of ~/.ssh/config.", "~/.ssh/config の代わりに使うファイル。")
OLD_UNKNOWN = Words("--old-ssh names {name}, which --on does not", "--old-ssh の {name} が --on にありません")
GAP = Words(
    "not seen: {what}: {why}. To see it: {close_by}", "見えないもの: {what}: {why}。見るには: {close_by}"
)
BY = Words("What one row stands for.", "行のまとめ方。")
SORT = Words("What to sort by.", "並べ方。")
FILTER = Words("Only rows in which this text stands.", "この文字列を含む行だけ。")
MOST = Words("At most so many rows in the table.", "表の最大行数。")
CSV = Words("Print CSV.", "CSV で出力。")
WINDOW = Words("--for takes from 1s to 10m", "--for は 1s から 10m まで")
EMPTY_HOST = Words("--on takes names of machines, with commas between", "--on には機械名をコンマ区切りで")
ONE_FORM = Words("--json or --csv, not both", "--json と --csv は同時に指定できません")
FORM_ONCE = Words("--json and --csv go with --once", "--json と --csv は --once と使います")
NO_TERMINAL = Words(
    "the live view needs a terminal; for scripts: tenmatsu top --once",
    "常時表示には端末が必要です。スクリプトでは tenmatsu top --once を",
)
NOTHING = Words("nothing could be seen in time", "時間内に何も見えませんでした")
