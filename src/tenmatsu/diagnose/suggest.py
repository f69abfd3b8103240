"""What to look at or do next: the looks that would decide most, and the gaps worth closing."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from tenmatsu.diagnose.causes import load_causes
from tenmatsu.diagnose.weigh import WeighedCause
from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Finding, State
from tenmatsu.model.verdict import Status, Suggestion
from tenmatsu.model.words import Words

MOST = 5
_CANDIDATES = 3
_OWN = re.compile(r"^(tenmatsu (?:top|investigate))\b")


def suggest(
    evidence: Evidence,
    ranked: Sequence[tuple[float, WeighedCause]],
    findings: Mapping[str, Finding],
    status: Status,
) -> tuple[Suggestion, ...]:
    """Return at most five suggestions, the most telling first; our own commands name another machine."""
    reached = evidence.latest("machine.reached")
    host = reached.text("host") if reached else ""
    return tuple(_name_host(one, host) for one in _choose(evidence, ranked, findings, status))


def _name_host(suggestion: Suggestion, host: str) -> Suggestion:
    if not host:
        return suggestion
    command = _OWN.sub(lambda found: f"{found[1]} --on {host}", suggestion.command)
    return replace(suggestion, command=command)


def _choose(
    evidence: Evidence,
    ranked: Sequence[tuple[float, WeighedCause]],
    findings: Mapping[str, Finding],
    status: Status,
) -> tuple[Suggestion, ...]:
    if status is Status.HEALTHY:
        return (WATCH_ON,) if evidence.asked_url else (NAME_IT, WATCH_ON)
    chosen: list[Suggestion] = []
    candidates = [one for _, one in ranked[:_CANDIDATES]]
    if status is Status.LIKELY:
        chosen += _looks(candidates[:1]) + _remedies(candidates[0])
    else:
        chosen += _gaps(evidence, candidates, findings) + _looks(candidates)
        if evidence.asked_url is None:
            chosen.append(NAME_IT)
    chosen += _gaps(evidence, candidates, findings)
    chosen.append(LONGER)
    return tuple({(one.command, one.tells): one for one in chosen}.values())[:MOST]


def _looks(candidates: Sequence[WeighedCause]) -> list[Suggestion]:
    return [
        Suggestion(command=look.command, tells=look.tells, seconds=look.seconds)
        for one in candidates
        for look in one.cause.next_looks[:1]
    ]


def _remedies(best: WeighedCause) -> list[Suggestion]:
    return [
        Suggestion(command="", tells=REMEDY.fill(title=remedy.title, harm=remedy.harm))
        for remedy in best.cause.remedies[:1]
    ]


def _gaps(
    evidence: Evidence, candidates: Sequence[WeighedCause], findings: Mapping[str, Finding]
) -> list[Suggestion]:
    """Return how to close the gaps, in the order of what they could still decide between the candidates."""
    worth: dict[str, float] = {}
    for one in candidates:
        for expectation in one.cause.expectations:
            finding = findings.get(expectation.finding)
            if finding is None or finding.state is not State.UNKNOWN:
                continue
            for sight in finding.rests_on:
                worth[sight] = max(worth.get(sight, 0.0), abs(expectation.present - expectation.absent))
    gaps = sorted((gap for gap in evidence.gaps if gap.sight in worth), key=lambda gap: -worth[gap.sight])
    return [Suggestion(command="", tells=SEE.fill(what=gap.what, how=gap.close_by)) for gap in gaps]


def cause_names() -> dict[str, Words]:
    """Return the causes' names by id."""
    return {cause.id: cause.name for cause in load_causes()}


REMEDY = Words("remedy: {title} ({harm})", "対処: {title} ({harm})")
SEE = Words("to see {what}: {how}", "「{what}」を見るには: {how}")
NAME_IT = Suggestion(
    command="tenmatsu investigate --url URL",
    tells=Words(
        "names what fails, so that it is asked for real",
        "症状の URL を指定し、実際に要求して確かめる",
    ),
)
WATCH_ON = Suggestion(
    command="tenmatsu investigate --for 5m",
    tells=Words(
        "watches longer: what fails now and then needs time to show",
        "長く観察する (時々起きる障害は時間が必要)",
    ),
    seconds=300.0,
)
LONGER = Suggestion(
    command="tenmatsu investigate --for 2m --save case.tenmatsu",
    tells=Words("watches longer, and keeps all evidence in one file", "長く観察し、証拠を 1 ファイルに保存"),
    seconds=120.0,
)
