"""`tenmatsu case`: what a saved case holds."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tenmatsu.cli.show import exit_code, show_case
from tenmatsu.cli.speaking import lang_option, make_command, make_group, output_options
from tenmatsu.errors import BadCase
from tenmatsu.model.words import Language, Words

if TYPE_CHECKING:
    from tenmatsu.model.case import Case
    from tenmatsu.record.read_case import SavedCase


def make(language: Language) -> click.Command:
    """Return the group."""
    commands = [_make_show(language), _make_redact(language)]
    return make_group("case", HELP, language, commands, no_args_is_help=True)


def _make_show(language: Language) -> click.Command:
    def show(file: Path, as_json: bool, no_colour: bool) -> int:
        from tenmatsu.record.read_case import read_case

        saved = read_case(file)
        case = judge(saved)
        show_case(case, language, as_json=as_json, no_colour=no_colour)
        if not as_json:
            changed = find_changes(case, {one.id: one.state for one in saved.findings})
            sys.stdout.write("\n" + describe_contents(case, changed).into(language) + "\n")
        return exit_code(case.verdict)

    parameters: list[click.Parameter] = [_file_argument("file"), *output_options(language)]
    return make_command("show", show, SHOW, language, parameters)


def _make_redact(language: Language) -> click.Command:
    def redact_case(file: Path, new_file: Path) -> int:
        from tenmatsu.record.read_case import read_case
        from tenmatsu.record.redact import redact
        from tenmatsu.record.write_case import write_case

        saved = read_case(file)
        site, evidence = redact(saved.site, saved.evidence)
        given = {old.id: new.id for old, new in zip(saved.site.components, site.components, strict=True)}
        offsets = tuple(
            replace(one, component=given.get(one.component, "host-0")) for one in saved.clock_offsets
        )
        write_case(judge(replace(saved, site=site, evidence=evidence, clock_offsets=offsets)), new_file)
        return 0

    parameters: list[click.Parameter] = [
        _file_argument("file"),
        _file_argument("new_file"),
        lang_option(language),
    ]
    return make_command("redact", redact_case, REDACT, language, parameters)


def _file_argument(name: str) -> click.Argument:
    return click.Argument([name], type=click.Path(path_type=Path, dir_okay=False))


def judge(saved: "SavedCase") -> "Case":
    """Return what was saved as a case, judged by this version. Raises BadCase where it cannot be judged."""
    from tenmatsu.diagnose.engine import diagnose
    from tenmatsu.model.case import Case

    try:
        verdict = diagnose(saved.evidence)
    except (TypeError, ValueError, LookupError, ArithmeticError) as altered:
        # Its form is whole, its values are none that a sight writes: somebody else wrote them.
        raise BadCase(ALTERED.fill(what=f"{type(altered).__name__}: {altered}")) from altered
    return Case(
        version=saved.version,
        site=saved.site,
        evidence=saved.evidence,
        verdict=verdict,
        clock_offsets=saved.clock_offsets,
    )


def find_changes(case: "Case", saved: dict[str, str]) -> list[str]:
    """Return the findings that this version judges otherwise than the one that saved the case."""
    now = {finding.id: finding.state.value for finding in case.verdict.findings}
    return sorted(id for id in now.keys() | saved.keys() if now.get(id) != saved.get(id))


def describe_contents(case: "Case", changed: list[str]) -> Words:
    """Return what the file holds, and whether it is judged today as it was then."""
    evidence = case.evidence
    offset = case.clock_offsets[0].offset_seconds if case.clock_offsets else None
    holds = HOLDS.fill(
        version=case.version,
        series=len(evidence.series),
        samples=sum(len(one.points) for one in evidence.series),
        events=len(evidence.events),
        transactions=len(evidence.transactions),
        gaps=len(evidence.gaps),
        offset="?" if offset is None else f"{offset:+.3f}",
    )
    verdict = CHANGED.fill(ids=", ".join(changed)) if changed else SAME
    return holds + Words("\n", "\n") + verdict


HELP = Words("Saved cases.", "保存した事件簿。")
SHOW = Words(
    "Show what a saved case holds, and its verdict. Exit codes as of investigate.",
    "保存した事件簿の中身と判断を表示します。終了コードは investigate と同じです。",
)
REDACT = Words(
    "Write a copy that can be given away: host names, addresses, homes and mail addresses get stand-ins;"
    " the verdict stays the same.",
    "人に渡せる写しを作ります。ホスト名・アドレス・ホーム・メールアドレスは仮の値に置き換え、判断は変わりません。",
)
HOLDS = Words(
    "Saved by version {version}: {samples:sample|samples} in {series} series, {events:event|events},"
    " {transactions:request|requests}, {gaps:gap|gaps}; clock offset {offset} s.",
    "版 {version} で保存: 計測値 {samples} 点 ({series} 系列)、出来事 {events} 件、"
    "リクエスト {transactions} 件、欠落 {gaps} 件、時計のずれ {offset} 秒。",
)
ALTERED = Words(
    "the case holds values that nothing here writes ({what}): was it altered?",
    "事件簿にあり得ない値があります ({what})。書き換えられていませんか",
)
SAME = Words("Every finding is judged as it was when saved.", "すべての所見の判断は保存時と同じです。")
CHANGED = Words(
    "This version judges otherwise than the one that saved it: {ids}",
    "保存時と判断が異なる所見: {ids}",
)
