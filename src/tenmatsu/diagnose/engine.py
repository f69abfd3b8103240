"""Evidence to verdict: judge, weigh, rank, rule out."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from tenmatsu.diagnose.besides import tell_of_besides
from tenmatsu.diagnose.causes import load_causes
from tenmatsu.diagnose.findings import FINDINGS
from tenmatsu.diagnose.suggest import suggest
from tenmatsu.diagnose.weigh import WeighedCause, share_out, weigh_cause, weigh_health, weigh_other
from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Finding, State
from tenmatsu.model.layer import Layer
from tenmatsu.model.verdict import JudgedLayer, LayerState, RankedCause, Status, Verdict

# Above even odds, and with evidence of its own that makes it ten times likelier than it was.
LIKELY_PROBABILITY = 0.5
LIKELY_DECIBANS = 10.0
HEALTHY_PROBABILITY = 0.7
SUSPECTED_PROBABILITY = 0.15
# A layer is ruled out when each of its causes has become four times less likely than it was.
RULED_OUT_DECIBANS = -6.0
RULED_OUT_PROBABILITY = 0.05
# Nobody may say "healthy" without these looks, and without one that would show users' trouble.
ESSENTIAL_SIGHTS = ("cpu", "memory", "processes", "file_systems")
SYMPTOM_FINDINGS = ("requests-fail", "user-requests-fail", "oom-kill", "service-failed")


def diagnose(evidence: Evidence) -> Verdict:
    """Return the verdict on the evidence. A pure function: the same evidence, the same verdict."""
    beside = tuple(diagnose(other) for other in evidence.beside)
    evidence = tell_of_besides(evidence, beside)
    findings = tuple(kind(evidence) for kind in FINDINGS)
    by_id = {finding.id: finding for finding in findings}
    weighed = [weigh_cause(cause, by_id) for cause in load_causes()]
    healthy, _, *shares = share_out(
        [weigh_health(findings), weigh_other(by_id), *(one.total_decibans for one in weighed)]
    )
    ranked = sorted(zip(shares, weighed, strict=True), key=lambda pair: -pair[0])
    status = _status(evidence, by_id, healthy, ranked)
    best = ranked[0][1] if status is Status.LIKELY else None
    since, last = _times(best, by_id) if best else (None, None)
    return Verdict(
        status=status,
        failing=any(one.harm and one.state is State.PRESENT for one in findings) or best is not None,
        cause=best.cause.id if best else None,
        layer=best.cause.layer if best else None,
        component=evidence.component,
        probability=ranked[0][0] if best else (healthy if status is Status.HEALTHY else 1 - healthy),
        since=since,
        last=last,
        causes=tuple(_rank(share, one, evidence.component) for share, one in ranked),
        layers=tuple(_judge_layer(layer, ranked, by_id, evidence, status) for layer in Layer),
        findings=findings,
        suggestions=suggest(evidence, [(share, one) for share, one in ranked], by_id, status),
        beside=beside,
    )


def _status(
    evidence: Evidence,
    findings: Mapping[str, Finding],
    healthy: float,
    ranked: Sequence[tuple[float, WeighedCause]],
) -> Status:
    share, best = ranked[0]
    if share >= LIKELY_PROBABILITY and best.evidence_decibans >= LIKELY_DECIBANS:
        return Status.LIKELY
    looked = all(evidence.looked(sight) for sight in ESSENTIAL_SIGHTS)
    quiet = (findings[id] for id in SYMPTOM_FINDINGS if findings[id].state is State.ABSENT)
    # "There is nothing of the kind here" proves nothing; the kernel's log would show trouble of any kind.
    symptom = any(one.strength > 0 for one in quiet) or evidence.looked("kernel_log")
    asked_in_vain = evidence.asked_url is not None and findings["requests-fail"].state is State.UNKNOWN
    if healthy >= HEALTHY_PROBABILITY and looked and symptom and not asked_in_vain:
        return Status.HEALTHY
    return Status.INCONCLUSIVE


def _times(best: WeighedCause, findings: Mapping[str, Finding]) -> tuple[datetime | None, datetime | None]:
    """Return onset and last sign: of the findings that speak for the cause, and of the harm done."""
    speaking = {one.finding for one in best.weights if one.decibans > 0}
    telling = [
        one for one in findings.values() if one.state is State.PRESENT and (one.id in speaking or one.harm)
    ]
    onsets = [one.since for one in telling if one.since is not None]
    lasts = [one.last for one in telling if one.last is not None]
    return min(onsets, default=None), max(lasts, default=None)


def _rank(share: float, one: WeighedCause, component: str) -> RankedCause:
    return RankedCause(
        id=one.cause.id,
        layer=one.cause.layer,
        component=component,
        probability=round(share, 4),
        weight_decibans=round(one.evidence_decibans, 2),
        speaks_for=tuple(weight for weight in one.weights if weight.decibans > 0),
        speaks_against=tuple(weight for weight in one.weights if weight.decibans < 0),
    )


def _judge_layer(
    layer: Layer,
    ranked: Sequence[tuple[float, WeighedCause]],
    findings: Mapping[str, Finding],
    evidence: Evidence,
    status: Status,
) -> JudgedLayer:
    mine = [(share, one) for share, one in ranked if one.cause.layer is layer]
    if status is not Status.HEALTHY and any(
        share >= SUSPECTED_PROBABILITY and one.evidence_decibans > 0 for share, one in mine
    ):
        return JudgedLayer(layer=layer, state=LayerState.SUSPECTED, by=_strongest(mine[:1], for_it=True))
    if mine and all(is_ruled_out(one.evidence_decibans, share) for share, one in mine):
        return JudgedLayer(layer=layer, state=LayerState.RULED_OUT, by=_strongest(mine, for_it=False))
    return JudgedLayer(layer=layer, state=LayerState.UNKNOWN, by=_not_seen(mine, findings, evidence))


def is_ruled_out(decibans: float, probability: float) -> bool:
    """Tell whether a cause is: the evidence speaks against it, and little is left of it."""
    return decibans <= RULED_OUT_DECIBANS and probability <= RULED_OUT_PROBABILITY


def _strongest(mine: Sequence[tuple[float, WeighedCause]], *, for_it: bool) -> tuple[str, ...]:
    """Return the findings that weighed most, for every cause its own: what is decisive for each."""
    sign = 1 if for_it else -1
    chosen: dict[str, float] = {}
    for _, one in mine:
        speaking = [weight for weight in one.weights if sign * weight.decibans > 0]
        for weight in speaking[: 4 if for_it else 1]:
            chosen[weight.finding] = max(chosen.get(weight.finding, 0.0), abs(weight.decibans))
    return tuple(sorted(chosen, key=lambda id: -chosen[id]))


def _not_seen(
    mine: Sequence[tuple[float, WeighedCause]], findings: Mapping[str, Finding], evidence: Evidence
) -> tuple[str, ...]:
    """Return the sights whose gaps keep a layer unknown; without a gap, the findings nobody could make.

    Where all was seen, the findings that keep it open: they speak for a cause, too weakly to suspect it.
    """
    open_findings = [
        findings[expectation.finding]
        for _, one in mine
        for expectation in one.cause.expectations
        if max(expectation.present, -expectation.absent) >= -RULED_OUT_DECIBANS
        and expectation.finding in findings
        and findings[expectation.finding].state is State.UNKNOWN
    ]
    gaps = {gap.sight for gap in evidence.gaps}
    sights = [sight for finding in open_findings for sight in finding.rests_on if sight in gaps]
    return tuple(dict.fromkeys(sights or [finding.id for finding in open_findings] or _keeping_open(mine)))


def _keeping_open(mine: Sequence[tuple[float, WeighedCause]]) -> list[str]:
    standing = [one for _, one in mine if one.evidence_decibans > RULED_OUT_DECIBANS]
    speaking = [weight.finding for one in standing for weight in one.weights if weight.decibans > 0]
    # nothing speaks for it, and too little against it: what would have told
    return speaking or [max(one.cause.expectations, key=lambda e: e.present).finding for one in standing]
