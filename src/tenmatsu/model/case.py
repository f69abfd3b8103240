"""A case: one incident, whole. What is saved, replayed, shown and sent is this."""

from dataclasses import dataclass

from tenmatsu.model.evidence import Evidence
from tenmatsu.model.site import Site
from tenmatsu.model.verdict import Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class ClockOffset:
    """How far a host's clock is from ours, in seconds, with the uncertainty of that figure."""

    component: str
    offset_seconds: float | None
    uncertainty_seconds: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """Everything that one investigation brought, and the version of the program that made it."""

    version: str
    site: Site
    evidence: Evidence
    verdict: Verdict
    clock_offsets: tuple[ClockOffset, ...] = ()
