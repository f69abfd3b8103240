"""`tenmatsu probe run`: own transactions by hand, one after the other, and the rate at which they fail."""

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tenmatsu.cli.site_option import find_probe
from tenmatsu.cli.speaking import make_command, make_group, option, output_options
from tenmatsu.cli.times import parse_duration
from tenmatsu.errors import WrongUse
from tenmatsu.model.words import Language, Words

if TYPE_CHECKING:
    from tenmatsu.attempt.alarms import Alarm, Alarms
    from tenmatsu.cli.probe_words import Told
    from tenmatsu.model.attempt import Attempt
    from tenmatsu.model.probe_plan import ProbePlan

_DEFAULT_COUNT = 10
_MOST_COUNT = 100_000
EXIT_FAILS, EXIT_NOT_KNOWN = 1, 3


def make(language: Language) -> click.Command:
    """Return the command in one language."""

    def run(as_json: bool, no_colour: bool, **asked: Any) -> int:  # noqa: ANN401 - click's own
        told = _make_series(_check(**asked), tell=None if as_json else _teller(language))
        _show(told, language, as_json=as_json, no_colour=no_colour)
        return EXIT_FAILS if told.rate.failures else 0 if told.rate.total else EXIT_NOT_KNOWN

    parameters: list[click.Parameter] = [
        click.Argument(["probe"], metavar="PROBE"),
        option(language, "--site", "site_file", metavar="FILE", help=SITE),
        option(language, "--count", type=click.IntRange(1, _MOST_COUNT), help=COUNT),
        option(language, "--for", "length", metavar="5m", help=FOR),
        option(language, "--every", metavar="2s", help=EVERY),
        option(
            language,
            "--normal",
            metavar="FILE",
            help=NORMAL,
            type=click.Path(path_type=Path, dir_okay=False),
        ),
        *output_options(language),
    ]
    commands = [make_command("run", run, RUN_HELP, language, parameters)]
    return make_group("probe", HELP, language, commands, no_args_is_help=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Ask:
    plan: "ProbePlan"
    most: int | None
    seconds: float | None
    alarms: "Alarms | None"


def _check(
    *,
    probe: str,
    site_file: str | None,
    count: int | None,
    length: str | None,
    every: str | None,
    normal: Path | None,
) -> _Ask:
    if count is not None and length is not None:
        raise WrongUse(COUNT_OR_TIME)
    seconds = parse_duration(length) if length is not None else None
    plan = change_pace(find_probe(probe, site_file), every)
    return _Ask(
        plan=plan,
        most=_DEFAULT_COUNT if count is None and seconds is None else count,
        seconds=seconds,
        alarms=_read_normal(normal, plan.pace.every_seconds) if normal else None,
    )


def _read_normal(path: Path, every_seconds: float) -> "Alarms":
    """Return what tells of more than is usual by an earlier series, `probe run --json`."""
    from tenmatsu.attempt.alarms import Alarms
    from tenmatsu.errors import ParseError
    from tenmatsu.parse.probe_series import parse_probe_series

    try:
        past = parse_probe_series(path.read_bytes())
        return Alarms(**past._asdict(), every_seconds=every_seconds)
    except OSError as error:
        raise WrongUse(UNREADABLE.fill(file=path, why=error.strerror)) from error
    except ParseError as error:
        raise WrongUse(Words("{file}: {why}", "{file}: {why}").fill(file=path, why=error.words)) from error
    except ValueError as error:
        raise WrongUse(NOT_WELL.fill(file=path)) from error


def _make_series(ask: _Ask, *, tell: "Callable[[Attempt, Alarm | None], None] | None") -> "Told":
    """Make attempts until there are so many, the time is over, or Ctrl-C; what is left behind is removed."""
    from tenmatsu.attempt.series import Series
    from tenmatsu.cli.probe_words import Told
    from tenmatsu.cli.probing import making_attempts

    attempts: list[Attempt] = []
    with making_attempts(ask.plan) as making:
        series = Series(making.make, ask.plan.pace, most=ask.most, seconds=ask.seconds)
        with suppress(KeyboardInterrupt):
            for attempt in series.run():
                attempts.append(attempt)
                alarm = ask.alarms.add(attempt) if ask.alarms else None
                if tell:
                    tell(attempt, alarm)
        left = making.clean_up(attempts)
    return Told(
        name=ask.plan.name,
        attempts=attempts,
        stopped=series.stopped,
        left_behind=left,
        alarms=tuple(ask.alarms.raised) if ask.alarms else (),
        tells_slow=ask.alarms.tells_slow if ask.alarms else None,
    )


def _show(told: "Told", language: Language, *, as_json: bool, no_colour: bool) -> None:
    if as_json:
        from tenmatsu.cli.probe_json import describe_series

        sys.stdout.write(json.dumps(describe_series(told, language), ensure_ascii=False, indent=2) + "\n")
        return
    from tenmatsu.cli.probe_text import print_series

    print_series(told, language, no_colour=no_colour)


def change_pace(plan: "ProbePlan", every: str | None) -> "ProbePlan":
    """Return the plan at the pace that the call asks for. Raises WrongUse for what would be load."""
    from dataclasses import replace

    from tenmatsu.model.probe_plan import LEAST_SECONDS

    if every is None:
        return plan
    seconds = parse_duration(every)
    if seconds < LEAST_SECONDS:
        raise WrongUse(TOO_OFTEN.fill(least=LEAST_SECONDS))
    return replace(plan, pace=replace(plan.pace, every_seconds=seconds))


def _teller(language: Language) -> "Callable[[Attempt, Alarm | None], None] | None":
    """Return what tells each attempt as it ends, on standard error of a terminal only."""
    if not sys.stderr.isatty():
        return None

    def tell(attempt: "Attempt", alarm: "Alarm | None") -> None:
        from tenmatsu.account.safe import printable
        from tenmatsu.cli.probe_words import say_alarm, say_attempt

        for words in (say_attempt(attempt), *([say_alarm(alarm)] if alarm else [])):
            sys.stderr.write(printable(words.into(language)) + "\n")

    return tell


HELP = Words(
    "Own transactions at a site: does it fail, and how often.",
    "サイトへの実トランザクション: 失敗の有無と頻度。",
)
RUN_HELP = Words(
    "Run a PROBE of the site file by its name, or ask for a URL, again and again; tell how often it fails"
    " and how.",
    "サイトファイルのプローブ (PROBE、名前で指定) か URL を繰り返し試し、失敗の率と様子を示します。",
)
SITE = Words("The site file (default: site.toml).", "サイトファイル (既定は site.toml)。")
COUNT = Words("So many attempts (default: 10).", "試行の回数 (既定は 10)。")
FOR = Words("Go on for so long instead: 30s, 5m, 2h.", "回数の代わりに続ける時間: 30s, 5m, 2h。")
EVERY = Words(
    "From one beginning to the next (default: the probe's, 2s).", "試行の間隔 (既定はプローブの設定、2s)。"
)
NORMAL = Words(
    "What an earlier run printed with --json when all was well: tell what there is more of.",
    "正常時に --json で得た出力。それより増えた失敗や遅れを知らせます。",
)
UNREADABLE = Words("{file} cannot be read: {why}", "{file} を読めません: {why}")
NOT_WELL = Words(
    "{file} is no normal: too many failed, or too few transactions are known (10 clean ones will do)",
    "{file} は平常時の記録になりません。失敗が多すぎるか、回数が少なすぎます (成功 10 回で足ります)",
)
COUNT_OR_TIME = Words("give --count or --for, not both", "--count と --for は同時に指定できません")
TOO_OFTEN = Words(
    "more often than every {least} s is load, not a probe", "{least} 秒より短い間隔はプローブではなく負荷です"
)
