"""Kernel messages into evidence: grouped by template, bounded, each with what it means."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from tenmatsu.errors import ReachError
from tenmatsu.parse.kernel_messages import KernelMessage, classify, find_template
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.sight.kernel_log_files import find_newest_of_others
from tenmatsu.sight.kernel_log_sources import WARNING, LogLine, Source, read_ring_clock
from tenmatsu.sight.scene import Notebook, Scene

# Of messages that are the same but for their figures: enough to see the beginning, the end, and a rhythm.
_FIRST, _LAST = 3, 30
_LAST_UNKNOWN = 5
_MOST_TEMPLATES = 300
# A daemon that takes the kernel's messages does so within seconds.
_LATE = timedelta(seconds=120)
_SYSLOG_DAEMONS = frozenset({b"rsyslogd", b"syslogd", b"syslog-ng", b"metalog", b"socklog"})
# Told of by the message that it belongs to.
_CONTEXT = "oom-context"
_LIMITED = re.compile(r"oom_memcg=|as a result of limit of")


class _Told(NamedTuple):
    """A message with what it means; `message` is None where the table does not know it."""

    line: LogLine
    message: KernelMessage | None
    template: str


def write_sources(scene: Scene, notebook: Notebook, sources: Iterable[Source]) -> None:
    """Write one `kernel.log` event a source."""
    sources = list(sources)
    ring = next((source for source in sources if source.kind == "ring"), None)
    for source in sources:
        extra: dict[str, Any] = {}
        if source.kind == "ring":
            extra["uncertain_seconds"] = round(read_ring_clock(scene.reach).uncertain_seconds, 1)
        elif source is next(one for one in sources if one.kind == source.kind):
            extra |= _compare(scene, source, ring)
        notebook.event(
            "kernel.log",
            scene.reach.now(),
            source=source.name,
            kind=source.kind,
            lines=source.kernel_lines,
            begins=source.begins.isoformat(),
            ends=source.ends.isoformat(),
            first=_iso(source.first),
            last=_iso(source.last),
            newest=_iso(source.newest),
            complete=source.complete,
            **extra,
        )


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _compare(scene: Scene, source: Source, ring: Source | None) -> dict[str, Any]:
    """Return what tells whether a log stopped while others went on."""
    found: dict[str, Any] = {}
    newest = source.newest
    if ring and ring.last and newest and ring.last > newest + _LATE:
        found["missing_seconds"] = round((ring.last - newest).total_seconds())
    if source.kind == "file" and newest:
        others = find_newest_of_others(scene, source.name)
        if others:
            found["others_newest"] = others.isoformat()
        if "missing_seconds" in found or (others and others > newest + _LATE):
            found["daemon"] = _find_daemon(scene)
    return found


def _find_daemon(scene: Scene) -> bool:
    """Tell whether a daemon runs that writes log files."""
    for path in scene.reach.glob("/proc/[0-9]*/comm"):
        try:
            if scene.reach.read(path, limit_bytes=64).strip() in _SYSLOG_DAEMONS:
                return True
        except ReachError:
            continue
    return False


def write_messages(scene: Scene, notebook: Notebook, sources: Iterable[Source]) -> None:
    """Write the messages that mean something, or that the kernel itself calls a warning."""
    sources = list(sources)
    lines = [line for source in sources for line in source.lines]
    # by nothing but the time: within a second the order of the source tells what belongs together
    told = _tell(sorted(lines, key=lambda line: line.time))
    groups: dict[tuple[str, str], list[_Told]] = defaultdict(list)
    for one in told:
        groups[one.template, one.message.cgroup if one.message else ""].append(one)
    earlier = _Earlier(sources)
    booted = read_ring_clock(scene.reach).booted
    # the newest kinds first, in case there are too many
    for group in sorted(groups.values(), key=lambda g: g[-1].line.time, reverse=True)[:_MOST_TEMPLATES]:
        before = sum(one.line.time < scene.since for one in group)
        if group[0].message is None and before < len(group) and not before:
            before = earlier.count(group[0].template)
        for one, omitted in _choose(group, scene.since):
            _write(notebook, one, omitted=omitted, seen_before=before, booted=booted)


def _tell(lines: Iterable[LogLine]) -> Iterator[_Told]:
    """Yield the messages worth telling; a victim's control group is taken from the line before it."""
    groups: dict[int | None, str] = {}
    for line in lines:
        message = classify(line.text)
        if message is None and (line.severity is None or line.severity > WARNING):
            continue
        if message is not None and message.name == _CONTEXT:
            if _LIMITED.search(line.text):  # else it names the victim's group, whose limit was not met
                groups[message.pid] = message.cgroup
            continue
        if message is not None and message.name == "oom-kill":
            group = groups.pop(message.pid, "") or groups.pop(None, "")
            message = replace(message, cgroup=group)
        yield _Told(line, message, find_template(line.text))


class _Earlier:
    """The templates of messages that mean nothing by themselves, worked out only when asked for."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._texts = [text for source in sources if source.kind == "file" for text in source.others]
        self._templates: Counter[str] | None = None

    def count(self, template: str) -> int:
        if self._templates is None:
            self._templates = Counter(find_template(text) for text in self._texts)
        return self._templates[template]


def _choose(group: list[_Told], since: datetime) -> Iterator[tuple[_Told, int]]:
    """Yield the first and the last ones, the first of the last with how many since then were left out."""
    last = _LAST if group[0].message else _LAST_UNKNOWN
    if len(group) <= _FIRST + last:
        yield from ((one, 0) for one in group)
        return
    yield from ((one, 0) for one in group[:_FIRST])
    left_out = sum(one.line.time >= since for one in group[_FIRST:-last])
    for number, one in enumerate(group[-last:]):
        yield one, left_out if number == 0 else 0


def _write(notebook: Notebook, one: _Told, *, omitted: int, seen_before: int, booted: datetime) -> None:
    line, message = one.line, one.message
    known: dict[str, Any] = {"class": message.name if message else "other"}
    if message is not None:
        known |= {
            "bystander": message.bystander,
            "device": make_plain(message.device, 64),
            "victim": make_plain(message.victim, 64),
            "cgroup": make_plain(message.cgroup),
        }
        known |= {} if message.pid is None else {"pid": message.pid}
    if line.severity is not None:
        known["severity"] = line.severity
    if line.stamp is not None:
        known["since_boot_seconds"] = line.stamp
    elif line.time >= booted:
        known["since_boot_seconds"] = (line.time - booted).total_seconds()
    if omitted:
        known["omitted"] = omitted
    notebook.event(
        "kernel.message",
        line.time,
        make_plain(line.text),
        source=line.source,
        template=make_plain(one.template),
        seen_before=seen_before,
        **{name: value for name, value in known.items() if value != ""},
    )
