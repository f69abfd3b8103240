"""The verdict as JSON, as `verdict.schema.json` beside this file describes it."""

import json
from datetime import datetime
from importlib.resources import files
from typing import Any

from tenmatsu.account.safe import printable_json
from tenmatsu.model.case import Case
from tenmatsu.model.finding import Finding
from tenmatsu.model.verdict import RankedCause, Verdict
from tenmatsu.model.words import Language, Words

# What a person calls a component, by its id.
Names = dict[str, str]


def render_json(case: Case, language: Language) -> str:
    """Return the whole verdict as one JSON object, sentences in the language asked for."""
    return printable_json(json.dumps(as_object(case, language), ensure_ascii=False, indent=2)) + "\n"


def load_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of that object."""
    schema: dict[str, Any] = json.loads(files(__package__).joinpath("verdict.schema.json").read_text("utf-8"))
    return schema


def as_object(case: Case, language: Language) -> dict[str, Any]:
    """Return the object that `render_json` writes."""
    verdict = case.verdict
    names = {component.id: component.name for component in case.site.components}

    def say(words: Words) -> str:
        return words.into(language)

    return {
        "verdict": _verdict(verdict, names),
        "causes": [_cause(cause, names) for cause in verdict.causes],
        "layers": {one.layer.value: {"state": one.state.value, "by": list(one.by)} for one in verdict.layers},
        "findings": [_finding(finding, names, language) for finding in verdict.findings],
        "gaps": [
            {
                "sight": gap.sight,
                "what": say(gap.what),
                "why": say(gap.why),
                "close_by": say(gap.close_by),
            }
            for gap in case.evidence.gaps
        ],
        "beside": [_verdict(one, names) for one in verdict.beside],
        "next": [
            {"command": one.command, "tells": say(one.tells), "seconds": one.seconds}
            for one in verdict.suggestions
        ],
        "window": {
            "start": _time(case.evidence.window.start),
            "end": _time(case.evidence.window.end),
            "since": _time(case.evidence.since),
            "url": case.evidence.asked_url,
        },
        "host": case.site.here.name,
        "version": case.version,
    }


def _verdict(verdict: Verdict, names: Names) -> dict[str, Any]:
    return {
        "status": verdict.status.value,
        "failing": verdict.failing,
        "cause": verdict.cause,
        "layer": verdict.layer.value if verdict.layer else None,
        "component": names.get(verdict.component, verdict.component),
        "probability": round(verdict.probability, 4),
        "since": _time(verdict.since),
        "last": _time(verdict.last),
    }


def _cause(cause: RankedCause, names: Names) -> dict[str, Any]:
    return {
        "id": cause.id,
        "layer": cause.layer.value,
        "component": names.get(cause.component, cause.component),
        "probability": cause.probability,
        "weight_decibans": cause.weight_decibans,
        "for": [one.finding for one in cause.speaks_for],
        "against": [one.finding for one in cause.speaks_against],
        "weights": {one.finding: one.decibans for one in (*cause.speaks_for, *cause.speaks_against)},
    }


def _finding(finding: Finding, names: Names, language: Language) -> dict[str, Any]:
    return {
        "id": finding.id,
        "state": finding.state.value,
        "layer": finding.layer.value,
        "component": names.get(finding.component, finding.component),
        "sentence": finding.sentence.into(language),
        "strength": round(finding.strength, 4),
        "harm": finding.harm,
        "since": _time(finding.since),
        "last": _time(finding.last),
        "values": dict(finding.values),
        "rests_on": list(finding.rests_on),
        "see": list(finding.see),
    }


def _time(time: datetime | None) -> str | None:
    return time.isoformat() if time else None
