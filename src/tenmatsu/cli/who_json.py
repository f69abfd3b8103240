"""What is known of names, as JSON. Sentences are in the language asked for; names are made safe to show."""

import json
from collections.abc import Sequence
from typing import Any

from tenmatsu.account.safe import printable
from tenmatsu.cli.who_text import PROVES_NOTHING
from tenmatsu.model.cause import NextLook
from tenmatsu.model.program import Match, NameAnswer, ProgramOrigin
from tenmatsu.model.words import Language, Words


def render_json(answers: Sequence[NameAnswer], language: Language) -> str:
    """Return `{"names": [...], "caution": "..."}`, one object a name."""
    names = [_answer(answer, language) for answer in answers]
    whole = {"names": names, "caution": PROVES_NOTHING.into(language)}
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def _answer(answer: NameAnswer, language: Language) -> dict[str, Any]:
    return {
        "asked": printable(answer.asked),
        "known": answer.is_known,
        "matches": [_match(match, language) for match in answer.matches],
        "here": _origin(answer.origin, language),
        "next": [_look(look, language) for look in answer.next_looks],
    }


def _match(match: Match, language: Language) -> dict[str, Any]:
    program = match.program
    return {
        "name": program.name,
        "comm": program.comm,
        "matched_by": match.by.value,
        "note": _say(match.note, language),
        "doubt": _say(match.doubt, language),
        "kind": program.kind.value,
        "packages": {one.distribution.value: one.package for one in program.packages},
        "era": program.era,
        "units": list(program.units),
        "what": program.what.into(language),
        "often": _say(program.often, language),
        "points_to": program.points_to.into(language),
        "checks": [_look(check, language) for check in program.checks],
        "short_lived": program.short_lived,
        "harmless_when": _say(program.harmless_when, language),
        "remedy": _say(program.remedy, language),
        "sources": list(program.sources),
    }


def _look(look: NextLook, language: Language) -> dict[str, str]:
    return {"command": printable(look.command), "tells": look.tells.into(language)}


def _origin(origin: ProgramOrigin, language: Language) -> dict[str, Any]:
    return {
        "processes": origin.processes,
        "kernel_threads": origin.kernel_threads,
        "running": [printable(path) for path in origin.running],
        "installed": [printable(path) for path in origin.installed],
        "packages": [
            {
                "path": printable(one.path),
                "package": printable(one.package),
                "summary": printable(one.summary),
            }
            for one in origin.packages
        ],
        "units": [printable(unit) for unit in origin.units],
        "summaries": [printable(summary) for summary in origin.summaries],
        "gaps": [
            {key: getattr(gap, key).into(language) for key in ("what", "why", "close_by")}
            for gap in origin.gaps
        ],
    }


def _say(words: Words | None, language: Language) -> str | None:
    return None if words is None else printable(words.into(language))
