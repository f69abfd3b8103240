"""Durations and times as people type them."""

import re
from datetime import UTC, datetime, timedelta

from tenmatsu.errors import WrongUse
from tenmatsu.model.words import Words

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d)?")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration(text: str) -> float:
    """Return `20`, `20s`, `5m`, `2h`, `1d` in seconds."""
    found = _DURATION.fullmatch(text.strip().lower())
    if not found:
        raise WrongUse(NO_DURATION.fill(text=text))
    return float(found[1]) * _SECONDS[found[2] or "s"]


def parse_since(text: str, now: datetime) -> datetime:
    """Return a time in the past: ago (`2h`) or at (`2026-11-22 21:30`, local unless it names a zone)."""
    if _DURATION.fullmatch(text.strip().lower()):
        return now - timedelta(seconds=parse_duration(text))
    try:
        since = datetime.fromisoformat(text.strip()).astimezone(UTC)
    except (ValueError, OverflowError) as bad:
        raise WrongUse(NO_TIME.fill(text=text)) from bad
    if since > now:
        raise WrongUse(FUTURE.fill(text=text))
    return since


NO_DURATION = Words(
    "'{text}' is not a duration: write 20s, 5m, 2h or 1d",
    "「{text}」は時間の長さではありません。例: 20s, 5m, 2h, 1d",
)
NO_TIME = Words(
    "'{text}' is not a time: write 2h (ago) or 2026-11-22 21:30",
    "「{text}」は時刻ではありません。例: 2h (前)、2026-11-22 21:30",
)
FUTURE = Words("'{text}' lies in the future", "「{text}」は未来の時刻です")
