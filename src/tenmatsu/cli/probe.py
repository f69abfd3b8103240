"""`tenmatsu probe run`: own transactions by hand, one after the other, and the rate at which they fail."""

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from tenmatsu.cli.site_option import find_probe
from tenmatsu.cli.speaking import make_command, make_group, option, output_options
from tenmatsu.cli.times import parse_duration
from tenmatsu.errors import WrongUse
from tenmatsu.model.words import Language, Words

if TYPE_CHECKING:
    from tenmatsu.cli.probe_words import Told
    from tenmatsu.model.attempt import Attempt
    from tenmatsu.model.probe_plan import ProbePlan

_DEFAULT_COUNT = 10
_MOST_COUNT = 100_000
EXIT_FAILS, EXIT_NOT_KNOWN = 1, 3


def make(language: Language) -> click.Command:
    """Return the command in one language."""

    def run(**given: str | int | bool | None) -> int:
        return _run(language, **given)  # type: ignore[arg-type]  # click gives what the options say

    parameters: list[click.Parameter] = [
        click.Argument(["probe"], metavar="PROBE"),
        option(language, "--site", "site_file", metavar="FILE", help=SITE),
        option(language, "--count", type=click.IntRange(1, _MOST_COUNT), help=COUNT),
        option(language, "--for", "length", metavar="5m", help=FOR),
        option(language, "--every", metavar="2s", help=EVERY),
        *output_options(language),
    ]
    commands = [make_command("run", run, RUN_HELP, language, parameters)]
    return make_group("probe", HELP, language, commands, no_args_is_help=True)


def _run(
    language: Language,
    probe: str,
    site_file: str | None,
    count: int | None,
    length: str | None,
    every: str | None,
    as_json: bool,
    no_colour: bool,
) -> int:
    if count is not None and length is not None:
        raise WrongUse(COUNT_OR_TIME)
    seconds = parse_duration(length) if length is not None else None
    if count is None and seconds is None:
        count = _DEFAULT_COUNT
    told = make_series(
        probe,
        site_file,
        most=count,
        seconds=seconds,
        every=every,
        tell=None if as_json else _teller(language),
    )
    if as_json:
        from tenmatsu.cli.probe_json import describe_series

        sys.stdout.write(json.dumps(describe_series(told, language), ensure_ascii=False, indent=2) + "\n")
    else:
        from tenmatsu.cli.probe_text import print_series

        print_series(told, language, no_colour=no_colour)
    rate = told.rate
    return EXIT_FAILS if rate.failures else 0 if rate.total else EXIT_NOT_KNOWN


def make_series(
    probe: str,
    site_file: str | None,
    *,
    most: int | None,
    seconds: float | None,
    every: str | None,
    tell: "Callable[[Attempt], None] | None",
) -> "Told":
    """Make attempts until there are so many, the time is over, or Ctrl-C; what is left behind is removed."""
    from tenmatsu.attempt.series import Series
    from tenmatsu.cli.probe_words import Told
    from tenmatsu.cli.probing import making_attempts

    plan = change_pace(find_probe(probe, site_file), every)
    attempts: list[Attempt] = []
    with making_attempts(plan) as making:
        series = Series(making.make, plan.pace, most=most, seconds=seconds)
        with suppress(KeyboardInterrupt):
            for attempt in series.run():
                attempts.append(attempt)
                if tell:
                    tell(attempt)
        left = making.clean_up(attempts)
    return Told(name=plan.name, attempts=attempts, stopped=series.stopped, left_behind=left)


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


def _teller(language: Language) -> "Callable[[Attempt], None] | None":
    """Return what tells each attempt as it ends, on standard error of a terminal only."""
    if not sys.stderr.isatty():
        return None

    def tell(attempt: "Attempt") -> None:
        from tenmatsu.account.safe import printable
        from tenmatsu.cli.probe_words import say_attempt

        sys.stderr.write(printable(say_attempt(attempt).into(language)) + "\n")

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
COUNT_OR_TIME = Words("give --count or --for, not both", "--count と --for は同時に指定できません")
TOO_OFTEN = Words(
    "more often than every {least} s is load, not a probe", "{least} 秒より短い間隔はプローブではなく負荷です"
)
