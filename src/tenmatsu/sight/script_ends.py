"""How the scripts of web servers ended, one by one as far as the probe tells them apart.

The probe sums up those that ended alike within one look (a second): name, parent and wait(2)'s status. So the
status is that of each; CPU and life are a mean where two ended alike within a second.
"""

from collections import deque
from datetime import datetime
from typing import Any

from tenmatsu.model.web_servers import is_server
from tenmatsu.parse.probe_frames import Ended, Look
from tenmatsu.sight.scene import Notebook

# Of those that ended well, and again of the others: a crowd of good ends must not push the failures out.
MOST_KEPT = 1_000
_LONGEST = 60
_NS = 1_000_000_000

_Told = tuple[datetime, datetime, Ended]


class ScriptEnds:
    """Takes what the probe tells; keeps the newest."""

    def __init__(self) -> None:
        self._well: deque[_Told] = deque(maxlen=MOST_KEPT)
        self._badly: deque[_Told] = deque(maxlen=MOST_KEPT)

    def take(self, look: Look) -> None:
        """Keep the scripts among those that ended in one look."""
        for row in look.ended:
            if row.processes and is_server(row.parent) and not is_server(row.name) and row.name:
                kept = self._badly if row.status else self._well
                kept.append((look.begun, look.ended_at, row))

    def write(self, notebook: Notebook) -> None:
        """Write down what was kept."""
        for begun, ended_at, row in (*self._well, *self._badly):
            within = max(0.0, (ended_at - begun).total_seconds() / 2)
            notebook.event(
                "process.ended",
                begun + (ended_at - begun) / 2,
                process__command=row.name[:_LONGEST],
                process__parent_command=row.parent[:_LONGEST],
                processes=row.processes,
                end_within_seconds=round(within, 3),
                **_known(row),
            )


def _known(row: Ended) -> dict[str, Any]:
    """Return how it ended and what it used; what is not known is left out."""
    known = {
        "exit_code": row.exit_code,
        "signal": row.signal,
        "cpu_seconds": _mean(row.cpu_ns, row.processes),
        "lived_seconds": _mean(row.life_ns, row.processes),
    }
    return {name: value for name, value in known.items() if value is not None}


def _mean(sum_ns: int | None, count: int) -> float | None:
    return None if sum_ns is None else round(sum_ns / count / _NS, 6)
