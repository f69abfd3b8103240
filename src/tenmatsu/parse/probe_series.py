"""What `tenmatsu probe run --json` wrote when all was well: how many failed, and how long the others took."""

import json
from typing import Any, NamedTuple

from tenmatsu.errors import ParseError

_FORMAT = "output of probe run --json"


class PastSeries(NamedTuple):
    """An earlier series. Durations in seconds, of those that succeeded."""

    failures: int
    total: int
    durations: tuple[float, ...]


def parse_probe_series(data: bytes) -> PastSeries:
    """Return what it holds. Raises ParseError for what is none, or of a series of which nothing is known."""
    try:
        content = json.loads(data)
        known = [one for one in content["transactions"] if one["outcome"] in ("ok", "failed")]
        durations = tuple(_seconds(one["duration_seconds"]) for one in known if one["outcome"] == "ok")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ParseError(_FORMAT, f"{type(error).__name__}: {error}"[:80]) from error
    if not known:
        raise ParseError(_FORMAT, "no transaction of known outcome")
    return PastSeries(failures=len(known) - len(durations), total=len(known), durations=durations)


def _seconds(value: Any) -> float:  # noqa: ANN401 - JSON's own values
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        raise ValueError("a duration that is none")
    return float(value)
