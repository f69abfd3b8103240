"""What ran, as JSON: names as they are but safe to show, sentences in the language asked for."""

import json
from collections.abc import Sequence
from typing import Any

from tenmatsu.account.safe import printable, printable_json
from tenmatsu.model.processes import WHYS, Break, Completeness, Grouping, Ran, Row
from tenmatsu.model.words import Language, plain
from tenmatsu.ui.process_words import find_meaning, signal_name


def render_json(seen: Sequence[Ran], rows: Sequence[Row], grouping: Grouping, language: Language) -> str:
    """Return one object: `completeness` and `rows`, and the same by machine in `hosts`."""
    whole = {
        "completeness": _completeness(add_up([one.completeness for one in seen]), language),
        "window": {"seconds": max(one.seconds for one in seen), "by": grouping.value},
        "hosts": [_host(one, language) for one in seen],
        "rows": [_row(row, language) for row in rows],
    }
    return printable_json(json.dumps(whole, ensure_ascii=False, indent=2)) + "\n"


def add_up(parts: Sequence[Completeness]) -> Completeness:
    """Return the sums over machines; the rung is the common one, empty where they differ."""
    if len(parts) == 1:
        return parts[0]
    seen = [one.forks_seen for one in parts if one.forks_seen is not None]
    rungs = {one.rung for one in parts}
    lost: dict[str, int] = {}
    for one in parts:
        for name, count in one.events_lost.items():
            lost[name] = lost.get(name, 0) + count
    return Completeness(
        rung=rungs.pop() if len(rungs) == 1 else "",
        exits_captured=sum(one.exits_captured for one in parts),
        exits_counted=sum(one.exits_counted for one in parts),
        forks_counted=sum(one.forks_counted for one in parts),
        forks_seen=sum(seen) if len(seen) == len(parts) else None,
        cpu_attributed_seconds=sum(one.cpu_attributed_seconds for one in parts),
        cpu_used_seconds=sum(one.cpu_used_seconds for one in parts),
        cpu_all_seconds=sum(one.cpu_all_seconds for one in parts),
        steal_seconds=sum(one.steal_seconds for one in parts),
        events_lost=lost,
        probe_cpu_seconds=sum(one.probe_cpu_seconds for one in parts),
        probe_max_rss_bytes=max(one.probe_max_rss_bytes for one in parts),
    )


def _host(one: Ran, language: Language) -> dict[str, Any]:
    return {
        "host": printable(one.host),
        "begun": one.begun.isoformat(),
        "ended": one.ended.isoformat(),
        "seconds": one.seconds,
        "completeness": _completeness(one.completeness, language),
        "gaps": [_break(each, language) for each in one.breaks],
    }


def _break(one: Break, language: Language) -> dict[str, Any]:
    return {
        "since": one.since.isoformat(),
        "until": one.until.isoformat() if one.until else None,
        "why": printable(one.why.into(language)),
    }


def _completeness(seen: Completeness, language: Language) -> dict[str, Any]:
    return {
        "rung": seen.rung,
        "exits_captured": seen.exits_captured,
        "exits_counted": seen.exits_counted,
        "forks_counted": seen.forks_counted,
        "forks_seen": seen.forks_seen,
        "captured_percent": seen.captured_percent,
        "cpu_attributed_seconds": round(seen.cpu_attributed_seconds, 6),
        "cpu_used_seconds": round(seen.cpu_used_seconds, 6),
        "cpu_all_seconds": round(seen.cpu_all_seconds, 6),
        "steal_seconds": round(seen.steal_seconds, 6),
        "limit_cores": seen.limit_cores,
        "events_lost": seen.lost,
        "lost_by": dict(seen.events_lost),
        "kinds_together": seen.kinds_together,
        "probe_cpu_seconds": round(seen.probe_cpu_seconds, 6),
        "probe_max_rss_bytes": seen.probe_max_rss_bytes,
        "better_rungs": [
            {
                "rung": one.rung,
                "why": one.why,
                "why_in_words": WHYS.get(one.why, plain(one.why)).into(language),
                "reason": printable(one.reason),
            }
            for one in seen.refused
        ],
        "remarks": [printable(one) for one in seen.remarks],
    }


def _row(row: Row, language: Language) -> dict[str, Any]:
    meaning = find_meaning(row.comm, row.executable, row.service)
    return {
        "host": printable(row.host),
        "name": printable(row.name),
        "comm": printable(row.comm),
        "executable": printable(row.executable),
        "service": printable(row.service),
        "container": printable(row.container),
        "started": row.started,
        "ended": row.ended,
        "alive": row.alive,
        "cpu_seconds": round(row.cpu_seconds, 6),
        "ended_cpu_seconds": round(row.ended_cpu_seconds, 6),
        "mean_life_seconds": None if row.mean_life_seconds is None else round(row.mean_life_seconds, 6),
        "exit_codes": {str(code): count for code, count in row.exit_codes.items()},
        "signals": {signal_name(number): count for number, count in row.signals.items()},
        "parents": {printable(name): count for name, count in row.parents.items()},
        "chain": [printable(name) for name in row.chain],
        "users": {str(uid): count for uid, count in row.users.items()},
        "commands": [printable(command) for command in row.commands],
        "unnamed": row.unnamed,
        "what": meaning.into(language) if meaning else None,
    }
