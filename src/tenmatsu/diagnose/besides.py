"""What the machines beside are found to suffer from, told in the evidence of the one that was asked about."""

from collections.abc import Sequence
from dataclasses import replace

from tenmatsu.diagnose.causes import load_causes
from tenmatsu.diagnose.findings.dependency_fails import BESIDE
from tenmatsu.model.evidence import Event, Evidence
from tenmatsu.model.finding import State
from tenmatsu.model.verdict import Verdict


def tell_of_besides(evidence: Evidence, verdicts: Sequence[Verdict]) -> Evidence:
    """Return the evidence with an event for the verdict on each machine beside; as it is without any."""
    if not evidence.beside:
        return evidence
    pairs = zip(evidence.beside, verdicts, strict=True)
    told = tuple(_tell(evidence, other, verdict) for other, verdict in pairs)
    return replace(evidence, events=(*evidence.events, *told))


def _tell(evidence: Evidence, other: Evidence, verdict: Verdict) -> Event:
    cause = next((one for one in load_causes() if one.id == verdict.cause), None)
    harm = next((f for f in verdict.findings if f.harm and f.state is State.PRESENT), None)
    words = cause.name if cause else harm.sentence if harm else None
    return Event(
        sight="beside",
        component=other.component,
        name=BESIDE,
        time=evidence.window.end,
        attributes={
            "name": _name(evidence, other),
            "status": verdict.status.value,
            "failing": verdict.failing,
            "cause": verdict.cause or "",
            "probability": verdict.probability if verdict.cause else 0.5,
            "cause_en": words.en if words else "",
            "cause_ja": words.ja if words else "",
        },
    )


def _name(evidence: Evidence, other: Evidence) -> str:
    """Return what the site calls a machine, told by the sight that looked there; else its id."""
    named = (one for one in evidence.find_events("site.entry") if one.component == other.component)
    return next((one.text("name") for one in named), other.component)
