"""A judgement on evidence: there, not there, or nobody could tell."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from tenmatsu.model.evidence import Evidence, Value
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

# The figures that a finding rests on, units in their names; each is a `Value`.
Figures = dict[str, Any]


class State(Enum):
    """The three answers."""

    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What a piece of evidence means.

    `strength` (0 to 1) scales the weight that a cause gives it. `since` is the onset, where it can be
    told. `values` are the figures it rests on, units in their names. `see` are commands by which a
    person sees it without us. `harm`: it means by itself that something fails.
    """

    id: str
    state: State
    layer: Layer
    component: str
    sentence: Words
    strength: float = 1.0
    harm: bool = False
    since: datetime | None = None
    last: datetime | None = None
    values: Mapping[str, Value] = field(default_factory=dict)
    rests_on: tuple[str, ...] = ()
    see: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class FindingKind:
    """A kind of finding: its name, the sights it needs, and the source of its thresholds.

    `judge` is a pure function of evidence. `harm` marks what is a fault in itself, so that a machine
    that shows it cannot be called healthy.
    """

    id: str
    layer: Layer
    title: Words
    sights: tuple[str, ...]
    source: str
    judge: Callable[["FindingKind", Evidence], Finding]
    harm: bool = False
    see: tuple[str, ...] = ()

    def __call__(self, evidence: Evidence) -> Finding:
        """Judge the evidence."""
        return self.judge(self, evidence)

    def present(
        self,
        evidence: Evidence,
        sentence: Words,
        *,
        strength: float = 1.0,
        harm: bool | None = None,
        since: datetime | None = None,
        last: datetime | None = None,
        see: tuple[str, ...] | None = None,
        **values: Value,
    ) -> Finding:
        """Return it as found. `harm` may be narrowed here: an old trace does less harm than a new one."""
        return Finding(
            id=self.id,
            state=State.PRESENT,
            layer=self.layer,
            component=evidence.component,
            sentence=sentence,
            strength=max(0.0, min(1.0, strength)),
            harm=self.harm if harm is None else harm,
            since=since,
            last=last,
            values=values,
            rests_on=self.sights,
            see=self.see if see is None else see,
        )

    def absent(
        self, evidence: Evidence, sentence: Words, *, strength: float = 1.0, **values: Value
    ) -> Finding:
        """Return it as looked for and not there."""
        return Finding(
            id=self.id,
            state=State.ABSENT,
            layer=self.layer,
            component=evidence.component,
            sentence=sentence,
            strength=max(0.0, min(1.0, strength)),
            values=values,
            rests_on=self.sights,
            see=self.see,
        )

    def unknown(self, evidence: Evidence, why: Words | None = None) -> Finding:
        """Return it as not to be told; the reason is the gaps' of its sights unless given."""
        gaps = evidence.gaps_of(*self.sights)
        reason = why or (gaps[0].why if gaps else _NO_LOOK)
        return Finding(
            id=self.id,
            state=State.UNKNOWN,
            layer=self.layer,
            component=evidence.component,
            sentence=reason,
            strength=0.0,
            rests_on=self.sights,
            see=self.see,
        )


_NO_LOOK = Words("there was nothing to judge it by", "判断の材料がありません")
