"""A series of own transactions as JSON."""

from typing import Any

from tenmatsu.account.safe import printable
from tenmatsu.cli.probe_words import Told, make_headline
from tenmatsu.model.attempt import Attempt, LeftBehind
from tenmatsu.model.exchange import STAGES
from tenmatsu.model.reason import read_reason
from tenmatsu.model.words import Language


def describe_series(told: Told, language: Language) -> dict[str, Any]:
    """Return the object that docs/site-file.md describes key by key."""
    rate, shape = told.rate, told.shape
    return {
        "probe": printable(told.name),
        "conclusion": printable(make_headline(told).into(language)),
        "transactions": [_attempt(one, language) for one in told.attempts],
        "rate": {
            "failures": rate.failures,
            "total": rate.total,
            "estimate": rate.estimate,
            "low": rate.low,
            "high": rate.high,
            "confidence": rate.confidence,
        },
        "durations": {
            "shape": shape.kind.value,
            "failed_seconds": shape.failed_seconds,
            "ok_seconds": shape.ok_seconds,
        },
        "alarms": [
            {"what": one.what.value, "time": one.time.isoformat(), "share": one.share} for one in told.alarms
        ],
        "stopped": told.stopped.value if told.stopped else "interrupted",
        "left_behind": [_left(one, language) for one in told.left_behind],
    }


def _attempt(one: Attempt, language: Language) -> dict[str, Any]:
    return {
        "time": one.time.isoformat(),
        "outcome": one.outcome.value,
        "status": one.status,
        "stage": one.stage,
        "duration_seconds": one.duration_seconds,
        "maker": one.page_maker or None,
        "reason": printable(read_reason(one.reason).into(language)),
        "mark": one.mark or None,
        "mark_found": one.mark_found,
        "copies": one.copies,
        "page_checked": one.page_checked,
        "step": printable(one.step),
        "method": one.method,
        "path": printable(one.path),
        "size_bytes": one.size_bytes,
        "timings": {f"{part}_seconds": getattr(one.timings, part) for part in STAGES[:-1]},
    }


def _left(one: LeftBehind, language: Language) -> dict[str, Any]:
    return {
        "time": one.time.isoformat(),
        "mark": printable(one.mark),
        "what": printable(one.what),
        "reason": printable(read_reason(one.reason).into(language)),
    }
