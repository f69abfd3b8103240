"""Requests fail while bursts of processes last, or while CPU is held at a limit, and hardly in between."""

from collections.abc import Sequence
from dataclasses import dataclass

from tenmatsu.diagnose.bursts import BurstKind, Bursts, Limits, find_bursts
from tenmatsu.diagnose.failure_shares import (
    CHANCE,
    LEAST_FAILURES,
    Shares,
    compare_shares,
    ended_requests,
    failures_of,
    quiet_strength,
    strength_of,
)
from tenmatsu.diagnose.findings.fork_storm import FORKS_PER_REQUEST, STORM_PER_SECOND
from tenmatsu.diagnose.web_requests import alike
from tenmatsu.model.evidence import Evidence, Transaction
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

# As for a storm of processes; and a second in which a group stood still in half of its periods (of 0.1 s) is
# one in which work stood still.
LIMITS = Limits(forks_per_second=STORM_PER_SECOND, forks_per_request=FORKS_PER_REQUEST, held_share=0.5)
# One burst with failures in it is one coincidence, however many requests it held.
LEAST_BURSTS = 2
# Two kinds of bursts are tried.
_KINDS = len(BurstKind)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Tried:
    """The failures inside and outside the bursts of a kind; `hit` bursts hold failures."""

    bursts: Bursts
    shares: Shares
    hit: int


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Compare how often requests fail inside the bursts and outside."""
    requests = [one for one in ended_requests(evidence) if evidence.window.holds(one.time)]
    failures = failures_of(requests)
    if len(failures) < LEAST_FAILURES:
        gone = not requests and evidence.gaps_of(*kind.sights)
        return kind.unknown(evidence, None if gone else FEW.fill(count=len(failures)))
    seen = (evidence.one_series("system.process.created") is not None) + evidence.looked("cgroups")
    if not seen:
        return kind.unknown(evidence)
    compared = alike(requests)
    tried = [_try(bursts, requests, compared) for bursts in find_bursts(evidence, requests, LIMITS)]
    if not tried:
        return kind.absent(evidence, NO_BURST.fill(count=len(failures)), strength=seen / _KINDS, bursts=0)
    best = min(tried, key=lambda one: one.shares.chance)
    if not best.shares.can_tell:
        return kind.unknown(evidence, NOTHING_BESIDE.fill(inside=best.shares.inside.total, all=len(requests)))
    return _say(kind, evidence, best, failures)


def _try(bursts: Bursts, requests: Sequence[Transaction], compared: Sequence[Transaction]) -> _Tried:
    """Compare what fails with its like; with all requests only where its like are too few to tell."""
    tried = _share(bursts, compared)
    return tried if tried.shares.can_tell else _share(bursts, requests)


def _share(bursts: Bursts, requests: Sequence[Transaction]) -> _Tried:
    met = [(one, bursts.met_by(one)) for one in requests]
    inside = [one for one, place in met if place is not None]
    shares = compare_shares(inside, [one for one, place in met if place is None])
    hit = {bursts.met_by(one) for one in failures_of(inside)}
    return _Tried(bursts=bursts, shares=shares, hit=len(hit))


def _say(kind: FindingKind, evidence: Evidence, best: _Tried, failures: list[Transaction]) -> Finding:
    shares, chance = best.shares, min(1.0, best.shares.chance * _KINDS)
    figures: Figures = {
        **shares.figures(),
        "bursts": len(best.bursts.times),
        "bursts_with_failures": best.hit,
        "kind": best.bursts.kind.value,
    }
    words = {
        "failed": shares.inside.failures,
        "inside": shares.inside.total,
        "others": shares.outside.failures,
        "outside": shares.outside.total,
        "what": WHAT[best.bursts.kind],
        "bursts": len(best.bursts.times),
    }
    if not shares.differs or chance > CHANCE:
        return kind.absent(evidence, QUIET.fill(**words), strength=quiet_strength(chance), **figures)
    if best.hit < LEAST_BURSTS:
        return kind.unknown(evidence, ONE.fill(**words))
    return kind.present(
        evidence,
        SEEN.fill(**words),
        strength=strength_of(chance),
        since=failures[0].time,
        last=failures[-1].time,
        **figures,
    )


WHAT = {
    BurstKind.FORKS: Words("many processes begin", "プロセスが大量に発生している"),
    BurstKind.HELD: Words("CPU is held at a limit", "CPU が上限で抑えられている"),
}
SEEN = Words(
    "requests fail while {what} ({failed} of {inside}), and hardly else ({others} of {outside})",
    "失敗は{what}間 ({inside} 件中 {failed} 件)。それ以外ではほぼなし ({outside} 件中 {others} 件)",
)
QUIET = Words(
    "requests fail as often while {what} ({failed} of {inside}) as else ({others} of {outside})",
    "失敗は{what}間 ({inside} 件中 {failed} 件) もそれ以外 ({outside} 件中 {others} 件) も同様",
)
ONE = Words(
    "all failures while {what} fall into one burst: that may be chance",
    "{what}間の失敗は 1 回の集中だけで、偶然かもしれません",
)
NO_BURST = Words(
    "there was no burst of processes and no CPU held at a limit (failures: {count})",
    "プロセスの集中発生も CPU の抑制もなし (失敗 {count} 件)",
)
FEW = Words(
    "failures in the window: {count}, too few to compare", "観察中の失敗 {count} 件では比較できません"
)
NOTHING_BESIDE = Words(
    "of {all:request|requests} {inside} met a burst: too few on one side to compare",
    "リクエスト {all} 件中 {inside} 件が集中時で、比較相手が足りません",
)

KIND = FindingKind(
    id="fails-in-bursts",
    layer=Layer.GUEST_USERLAND,
    title=Words("Failures come with bursts of load", "負荷の集中時の失敗"),
    sights=("requests", "web_logs", "cpu", "cgroups"),
    source="Fisher's exact test (Fisher 1922); bursts: thresholds of fork-storm, Linux sched-bwc.rst",
    judge=judge,
    see=("vmstat 1 30", "tail -f /var/log/apache2/access.log"),
)
