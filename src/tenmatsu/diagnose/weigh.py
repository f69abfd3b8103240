"""Weight of evidence: how each finding speaks for and against each explanation.

Turing's and Good's decibans: 10 log10 of a likelihood ratio, so that independent findings add up
(I. J. Good, Probability and the Weighing of Evidence, 1950). A finding that could not be made weighs
nothing. Findings that see the same thing (one `group`) are counted once, by the heaviest.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tenmatsu.model.cause import Cause, Expectation
from tenmatsu.model.finding import Finding, State
from tenmatsu.model.verdict import Weighed

# The explanation "nothing fails" is the yardstick: every prior is relative to it.
HEALTHY_DECIBANS = 0.0
# "Something fails that no cause describes": rarer than the usual causes together, and never ruled out.
OTHER_DECIBANS = -11.0
# The findings by which any trouble of the service's users would be felt, and what each one's absence says.
SYMPTOMS = ("requests-fail", "requests-slow", "user-requests-fail")
QUIET_DECIBANS = 5.0
# What one finding that is a fault in itself says against "nothing fails".
HARM_DECIBANS = 28.0
# No pile of findings makes anything more certain than this.
MOST_DECIBANS = 40.0


@dataclass(frozen=True, kw_only=True, slots=True)
class WeighedCause:
    """A cause, the sum of its evidence (decibans, without the prior), and the single weights."""

    cause: Cause
    evidence_decibans: float
    weights: tuple[Weighed, ...]

    @property
    def total_decibans(self) -> float:
        """Return prior and evidence together."""
        return self.cause.prior_decibans + self.evidence_decibans


def weigh_cause(cause: Cause, findings: Mapping[str, Finding]) -> WeighedCause:
    """Add up what the findings say of one cause."""
    heaviest: dict[str, Weighed] = {}
    for expectation in cause.expectations:
        weighed = _weigh(expectation, findings)
        group = expectation.group or expectation.finding
        if weighed is not None and abs(weighed.decibans) > abs(heaviest.get(group, _NOTHING).decibans):
            heaviest[group] = weighed
    weights = tuple(sorted(heaviest.values(), key=lambda one: -abs(one.decibans)))
    total = sum(one.decibans for one in weights)
    return WeighedCause(
        cause=cause,
        evidence_decibans=max(-MOST_DECIBANS, min(MOST_DECIBANS, total)),
        weights=weights,
    )


def _weigh(expectation: Expectation, findings: Mapping[str, Finding]) -> Weighed | None:
    finding = findings.get(expectation.finding)
    if finding is None or finding.state is State.UNKNOWN:
        return None
    full = expectation.present if finding.state is State.PRESENT else expectation.absent
    decibans = full * finding.strength
    return Weighed(finding=finding.id, decibans=round(decibans, 2)) if decibans else None


_NOTHING = Weighed(finding="", decibans=0.0)


def weigh_health(findings: Iterable[Finding]) -> float:
    """Return how well "nothing fails" stands, in decibans: each fault that is there counts against it."""
    harm = sum(one.strength for one in findings if one.state is State.PRESENT and one.harm)
    return HEALTHY_DECIBANS - min(HARM_DECIBANS * harm, 2 * MOST_DECIBANS)


def weigh_other(findings: Mapping[str, Finding]) -> float:
    """Return how well "something that no cause describes" stands, in decibans.

    Whatever it is, it would be felt: symptoms that were looked for and are not there speak against it.
    """
    quiet = [findings[id] for id in SYMPTOMS if id in findings and findings[id].state is State.ABSENT]
    return OTHER_DECIBANS - sum(QUIET_DECIBANS * one.strength for one in quiet)


def share_out(decibans: Sequence[float]) -> list[float]:
    """Return the probabilities (sum 1) of explanations that exclude each other."""
    highest = max(decibans)
    odds = [10 ** ((one - highest) / 10) for one in decibans]
    return [one / sum(odds) for one in odds]
