"""Kernel messages in files of syslog, rotated and compressed ones too."""

import re
import time
from datetime import datetime, timedelta

from tenmatsu.errors import ParseError, ReachError
from tenmatsu.parse.syslog import SyslogPart, parse_syslog
from tenmatsu.sight.kernel_log_sources import LogLine, Source
from tenmatsu.sight.local_zone import read_zone
from tenmatsu.sight.scene import Scene

# The kernel's own file where the daemon keeps one (Debian), else the mixed one: Red Hat and SUSE call it
# messages, Debian without kern.log syslog.
_FILES = ("/var/log/kern.log", "/var/log/messages", "/var/log/syslog")
_ROTATED = re.compile(r"(?:\.\d+|-\d{8,})?(?:\.(?:gz|xz|bz2))?$")
_MOST_BYTES = 32 << 20
_MOST_OF_A_PART_BYTES = 8 << 20  # 40,000 lines of a firewall cost 0.1 s
# A look may cost 5 % of a core in all: old logs get a tenth of that of a window of 20 s.
_MOST_CPU_SECONDS = 0.1
_TAIL_BYTES = 256 << 10


def find_log(scene: Scene, since: datetime) -> str | None:
    """Return the log file that holds the kernel's messages, None where there is none.

    One that was not written to since then may be left over from a daemon that is gone: another goes first.
    """
    found = []
    for path in _FILES:
        try:
            found.append((scene.reach.stat(path).modified < since, _FILES.index(path), path))
        except ReachError:
            continue
    return min(found)[2] if found else None


def read_history(scene: Scene, path: str, since: datetime, until: datetime) -> list[Source]:
    """Return what a log and its rotated parts hold of a time, newest part first.

    Raises: ReachError where the newest part cannot be read; an older one that cannot ends the reading.
    """
    began, left = time.thread_time(), _MOST_BYTES
    found: list[Source] = []
    for part in _parts(scene, path, since):
        if left <= 0 or time.thread_time() - began > _MOST_CPU_SECONDS:
            found[-1].complete = False
            break
        try:
            text = scene.reach.read_unpacked(part, limit_bytes=min(left, _MOST_OF_A_PART_BYTES))
            source = read_part(scene, part, text, since, until)
            source.complete = len(text) < _MOST_OF_A_PART_BYTES
        except (ReachError, ParseError):
            if not found:
                raise
            found[-1].complete = False
            break
        left -= len(text)
        found.append(source)
        if not source.complete:
            break  # what is older would leave a hole
    return found


def _parts(scene: Scene, path: str, since: datetime) -> list[str]:
    """Return the log and its rotated parts that were written to since then, newest first."""
    dated = []
    for part in scene.reach.glob(f"{path}*"):
        if not _ROTATED.fullmatch(part.removeprefix(path)):
            continue
        try:
            stat = scene.reach.stat(part)
        except ReachError:
            continue  # rotated away between the listing and the look
        if part == path or (stat.is_file and stat.modified >= since):
            dated.append((part != path, -stat.modified.timestamp(), part))
    return [part for _, _, part in sorted(dated)]


def read_part(scene: Scene, path: str, text: bytes, since: datetime, until: datetime) -> Source:
    """Return what one part holds of a time.

    Raises: ReachError where it is gone; ParseError where it is no syslog.
    """
    modified = scene.reach.stat(path).modified
    source = Source(name=path, kind="file", begins=until, ends=min(until, modified))
    part = parse_syslog(text, modified=modified, zone=read_zone(scene), keep=source.wants(None))
    source.begins = part.first or until
    source.newest, source.first, source.last = part.last, part.first_kernel, part.last_kernel
    source.kernel_lines = _count(part, since, until)
    source.lines = [
        LogLine(line.time, line.severity, line.stamp, line.text, path)
        for line in part.lines
        if since <= line.time < until
    ]
    return source


def _count(part: SyslogPart, since: datetime, until: datetime) -> int:
    """Return how many kernel lines of a part lie in a time, taken as even where it lies in part."""
    if part.first_kernel is None or part.last_kernel is None:
        return 0
    whole = (part.last_kernel - part.first_kernel).total_seconds()
    within = (min(until, part.last_kernel) - max(since, part.first_kernel)).total_seconds()
    share = 1.0 if whole <= 0 else within / whole
    return round(part.kernel_lines * max(0.0, min(1.0, share)))


def read_tail(scene: Scene, path: str) -> Source:
    """Return the end of a log: only when it was last written to, and by the kernel.

    Raises: ReachError, ParseError.
    """
    size = scene.reach.stat(path).size_bytes
    text = scene.reach.read(path, offset=max(0, size - _TAIL_BYTES), limit_bytes=_TAIL_BYTES)
    modified = scene.reach.stat(path).modified
    part = parse_syslog(text, modified=modified, zone=read_zone(scene), keep=lambda _: False)
    return Source(
        name=path,
        kind="file",
        begins=modified,
        ends=modified,
        first=part.first_kernel,
        last=part.last_kernel,
        newest=part.last or modified,
    )


def find_newest_of_others(scene: Scene, path: str) -> datetime | None:
    """Return when any other log of this machine was last written to."""
    newest = None
    for other in scene.reach.glob("/var/log/*") + scene.reach.glob("/var/log/*/*.log"):
        if other.startswith(path):
            continue
        try:
            stat = scene.reach.stat(other)
        except ReachError:
            continue
        if stat.is_file and stat.modified <= scene.reach.now() + timedelta(seconds=1):
            newest = max(newest or stat.modified, stat.modified)
    return newest
