"""Where kernel messages can be read: the ring buffer, the journal, files of syslog.

Each gives the same: the messages that may mean something, how many there were, and the time that the
source covers. Only what the table knows or what the kernel itself calls a warning is kept.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from tenmatsu.errors import NotPermitted, NotThere, ParseError, ReachError
from tenmatsu.parse.journal import JournalLine, parse_journal
from tenmatsu.parse.kernel_messages import classify, is_report_detail
from tenmatsu.parse.kmsg import KmsgRecord, parse_kmsg_record
from tenmatsu.reach import Clocks, Reach

WARNING = 4  # severities up to this are warnings and worse (RFC 5424, table 2)
RING = "/dev/kmsg"
_JOURNALS = ("/var/log/journal", "/run/log/journal")
_MOST_OTHERS = 20_000


class LogLine(NamedTuple):
    """A kernel message. `stamp` in seconds since boot where told; `source` names where it was read."""

    time: datetime
    severity: int | None
    stamp: float | None
    text: str
    source: str


@dataclass(kw_only=True, slots=True)
class Source:
    """What one source gave. `kind` is `ring`, `journal` or `file`.

    It holds all messages from `begins` to `ends`. `first` and `last` are the times of its first and last
    kernel message, `newest` of anybody's. `others` are the texts of messages that mean nothing by
    themselves, for comparison. `complete` is False where a limit cut it short.
    """

    name: str
    kind: str
    begins: datetime
    ends: datetime
    lines: list[LogLine] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    kernel_lines: int = 0
    first: datetime | None = None
    last: datetime | None = None
    newest: datetime | None = None
    complete: bool = True

    @property
    def was_read(self) -> bool:
        """Tell whether it tells of the kernel: of files only the end may have been looked at."""
        return self.kernel_lines > 0 or (self.kind == "journal" and self.begins < self.ends)

    def wants(self, severity: int | None) -> Callable[[str], bool]:
        """Return what tells by a message's text whether it is to be kept."""

        def keep(text: str) -> bool:
            if is_report_detail(text) or (" OUT=" in text and "IN=" in text):  # a firewall's, by the thousand
                return False
            if classify(text) is not None or (severity is not None and severity <= WARNING):
                return True
            if len(self.others) < _MOST_OTHERS:
                self.others.append(text)
            return False

        return keep


@dataclass(kw_only=True, slots=True)
class RingClock:
    """Turns the kernel's stamps into times.

    The stamps are the scheduler clock's, which stands still during suspension. Where the hypervisor
    gives the clock (KVM, Xen) it follows the corrected monotonic clock, elsewhere the raw one.
    """

    clocks: Clocks
    corrected: bool

    def date(self, stamp: float) -> datetime:
        """Return the time of a stamp; right for messages since the last suspension."""
        now = self.clocks.monotonic if self.corrected else self.clocks.raw
        return datetime.fromtimestamp(self.clocks.real - (now - stamp), UTC)

    @property
    def booted(self) -> datetime:
        """Return when the machine was started."""
        return datetime.fromtimestamp(self.clocks.real - self.clocks.boot, UTC)

    @property
    def uncertain_seconds(self) -> float:
        """Return by how much a stamp's time may be off: time suspended, and drift of the clocks."""
        suspended = max(0.0, self.clocks.boot - self.clocks.monotonic)
        return suspended + abs(self.clocks.monotonic - self.clocks.raw)


def read_ring_clock(reach: Reach) -> RingClock:
    """Return the clock to date the ring's stamps by."""
    try:
        known = reach.read("/sys/devices/system/clocksource/clocksource0/available_clocksource")
    except ReachError:
        known = b""
    return RingClock(clocks=reach.clocks(), corrected=b"kvm-clock" in known or b"xen" in known)


def find_ring_begin(reach: Reach, oldest: bytes) -> datetime:
    """Return since when the ring holds everything, by its oldest record."""
    clock = read_ring_clock(reach)
    record = parse_kmsg_record(oldest)
    return clock.booted if record.sequence == 0 else clock.date(record.stamp)


def holds_since_start(oldest: bytes) -> bool:
    """Tell by the ring's oldest record whether nothing since the machine's start was overwritten."""
    return parse_kmsg_record(oldest).sequence == 0


def read_ring(reach: Reach, earlier: Sequence[bytes] = ()) -> tuple[Source, bool]:
    """Return the ring's messages and whether some were overwritten before they could be read.

    Args:
        reach: the machine.
        earlier: records of an earlier reading, for those that were overwritten since.

    Raises: ReachError where the ring cannot be read or gives nothing.
    """
    clock = read_ring_clock(reach)
    read = reach.records(RING)
    records = _parse(read.lines)
    if not records:
        raise NotThere(RING)
    before, lost = _find_overwritten(earlier, records[0].sequence)
    records = before + records
    whole = records[0].sequence == 0
    source = Source(
        name=RING,
        kind="ring",
        begins=clock.booted if whole else clock.date(records[0].stamp),
        ends=datetime.fromtimestamp(clock.clocks.real, UTC),
    )
    _take(source, clock, [record for record in records if record.facility == 0])
    return source, lost or read.lost


def _find_overwritten(earlier: Sequence[bytes], oldest: int) -> tuple[list[KmsgRecord], bool]:
    """Return the earlier records that are gone by now, and whether others went unread."""
    ends = _parse((*earlier[:1], *earlier[-1:]))
    if not ends or ends[0].sequence >= oldest:
        return [], False
    before = [one for one in _parse(earlier) if one.sequence < oldest]
    return before, ends[-1].sequence + 1 < oldest


def _parse(lines: Sequence[bytes]) -> list[KmsgRecord]:
    found = []
    for line in lines:
        try:
            found.append(parse_kmsg_record(line))
        except ParseError:
            continue  # a console or a file in the ring's place, as some containers have it
    return found


def _take(source: Source, clock: RingClock, records: Sequence[KmsgRecord]) -> None:
    source.kernel_lines = len(records)
    if records:
        source.first, source.last = clock.date(records[0].stamp), clock.date(records[-1].stamp)
        source.newest = source.last
    keeps = [source.wants(severity) for severity in range(8)]
    for record in records:
        if keeps[record.severity](record.text):
            when = clock.date(record.stamp)
            source.lines.append(LogLine(when, record.severity, record.stamp, record.text, source.name))


def has_journal(reach: Reach) -> bool:
    """Tell whether there is a journal to be read, by us or by someone with more rights."""
    for folder in _JOURNALS:
        try:
            if reach.names(folder):
                return True
        except ReachError:
            continue
    return False


def read_journal(reach: Reach, since: datetime, until: datetime, limit_seconds: float) -> Source:
    """Return the journal's kernel messages of a time.

    Raises: ReachError where there is no journalctl, it may not be read, or it takes too long.
    """
    # Not -k: that means this boot only.
    entries = _ask_journal(
        reach,
        limit_seconds,
        "_TRANSPORT=kernel",
        f"--since=@{since.timestamp():.0f}",
        f"--until=@{until.timestamp():.0f}",
    )
    times = [datetime.fromtimestamp(entry.time, UTC) for entry in (entries[:1] + entries[-1:])]
    source = Source(
        name="journal",
        kind="journal",
        begins=times[0] if times else until,
        ends=until,
        kernel_lines=len(entries),
        first=times[0] if times else None,
        last=times[-1] if times else None,
    )
    keeps = [source.wants(severity) for severity in range(8)]
    for entry in entries:
        severity = entry.severity if entry.severity is not None else 6
        if keeps[severity](entry.text):
            when = datetime.fromtimestamp(entry.time, UTC)
            source.lines.append(LogLine(when, severity, entry.stamp, entry.text, source.name))
    return source


def read_newest_of_journal(reach: Reach) -> datetime | None:
    """Return when anybody last wrote into the journal, None where it is empty."""
    entries = _ask_journal(reach, 3.0, "--lines=1")
    return datetime.fromtimestamp(entries[-1].time, UTC) if entries else None


def _ask_journal(reach: Reach, limit_seconds: float, *words: str) -> list[JournalLine]:
    began = time.monotonic()
    fields = "--output-fields=MESSAGE,PRIORITY,_SOURCE_MONOTONIC_TIMESTAMP,SYSLOG_IDENTIFIER"
    command = ("journalctl", "--output=json", "--no-pager", *words)
    answer = reach.run((*command, fields), limit_seconds=limit_seconds)
    if answer.code and b"output-fields" in answer.err:  # before systemd 236
        left = max(0.1, limit_seconds - (time.monotonic() - began))
        answer = reach.run(command, limit_seconds=left)
    if not answer.out.strip() and (b"permission" in answer.err or b"not seeing" in answer.err):
        raise NotPermitted("journalctl")
    try:
        return parse_journal(answer.out)
    except ParseError as odd:
        raise ReachError("journalctl", odd.words) from odd
