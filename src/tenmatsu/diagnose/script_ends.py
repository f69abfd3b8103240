"""The ends of CGI scripts from both sources: looks at /proc, and the probe, which is told each exit status.

The looks (every 0.1 s) know a script's path, pid, parent and limits, and miss what lived shorter. The probe
misses nothing and knows how it ended, but says when only to within its own look (a second).
"""

from collections.abc import Sequence

from tenmatsu.diagnose.cgi_ends import CgiEnd
from tenmatsu.model.evidence import Event, Evidence

# Between the last look at a script and its end it lives, and works, for up to this.
_UNSEEN_SECONDS = 0.3
# The kernel keeps so much of a name.
_NAME_CHARACTERS = 15


def find_script_ends(evidence: Evidence) -> tuple[CgiEnd, ...]:
    """Return each script that ended in the window once, with its exit status where the probe tells it."""
    told = evidence.find_events("process.ended")
    left = {place: int(one.number("processes") or 0) for place, one in enumerate(told)}
    ends: list[CgiEnd] = []
    for event in evidence.find_events("process.cgi"):
        if event.text("kind") != "cgi" or event.attributes.get("ended") is not True:
            continue
        place = _find_same(event, told, left)
        if place is not None:
            left[place] -= 1
        ends.append(CgiEnd(event=event, told=None if place is None else told[place]))
    for place, count in left.items():
        ends += [CgiEnd(event=told[place], told=told[place])] * count
    return tuple(sorted(ends, key=lambda one: one.event.time))


def _find_same(seen: Event, told: Sequence[Event], left: dict[int, int]) -> int | None:
    """Return which end that the probe told of is that of a script seen, the nearest in age."""
    possible = [place for place, one in enumerate(told) if left[place] > 0 and _may_be(seen, one)]
    return min(possible, key=lambda place: _apart(seen, told[place]), default=None)


def _may_be(seen: Event, told: Event) -> bool:
    name = seen.text("process.command")[:_NAME_CHARACTERS]
    if name != told.text("process.command")[:_NAME_CHARACTERS]:
        return False
    within = (seen.number("end_within_seconds") or 0.0) + (told.number("end_within_seconds") or 0.0)
    apart = abs((seen.time - told.time).total_seconds())
    alone = told.number("processes") == 1
    return apart <= within + _UNSEEN_SECONDS and (not alone or _apart(seen, told) <= _UNSEEN_SECONDS)


def _apart(seen: Event, told: Event) -> float:
    """Return by how many seconds two lives differ; 0 where the probe does not tell."""
    lived = told.number("lived_seconds")
    return 0.0 if lived is None else abs(lived - (seen.number("lived_seconds") or 0.0))
