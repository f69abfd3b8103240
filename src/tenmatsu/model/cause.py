"""Something that can be wrong, as data: what it makes us expect, what it forbids, what mends it."""

from dataclasses import dataclass

from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words


@dataclass(frozen=True, kw_only=True, slots=True)
class Expectation:
    """How a finding speaks for or against a cause.

    `present` and `absent` are weights of evidence in decibans (10 log10 of the likelihood ratio against
    the average of the other explanations). Of expectations that share a `group` only the heaviest
    counts, since they see the same thing.
    """

    finding: str
    present: float
    absent: float
    reason: str
    source: str
    group: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class NextLook:
    """A look worth taking: the command, what it tells, what it costs (seconds) and risks."""

    command: str
    tells: Words
    seconds: float = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Remedy:
    """What can mend a cause, and whom that hurts."""

    title: Words
    harm: Words


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """A cause. `prior_decibans` is how usual it is against a healthy machine, before any look."""

    id: str
    layer: Layer
    name: Words
    sentence: Words
    why: Words
    prior_decibans: float
    expectations: tuple[Expectation, ...]
    next_looks: tuple[NextLook, ...]
    remedies: tuple[Remedy, ...]
