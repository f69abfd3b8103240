"""Kernel messages: from the ring buffer, then from the journal and files for what is older.

"Looked and found nothing", "could not look" and "the log itself stopped" are three different answers:
the first is a `kernel.log` event with its counts, the second a gap, the third shows in the newest lines
of the sources beside each other.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tenmatsu.errors import NotPermitted, ParseError, ReachError
from tenmatsu.model.words import Words
from tenmatsu.sight.kernel_log_files import find_log, read_history, read_part, read_tail
from tenmatsu.sight.kernel_log_sources import (
    RING,
    Source,
    find_ring_begin,
    has_journal,
    holds_since_start,
    read_journal,
    read_newest_of_journal,
    read_ring,
)
from tenmatsu.sight.kernel_log_writing import write_messages, write_sources
from tenmatsu.sight.scene import Notebook, Scene, Sight

_LOOK_BACK = timedelta(days=14)
_JOURNAL_SECONDS = 8.0
_MISSING_SECONDS = 60.0
_AT_END_SECONDS = 1.0  # a sight that watches has 1.5 s after the window's end


@dataclass(kw_only=True, slots=True)
class _Reading:
    """What was read so far. `ring` holds the records met at the start, empty where it cannot be read.

    `refused`: something was not permitted.
    """

    began: datetime
    sources: list[Source] = field(default_factory=list)
    ring: tuple[bytes, ...] = ()
    ring_begins: datetime | None = None
    refused: bool = False
    by_journal: bool = False
    log: str | None = None
    log_bytes: int = 0


def look(scene: Scene, notebook: Notebook) -> None:
    """Read what is old during the window, and the rest when it has ended."""
    since = min(scene.since, scene.start - _LOOK_BACK)
    reading = _Reading(began=scene.reach.now())
    _probe_ring(scene, reading)
    _read_journal(scene, reading, since)
    _read_files(scene, reading, since)
    scene.wait_for_end()
    if reading.ring:
        _read_ring(scene, notebook, reading)
    else:
        _read_rest(scene, reading)
    if not any(source.was_read for source in reading.sources):
        _say_why_not(notebook, reading)
        return
    _say_what_is_gone(scene, notebook, reading)
    write_sources(scene, notebook, reading.sources)
    write_messages(scene, notebook, reading.sources)
    count = sum(source.kernel_lines for source in reading.sources)
    notebook.read = Words(f"{count} kernel messages", f"カーネルメッセージ {count} 件")


def _probe_ring(scene: Scene, reading: _Reading) -> None:
    """Find whether the ring can be read, and since when it holds everything."""
    try:
        records = scene.reach.records(RING).lines
        if records:
            reading.ring_begins = find_ring_begin(scene.reach, records[0])
            reading.ring = records
    except NotPermitted:
        reading.refused = True
    except (ReachError, ParseError):
        return


def _read_journal(scene: Scene, reading: _Reading, since: datetime) -> None:
    """Read from the journal what is older than the ring, and when anybody last wrote into it."""
    if not has_journal(scene.reach):
        return
    until = reading.ring_begins or reading.began
    try:
        source = Source(name="journal", kind="journal", begins=until, ends=until)
        if since < until:
            source = read_journal(scene.reach, since, until, _JOURNAL_SECONDS)
        source.newest = read_newest_of_journal(scene.reach)
    except NotPermitted:
        reading.refused = True
    except ReachError:
        return
    else:
        reading.by_journal = source.newest is not None
        reading.sources.append(source)


def _read_files(scene: Scene, reading: _Reading, since: datetime) -> None:
    """Read from files what is older than the ring and the journal; at least see when they end."""
    reading.log = log = find_log(scene, since)
    if log is None:
        return
    covered = [source.begins for source in reading.sources if source.kernel_lines]
    until = min([reading.ring_begins or reading.began, *covered])
    try:
        reading.log_bytes = scene.reach.stat(log).size_bytes
        if since < until:
            reading.sources += read_history(scene, log, since, until)
        else:
            reading.sources.append(read_tail(scene, log))
    except NotPermitted:
        reading.refused = True
    except (ReachError, ParseError):
        return


def _read_ring(scene: Scene, notebook: Notebook, reading: _Reading) -> None:
    source, lost = read_ring(scene.reach, reading.ring)
    reading.sources.insert(0, source)
    if lost:
        notebook.gap(LOST, LOST_WHY, LOST_CLOSE)


def _read_rest(scene: Scene, reading: _Reading) -> None:
    """Without the ring: read what came during the window from the journal or the file."""
    now = scene.reach.now()
    try:
        if reading.by_journal:
            rest = read_journal(scene.reach, reading.began, now, _AT_END_SECONDS)
            rest.newest = rest.last
            reading.sources.insert(0, rest)
        elif reading.log:
            size = scene.reach.stat(reading.log).size_bytes
            offset = reading.log_bytes if size >= reading.log_bytes else 0  # rotated meanwhile
            text = scene.reach.read(reading.log, offset=offset)
            if text:
                reading.sources.append(read_part(scene, reading.log, text, reading.began, now))
    except (ReachError, ParseError):
        for source in reading.sources:
            source.complete = False


def _say_what_is_gone(scene: Scene, notebook: Notebook, reading: _Reading) -> None:
    """Write down a gap where nothing is left of a part of the time in question."""
    first = min((source for source in reading.sources if source.was_read), key=lambda one: one.begins)
    missing = (first.begins - scene.since).total_seconds()
    if missing > _MISSING_SECONDS:
        notebook.gap(GONE.fill(hours=f"{missing / 3600:.1f}"), *_why_gone(reading, first))


def _why_gone(reading: _Reading, first: Source) -> tuple[Words, Words]:
    """Return why nothing is older than the first of the sources, and what would close that gap."""
    if reading.refused:
        return REFUSED_WHY, SIGHT.close_by
    if not first.complete:
        return CUT_WHY.fill(name=first.name), CUT_CLOSE.fill(name=first.name)
    if first.kind == "ring" and holds_since_start(reading.ring[0]):
        return STARTED_WHY, STARTED_CLOSE
    return GONE_WHY, GONE_CLOSE


def _say_why_not(notebook: Notebook, reading: _Reading) -> None:
    if reading.refused:
        raise NotPermitted(RING)
    notebook.gap(SIGHT.title, NONE, NONE_CLOSE)


GONE = Words(
    "kernel messages of the first {hours} h of the time in question",
    "対象期間の最初の {hours} 時間のカーネルメッセージ",
)
GONE_WHY = Words(
    "newer ones have overwritten them in memory, and no journal or file keeps them",
    "メモリー上では新しいもので上書きされ、ジャーナルやファイルにも残っていません",
)
GONE_CLOSE = Words(
    "keep a journal: sudo mkdir -p /var/log/journal; or a longer memory: boot with log_buf_len=4M",
    "ジャーナルを残す: sudo mkdir -p /var/log/journal、または log_buf_len=4M で起動",
)
REFUSED_WHY = Words(
    "there may be some in logs that we have no permission to read",
    "読む権限のないログに残っている可能性があります",
)
CUT_WHY = Words(
    "{name} is too long to be read further back: a look must stay cheap",
    "{name} が大きく、負荷を抑えるため、それより前は読んでいません",
)
CUT_CLOSE = Words("look by hand: less {name}", "手で確認: less {name}")
STARTED_WHY = Words(
    "the machine was started only after that, and no journal or file keeps what its kernel said before",
    "その後に起動した機械であり、起動前のものはジャーナルにもファイルにも残っていません",
)
STARTED_CLOSE = Words(
    "for the next time, keep a journal (sudo mkdir -p /var/log/journal) or install rsyslog",
    "次回に備え、ジャーナルを残す (sudo mkdir -p /var/log/journal) か rsyslog を導入",
)
LOST = Words("some kernel messages of the window", "観察中のカーネルメッセージの一部")
LOST_WHY = Words(
    "they were overwritten before they could be read: the kernel wrote too many",
    "大量に出力されたため、読む前に上書きされました",
)
LOST_CLOSE = Words(
    "look again with a shorter window, or boot with log_buf_len=16M",
    "観察時間を短くして再実行するか、log_buf_len=16M で起動",
)
NONE = Words(
    "there is no kernel log here: no /dev/kmsg, journal or log file (a container does not see its host's)",
    "/dev/kmsg もジャーナルもログファイルもありません (コンテナーからはホストのログが見えません)",
)
NONE_CLOSE = Words(
    "look on the host that runs it: tenmatsu investigate", "ホスト側で tenmatsu investigate を実行"
)

SIGHT = Sight(
    name="kernel_log",
    title=Words("kernel messages", "カーネルメッセージ"),
    look=look,
    watches=True,
    close_by=Words(
        "run it as root: sudo tenmatsu investigate; where a journal or log files are kept, their group "
        "will do: sudo adduser YOURNAME adm",
        "root で実行: sudo tenmatsu investigate。ジャーナルかログファイルがあれば、そのグループでも可: "
        "sudo adduser ユーザー名 adm",
    ),
)
