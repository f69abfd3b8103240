"""Small evidence, made value by value, for tests of findings.

    seen = EvidenceBuilder(seconds=20).counter("system.process.created", 0, 4000).looked("processes")
    assert KIND(seen.build()).state is State.PRESENT

Values of a series lie evenly over the window, the first at its start, the last at its end. `a__b` in the
name of an attribute stands for `a.b`, as in a sight's notebook. Each method returns the builder.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from tenmatsu.model.evidence import (
    Event,
    Evidence,
    Gap,
    Kind,
    Look,
    Outcome,
    Series,
    Transaction,
    Value,
    Window,
)
from tenmatsu.model.words import Words

START = datetime(2010, 3, 11, 7, 24, 25, tzinfo=UTC)
HERE = "machine/boot"


def at(seconds: float) -> datetime:
    """Return the time so many seconds after the start of the window."""
    return START + timedelta(seconds=seconds)


class EvidenceBuilder:
    """Evidence of one machine over one window, empty at first."""

    def __init__(self, *, seconds: float = 20.0, url: str | None = None) -> None:
        self._seconds = seconds
        self._url = url
        self._series: list[Series] = []
        self._events: list[Event] = []
        self._transactions: list[Transaction] = []
        self._looks: list[Look] = []
        self._gaps: list[Gap] = []

    def gauge(self, name: str, *values: float, of: str = HERE, **attributes: Value) -> Self:
        """Add a level, value by value; `of` which component, where not of the machine itself."""
        return self._add_series(name, Kind.GAUGE, values, of, attributes)

    def counter(self, name: str, *values: float, of: str = HERE, **attributes: Value) -> Self:
        """Add the states of a counter."""
        return self._add_series(name, Kind.COUNTER, values, of, attributes)

    def event(self, event: str, /, *, seconds: float = 0.0, of: str = HERE, **attributes: Value) -> Self:
        """Add an event, so many seconds after the start."""
        self._events.append(
            Event(
                sight="test",
                component=of,
                name=event,
                time=at(seconds),
                attributes=_named(attributes),
            )
        )
        return self

    def request(self, outcome: Outcome, duration_seconds: float | None, **more: Any) -> Self:
        """Add a request of our own, a second after the one before it; `more` are a transaction's fields."""
        fields: dict[str, Any] = {"maker": "probe", "path": "/mt.cgi", "time": at(len(self._transactions))}
        self._transactions.append(
            Transaction(
                sight="requests",
                component=HERE,
                outcome=outcome,
                duration_seconds=duration_seconds,
                **{**fields, **more},
            )
        )
        return self

    def looked(self, *sights: str, complete: bool = True) -> Self:
        """Say that these sights looked, to the end or not."""
        for sight in sights:
            self._looks.append(
                Look(
                    sight=sight,
                    component=HERE,
                    started=START,
                    ended=at(self._seconds),
                    complete=complete,
                    found=0,
                    read=Words("", ""),
                )
            )
        return self

    def gap(self, *sights: str) -> Self:
        """Say that these sights could not look, for want of the right."""
        for sight in sights:
            self._gaps.append(Gap(sight=sight, component=HERE, what=WHAT, why=WHY, close_by=CLOSE_BY))
        return self

    def build(self) -> Evidence:
        """Return what was added as evidence."""
        return Evidence(
            window=Window(start=START, end=at(self._seconds)),
            since=START,
            component=HERE,
            asked_url=self._url,
            series=tuple(self._series),
            events=tuple(self._events),
            transactions=tuple(self._transactions),
            looks=tuple(self._looks),
            gaps=tuple(self._gaps),
        )

    def _add_series(
        self, name: str, kind: Kind, values: Sequence[float], of: str, attributes: dict[str, Value]
    ) -> Self:
        step = self._seconds / max(1, len(values) - 1)
        self._series.append(
            Series(
                sight="test",
                component=of,
                name=name,
                unit="1",
                kind=kind,
                attributes=_named(attributes),
                points=tuple((at(step * number), float(value)) for number, value in enumerate(values)),
            )
        )
        return self


def _named(attributes: dict[str, Value]) -> dict[str, Value]:
    return {key.replace("__", "."): value for key, value in attributes.items()}


WHAT = Words("what was to be seen", "見るはずだったもの")
WHY = Words("no permission for it", "それを読む権限がありません")
CLOSE_BY = Words("run it as root", "root で実行")
