"""What findings share that rest on kernel messages: which there were, and how much was read at all."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tenmatsu.diagnose.spans import spoken_span
from tenmatsu.model.evidence import Event, Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.words import Words, listing, plain

_MOMENT = timedelta(seconds=5)
_RECENTLY = timedelta(hours=1)
# A container that dies at its limit again and again may get a new group each time: what is gone but a
# few minutes is still about today.
_STILL_TODAY = timedelta(minutes=5)
_LIMITS = ("linux.cgroup.memory.limit", "linux.cgroup.pids.limit", "linux.cgroup.cpu.limit")
# The look at control groups takes no more than so many limits: then a group may only have been left out.
_MOST_LIMITS = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class KernelMessages:
    """The messages of some classes: `recent` belong to the symptom, `older` are only its past.

    `gone` are of control groups that no longer exist: what they ran into cannot be what fails now.
    """

    recent: tuple[Event, ...]
    older: tuple[Event, ...]
    gone: tuple[Event, ...] = ()

    @property
    def first(self) -> datetime | None:
        """Return the time of the first recent one."""
        return self.recent[0].time if self.recent else None

    @property
    def last(self) -> datetime | None:
        """Return the time of the last recent one."""
        return self.recent[-1].time if self.recent else None


def find_messages(evidence: Evidence, *classes: str) -> KernelMessages:
    """Return the kernel messages of these classes; bystanders never."""
    found = [
        event
        for event in evidence.find_events("kernel.message")
        if event.text("class") in classes and event.attributes.get("bystander") is not True
    ]
    recent = [event for event in found if event.time >= evidence.since]
    present = _find_groups(evidence)
    gone = [event for event in recent if _is_gone(evidence, event, present)]
    return KernelMessages(
        recent=tuple(event for event in recent if event not in gone),
        older=tuple(event for event in found if event.time < evidence.since),
        gone=tuple(gone),
    )


def _find_groups(evidence: Evidence) -> frozenset[str] | None:
    """Return the control groups with a limit that there are; None where that is not known for sure.

    In a container the kernel's names are its host's, and the groups there are not to be seen.
    """
    machine = evidence.latest("machine.identity")
    limits = [one for name in _LIMITS for one in evidence.find_series(name)]
    known = evidence.looked("cgroups") and len(limits) < _MOST_LIMITS
    if machine is None or machine.text("container") != "none" or not known:
        return None
    return frozenset(str(one.attributes["cgroup"]) for one in limits)


def _is_gone(evidence: Evidence, event: Event, present: frozenset[str] | None) -> bool:
    group = event.text("cgroup")
    if present is None or not group or event.time >= evidence.window.start - _STILL_TODAY:
        return False
    return group not in present


def count_messages(events: Iterable[Event]) -> int:
    """Return how many there were, those included that were left out of the case for their number."""
    return sum(1 + int(event.number("omitted") or 0) for event in events)


def list_attribute(events: Iterable[Event], name: str, most: int = 3) -> Words:
    """Return the different values of an attribute, the first few, as a list in words."""
    values = list(dict.fromkeys(text for event in events if (text := event.text(name))))
    more = (plain("…"),) if len(values) > most else ()
    return listing((*(plain(value) for value in values[:most]), *more))


@dataclass(frozen=True, kw_only=True, slots=True)
class LogReading:
    """How much of the kernel's log was read: `lines` over `seconds` up to the window's end.

    `covered` (0 to 1) is the share of the time in question that lies in it; its last hour, in which what
    fails now would show, counts as much as all of it.
    """

    lines: int
    seconds: float
    covered: float


def find_reading(evidence: Evidence) -> LogReading | None:
    """Return how much was read; None where nothing was."""
    logs = [
        event
        for event in evidence.find_events("kernel.log")
        if (event.number("lines") or 0) > 0 or event.text("kind") == "journal"
    ]
    begins = [begin for event in logs if (begin := read_time(event, "begins"))]
    if not begins:
        return None
    end = evidence.window.end
    recently = max(evidence.since, end - _RECENTLY)
    return LogReading(
        lines=int(sum(event.number("lines") or 0 for event in logs)),
        seconds=(end - min(begins)).total_seconds(),
        covered=(_cover(logs, evidence.since, end) + _cover(logs, recently, end)) / 2,
    )


def _cover(logs: Iterable[Event], since: datetime, last: datetime) -> float:
    """Return the share of a time that some source holds; a hole between two is not covered."""
    covered, reached = 0.0, since
    spans = [
        (begin, read_time(event, "ends") or last) for event in logs if (begin := read_time(event, "begins"))
    ]
    for begin, end in sorted(spans):
        # a log is taken a moment before the window ends
        until = last if last - end < _MOMENT else min(end, last)
        if until > max(reached, begin):
            covered += (until - max(reached, begin)).total_seconds()
            reached = until
    asked = (last - since).total_seconds()
    return 1.0 if asked <= 0 else min(1.0, covered / asked)


def read_time(event: Event, name: str) -> datetime | None:
    """Return an attribute that holds a time; None where it is empty or no time."""
    try:
        return datetime.fromisoformat(event.text(name))
    except ValueError:
        return None


def say_quiet(
    kind: FindingKind,
    evidence: Evidence,
    older: tuple[Event, ...] = (),
    gone: tuple[Event, ...] = (),
) -> Finding:
    """Return that nothing was found in the log: absent as far as it was read, else unknown."""
    reading = find_reading(evidence)
    if reading is None:
        return kind.unknown(evidence)
    words = QUIET.fill(lines=f"{reading.lines:,}", span=spoken_span(reading.seconds))
    if older:
        ago = (evidence.window.end - older[-1].time).total_seconds()
        words += OLDER.fill(count=count_messages(older), ago=spoken_span(ago))
    if gone:
        words += GONE.fill(count=count_messages(gone), groups=list_attribute(gone, "cgroup", 1))
    return kind.absent(
        evidence,
        words,
        strength=reading.covered,
        lines=reading.lines,
        read_seconds=round(reading.seconds),
        older=count_messages(older),
    )


QUIET = Words(
    "none in {lines} kernel messages of the last {span}",
    "過去 {span}のカーネルメッセージ {lines} 件に該当なし",
)
GONE = Words(
    ", apart from {count} of groups that no longer exist: {groups}",
    " (既に存在しないグループのもの {count} 件を除く: {groups})",
)
OLDER = Words(
    ", apart from {count} before the time in question, the last {ago} ago",
    " (対象期間より前に {count} 件、最後は {ago}前)",
)
