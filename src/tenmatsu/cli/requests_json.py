"""What was counted of access logs, as JSON. Sentences are in the language asked for."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from tenmatsu.account.safe import printable
from tenmatsu.chance.rate import estimate_rate
from tenmatsu.cli.requests_words import (
    Looked,
    describe_gaps,
    describe_onset,
    describe_patterns,
    describe_rate,
)
from tenmatsu.model.words import Language
from tenmatsu.traffic.join import Joined
from tenmatsu.traffic.since import RateChange
from tenmatsu.traffic.study import Study, busiest, most_failing
from tenmatsu.traffic.tally import Asked, Count

_CONFIDENCE = 0.95
_MOST = 20


def load_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the object."""
    text = files(__package__).joinpath("requests.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def render_json(found: Study, looked: Looked, language: Language) -> str:
    """Return the object, one line a value."""
    return json.dumps(_whole(found, looked, language), ensure_ascii=False, indent=2) + "\n"


def _whole(found: Study, looked: Looked, language: Language) -> dict[str, Any]:
    tally = found.tally
    onset = describe_onset(found, looked.zone)
    clients = sorted(tally.by_client.items(), key=lambda item: -item[1].failed)[:_MOST]
    return {
        "sentences": [describe_rate(found).into(language), *([onset.into(language)] if onset else [])],
        "rate": _rate(tally.count),
        "trials": _rate(tally.trials),
        "rise": _change(found.rise),
        "end": _change(found.end),
        "patterns": [
            {"id": one.id, "sentence": printable(one.words.into(language)), "decibans": one.decibans}
            for one in describe_patterns(found, looked.zone)
        ],
        "failing": [_asked(one, count) for one, count in most_failing(tally.by_asked.items(), _MOST)],
        "busiest": [_asked(one, count) for one, count in busiest(tally.by_asked.items(), _MOST)],
        "methods": _rates(dict(found.by_method[:_MOST])),
        "kinds": _rates({kind.value: count for kind, count in tally.by_kind.items()}),
        "hours": _rates({f"{hour:02}": count for hour, count in found.by_hour}),
        "clients": _rates({client: count for client, count in clients if count.failed}),
        "statuses": {str(status): count for status, count in sorted(tally.by_status.items())},
        "errors": _errors(found.joined),
        "first": _time(tally.first),
        "last": _time(tally.last),
        "formats": [
            {
                "source": one.source.value,
                "format": printable(one.format.text),
                "json": one.format.lines_are_json,
                "server": one.server,
                "place": printable(one.place),
            }
            for one in looked.formats
        ],
        "read": {"files": looked.files, "lines": looked.lines, "unread": looked.unread},
        "gaps": [printable(words.into(language)) for words in describe_gaps(found, looked)],
    }


def _rate(count: Count) -> dict[str, Any]:
    rate = estimate_rate(count.failed, count.total, confidence=_CONFIDENCE)
    return {
        "failures": rate.failures,
        "total": rate.total,
        "estimate": rate.estimate,
        "low": rate.low,
        "high": rate.high,
        "confidence": _CONFIDENCE,
    }


def _rates(counts: Mapping[str, Count]) -> dict[str, Any]:
    return {printable(name): _rate(count) for name, count in counts.items()}


def _asked(asked: Asked, count: Count) -> dict[str, Any]:
    return {"method": printable(asked.method), "path": printable(asked.path), "rate": _rate(count)}


def _change(change: RateChange | None) -> dict[str, Any] | None:
    if change is None:
        return None
    return {
        "time": _time(change.time),
        "low": _time(change.low),
        "high": _time(change.high),
        "before": _rate(change.before),
        "after": _rate(change.after),
    }


def _errors(joined: Joined | None) -> dict[str, Any] | None:
    if joined is None:
        return None
    return {
        "failures": joined.failures,
        "explained": round(joined.explained, 3),
        "lines": joined.lines,
        "stray": joined.stray,
        "undecided": joined.undecided,
        "reasons": [
            {
                "id": one.kind.value,
                "sure": one.sure,
                "likely": round(one.likely, 3),
                "example": printable(one.example),
            }
            for one in joined.reasons
        ],
    }


def _time(second: int | None) -> str | None:
    return None if second is None else datetime.fromtimestamp(second, UTC).isoformat()
