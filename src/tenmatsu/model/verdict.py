"""The end of a diagnosis: causes ranked, layers ruled out and by what, and what to look at next."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from tenmatsu.model.finding import Finding
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words


class Status(Enum):
    """How far the verdict goes. `CONFIRMED` needs a proof, which an investigation alone never is."""

    HEALTHY = "healthy"
    LIKELY = "likely"
    INCONCLUSIVE = "inconclusive"
    CONFIRMED = "confirmed"


class LayerState(Enum):
    """What is known of a layer."""

    SUSPECTED = "suspected"
    RULED_OUT = "ruled_out"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Weighed:
    """What one finding weighed for one cause, in decibans; below zero it speaks against it."""

    finding: str
    decibans: float


@dataclass(frozen=True, kw_only=True, slots=True)
class RankedCause:
    """A cause with its probability (0 to 1, after all findings) and what spoke for and against it."""

    id: str
    layer: Layer
    component: str
    probability: float
    weight_decibans: float
    speaks_for: tuple[Weighed, ...]
    speaks_against: tuple[Weighed, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgedLayer:
    """A layer's state, and by which findings (ruled out, suspected) or gaps (unknown) it is so."""

    layer: Layer
    state: LayerState
    by: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Suggestion:
    """What to do next: a command, or a step in words, and what it would tell."""

    command: str
    tells: Words
    seconds: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """The whole answer. `cause` is None when nothing is blamed; `failing` says whether anything fails.

    `beside` are the verdicts on the machines that were looked at beside the one asked about.
    """

    status: Status
    failing: bool
    cause: str | None
    layer: Layer | None
    component: str
    probability: float
    since: datetime | None
    last: datetime | None
    causes: tuple[RankedCause, ...]
    layers: tuple[JudgedLayer, ...]
    findings: tuple[Finding, ...]
    suggestions: tuple[Suggestion, ...]
    beside: tuple["Verdict", ...] = ()

    def finding(self, id: str) -> Finding:
        """Return a finding by its id."""
        return next(finding for finding in self.findings if finding.id == id)
