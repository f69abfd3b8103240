"""`tenmatsu verify`: own transactions until it is proven that failing is over, or that it is not."""

import json
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tenmatsu.cli.probe import change_pace
from tenmatsu.cli.site_option import find_probe
from tenmatsu.cli.speaking import make_command, option, output_options
from tenmatsu.cli.times import parse_duration
from tenmatsu.errors import WrongUse
from tenmatsu.model.words import Language, Words

if TYPE_CHECKING:
    from tenmatsu.cli.verify_words import Verified
    from tenmatsu.model.attempt import Attempt
    from tenmatsu.model.case import Case
    from tenmatsu.model.probe_plan import ProbePlan
    from tenmatsu.verify.proof import Goal, Proof
    from tenmatsu.verify.symptoms import Symptom

_USUAL_LIMIT = "30m"
_LEAST_CONFIDENCE, _MOST_CONFIDENCE = 0.6, 0.9999
EXIT_OVER, EXIT_STILL, EXIT_UNDECIDED = 0, 1, 3


@dataclass(frozen=True, kw_only=True, slots=True)
class _Ask:
    plan: "ProbePlan"
    goal: "Goal"
    limit_seconds: float
    case: "Case | None"


def make(language: Language) -> click.Command:
    """Return the command in one language."""

    def verify(as_json: bool, no_colour: bool, **asked: Any) -> int:  # noqa: ANN401 - click's own
        verified = _verify(_check(**asked), language, quiet=as_json)
        _show(verified, language, as_json=as_json, no_colour=no_colour)
        return _exit_code(verified)

    parameters: list[click.Parameter] = [
        click.Argument(["probe"], metavar="PROBE"),
        option(language, "--site", "site_file", metavar="FILE", help=SITE),
        option(language, "--earlier-failures", "earlier", metavar="31/100", help=EARLIER),
        option(language, "--usual-failures", "usual", metavar="1/500", help=USUAL),
        option(
            language,
            "--case",
            "case_file",
            metavar="FILE",
            help=CASE,
            type=click.Path(path_type=Path, dir_okay=False),
        ),
        option(
            language,
            "--confidence",
            type=click.FloatRange(_LEAST_CONFIDENCE, _MOST_CONFIDENCE),
            default=0.95,
            show_default=True,
            help=CONFIDENCE,
        ),
        option(language, "--for", "length", metavar=_USUAL_LIMIT, help=FOR),
        option(language, "--every", metavar="2s", help=EVERY),
        *output_options(language),
    ]
    return make_command("verify", verify, HELP, language, parameters)


def _check(
    *,
    probe: str,
    site_file: str | None,
    earlier: str | None,
    usual: str | None,
    case_file: Path | None,
    confidence: float,
    length: str | None,
    every: str | None,
) -> _Ask:
    plan = change_pace(find_probe(probe, site_file), every)
    case = _read_case(case_file) if case_file else None
    return _Ask(
        plan=plan,
        goal=_find_goal(earlier, usual, case, confidence),
        limit_seconds=parse_duration(length or _USUAL_LIMIT),
        case=case,
    )


def _read_case(path: Path) -> "Case":
    from tenmatsu.cli.case import judge
    from tenmatsu.record.read_case import read_case

    return judge(read_case(path))


def _find_goal(earlier: str | None, usual: str | None, case: "Case | None", confidence: float) -> "Goal":
    from tenmatsu.verify.proof import CannotTell, set_goal

    failed = _parse_share(earlier) if earlier else _failures_of(case) if case else None
    if failed and not failed[0]:
        raise WrongUse(NEVER_FAILED)
    try:
        return set_goal(failed, _parse_share(usual) if usual else None, confidence=confidence)
    except CannotTell as error:
        raise WrongUse(TOO_FEW) from error


def _failures_of(case: "Case") -> tuple[int, int] | None:
    """Return how many of the case's transactions failed: our own, or else the users'; None without any."""
    from tenmatsu.model.evidence import Outcome

    for maker in ("probe", "user"):
        known = [one for one in case.evidence.made_by(maker) if one.outcome is not Outcome.UNKNOWN]
        failed = sum(one.outcome is Outcome.FAILED for one in known)
        if failed:
            return failed, len(known)
    return None


def _parse_share(text: str) -> tuple[int, int]:
    failures, slash, total = text.partition("/")
    if not (slash and failures.strip().isdecimal() and total.strip().isdecimal()):
        raise WrongUse(NO_SHARE.fill(text=text))
    share = int(failures), int(total)
    if not share[0] <= share[1] or not share[1]:
        raise WrongUse(NO_SHARE.fill(text=text))
    return share


def _verify(ask: _Ask, language: Language, *, quiet: bool) -> "Verified":
    from tenmatsu.attempt.series import Series
    from tenmatsu.cli.probe_words import Told
    from tenmatsu.cli.probing import making_attempts
    from tenmatsu.cli.verify_words import Verified
    from tenmatsu.model.evidence import Outcome
    from tenmatsu.verify.proof import Answer, Proving

    proving, attempts = Proving(ask.goal), list["Attempt"]()
    started = datetime.now(UTC)
    with making_attempts(ask.plan) as making:
        series = Series(making.make, ask.plan.pace, seconds=ask.limit_seconds)
        _tell_begin(ask, proving.stands, language, quiet=quiet)
        with suppress(KeyboardInterrupt):
            for attempt in series.run():
                attempts.append(attempt)
                if attempt.outcome is not Outcome.UNKNOWN:
                    proving.add(attempt.outcome is Outcome.FAILED)
                _tell(attempt, proving.stands, language, quiet=quiet)
                if proving.stands.answer is not Answer.UNDECIDED:
                    series.end()
        left = making.clean_up(attempts)
    told = Told(name=ask.plan.name, attempts=attempts, stopped=series.stopped, left_behind=left)
    return Verified(
        told=told,
        goal=ask.goal,
        proof=proving.stands,
        symptoms=_look_again(ask.case, started, language, quiet=quiet) if ask.case else (),
    )


def _look_again(case: "Case", started: datetime, language: Language, *, quiet: bool) -> "tuple[Symptom, ...]":
    """Look at this machine for as long as the case did, at most a minute, and compare."""
    from tenmatsu.cli.investigate import look_here
    from tenmatsu.verify.symptoms import compare_symptoms

    seconds = min(60.0, case.evidence.window.seconds)
    again = look_here(seconds=seconds, since=started, language=language, quiet=quiet)
    return compare_symptoms(case.verdict.findings, again.verdict.findings)


def _tell_begin(ask: _Ask, proof: "Proof", language: Language, *, quiet: bool) -> None:
    from tenmatsu.cli.verify_words import say_goal

    if not quiet:
        text = say_goal(ask.goal, proof, ask.plan.pace.every_seconds).into(language)
        sys.stderr.write(text + "\n")


def _tell(attempt: "Attempt", proof: "Proof", language: Language, *, quiet: bool) -> None:
    from tenmatsu.account.safe import printable
    from tenmatsu.cli.probe_words import say_attempt
    from tenmatsu.cli.verify_words import say_progress

    if not quiet and sys.stderr.isatty():
        line = say_attempt(attempt) + Words("  ", "  ") + say_progress(proof)
        sys.stderr.write(printable(line.into(language)) + "\n")


def _show(verified: "Verified", language: Language, *, as_json: bool, no_colour: bool) -> None:
    if as_json:
        from tenmatsu.cli.verify_json import describe_proof

        sys.stdout.write(json.dumps(describe_proof(verified, language), ensure_ascii=False, indent=2) + "\n")
        return
    from tenmatsu.cli.verify_text import print_proof

    print_proof(verified, language, no_colour=no_colour)


def _exit_code(verified: "Verified") -> int:
    from tenmatsu.verify.proof import Answer
    from tenmatsu.verify.symptoms import Now

    if verified.proof.answer is Answer.STILL or any(one.now is Now.STILL for one in verified.symptoms):
        return EXIT_STILL
    return EXIT_OVER if verified.proof.answer is Answer.OVER else EXIT_UNDECIDED


HELP = Words(
    "Prove that failing is over: a probe is run until its rate is told from the earlier one, for the stated"
    " confidence; with --case, the case's other signs are looked for again.\n\n"
    "Exit codes: 0 proven over, 1 still failing, 2 wrong use, 3 undecided.",
    "障害が終わったことを証明します。失敗率が以前のものと区別できるまでプローブを繰り返し、"
    "--case があればその事件の他の兆候も調べ直します。\n\n"
    "終了コード: 0 終息を証明、1 まだ失敗する、2 使い方の誤り、3 未決着。",
)
SITE = Words("The site file (default: site.toml).", "サイトファイル (既定は site.toml)。")
EARLIER = Words(
    "How often it failed during the incident. Default: as the case says, or 10 %.",
    "障害中に失敗した割合。既定は事件簿の値、なければ 10 %。",
)
USUAL = Words(
    "How often it fails when all is well (default: 1 in 1,000).",
    "平常時に失敗する割合 (既定は 1,000 回に 1 回)。",
)
CASE = Words("The case: its failures, and its other signs.", "事件簿: 失敗の割合と他の兆候。")
CONFIDENCE = Words("How sure the answer must be.", "答えに求める確からしさ。")
FOR = Words("At most so long (default: 30m).", "最長の時間 (既定は 30m)。")
EVERY = Words(
    "From one beginning to the next (default: the probe's, 2s).", "試行の間隔 (既定はプローブの設定、2s)。"
)
NO_SHARE = Words(
    "'{text}' is not a share of failures: write 31/100 (31 of 100 failed)",
    "「{text}」は失敗の割合ではありません。例: 31/100 (100 回中 31 回失敗)",
)
NEVER_FAILED = Words(
    "no failures: there is nothing of which an end could be proven",
    "失敗がないため、終息を証明する対象がありません",
)
TOO_FEW = Words(
    "the earlier failures are too few to be told from good times: give more transactions of the incident",
    "以前の失敗が少なすぎて平常時と区別できません。障害中の回数を増やして指定してください",
)
