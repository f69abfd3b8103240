"""Access and error logs of the web servers, read from `since` to the end of the window.

What was there before the window is read as it begins, the rest as it comes: at the end little is
left.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from urllib.parse import urlsplit

from tenmatsu.errors import ParseError, ReachError, TenmatsuError
from tenmatsu.model.words import Words
from tenmatsu.parse.web_settings import LogKind, choose_logs
from tenmatsu.parse.zone import parse_zone
from tenmatsu.sight.access_fold import AccessFold
from tenmatsu.sight.error_fold import ErrorFold
from tenmatsu.sight.local_zone import read_zone
from tenmatsu.sight.log_tail import MOST_BYTES
from tenmatsu.sight.rooted import Rooted
from tenmatsu.sight.scene import Notebook, Scene, Sight
from tenmatsu.sight.web_journal import read_web_journal
from tenmatsu.sight.web_log_places import LogPlace, find_log_places
from tenmatsu.sight.web_log_reading import AccessLog, ErrorLog, Log
from tenmatsu.sight.web_servers import WebServer, servers_of, settings_of

_LOOK_SECONDS = 2.0
# A request that ended with the window is written down shortly after it.
_SETTLE_SECONDS = 0.3
# Whether there are more requests than before can only be told from some time before. Netdata's
# metric correlation takes four times the window, which for a short one would hold too few requests.
_COMPARED = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class _Reading:
    """All that the logs are read into."""

    scene: Scene
    notebook: Notebook
    access: AccessFold
    errors: ErrorFold
    paths: set[str] = field(default_factory=set)


def look(scene: Scene, notebook: Notebook) -> None:
    """Find the logs, read what they hold, and follow them through the window."""
    reading = _Reading(
        scene=scene,
        notebook=notebook,
        access=AccessFold(scene.since, scene.start),
        errors=ErrorFold(scene.since),
    )
    logs = [log for server in servers_of(scene) for log in _open_logs(reading, server)]
    for log in logs:
        _read_history(reading, log)
    for now in scene.ticks(_LOOK_SECONDS):
        _read_on(reading, logs, now)
    if logs:
        time.sleep(_SETTLE_SECONDS)
        _read_on(reading, logs, scene.reach.now())
    reading.access.write(notebook)
    reading.errors.write(notebook)
    for log in logs:
        _write_log(reading, log)
    requests, lines = f"{reading.access.taken:,}", f"{reading.errors.taken:,}"
    notebook.read = READ.fill(logs=len(logs), requests=requests, lines=lines)


def _open_logs(reading: _Reading, server: WebServer) -> Iterator[Log]:
    try:
        settings = settings_of(reading.scene, server)
    except TenmatsuError as error:
        why = error.words
        reading.notebook.gap(LOGS_OF.fill(name=_name(server)), why, SIGHT.close_by)
        return
    zone = _zone_of(reading.scene, server)
    php = "fcgi" in settings.cgi_module or any("php" in one for one in settings.upstreams)
    for place in find_log_places(reading.scene.reach, server, choose_logs(settings.logs), php=php):
        if place.path in reading.paths:
            continue  # two servers may share php-fpm's
        try:
            yield from _open_log(reading, server, place, zone)
            reading.paths.update({place.path} - {""})
        except TenmatsuError as error:
            reading.notebook.gap(LOG.fill(log=place.name), error.words, SIGHT.close_by)


def _open_log(reading: _Reading, server: WebServer, place: LogPlace, zone: tzinfo) -> Iterator[Log]:
    reach = reading.scene.reach
    if place.gap is not None:
        if place.kind is LogKind.ERROR:
            _read_journal(reading, server, place, zone)
        else:
            reading.notebook.gap(LOG.fill(log=place.name), place.gap, TO_FILE)
    elif place.kind is LogKind.ACCESS:
        own_path = urlsplit(reading.scene.url).path or "/" if reading.scene.url else None
        yield AccessLog(reach, place, zone, reading.access, own_path)
    else:
        yield ErrorLog(reach, place, zone, reading.errors)


def _read_journal(reading: _Reading, server: WebServer, place: LogPlace, zone: tzinfo) -> None:
    """Read what goes to the journal instead of a file, once, or write down that nobody can."""
    scene = reading.scene
    try:
        lines = read_web_journal(scene.reach, server.cgroup, scene.since, zone)
    except (ReachError, ParseError):
        why = place.gap or Words("", "")
        reading.notebook.gap(LOG.fill(log=place.name), why, TO_FILE)
        return
    reading.errors.take(lines, JOURNAL)
    reading.notebook.event(
        "web.log", scene.start, kind="error", log__file__path=JOURNAL, state="journal", lines=len(lines)
    )


def _zone_of(scene: Scene, server: WebServer) -> tzinfo:
    """Return the zone in which a server writes: its container's, if it has one of its own."""
    if not server.root:
        return read_zone(scene)
    try:
        files = Rooted(scene.reach, server.pid, server.root)
        return parse_zone(files.read("/etc/localtime", 1 << 16))
    except (ReachError, ParseError):
        return UTC


def _read_history(reading: _Reading, log: Log) -> None:
    """Read what was there at the window's beginning, as far as the window's time allows."""
    scene = reading.scene
    compared = isinstance(log, AccessLog)
    since = min(scene.since, scene.start - _COMPARED) if compared else scene.since
    for number, block in enumerate(_guarded(reading, log, log.tail.history(since))):
        if number and not scene.left_seconds:
            log.tail.cut = True
            break
        log.take([block])
    log.flush(log.tail.modified)
    if log.tail.cut:
        reading.notebook.gap(LOG.fill(log=log.place.name), TOO_LONG, SHORTER)


def _read_on(reading: _Reading, logs: list[Log], now: datetime) -> None:
    for log in logs:
        log.take(_guarded(reading, log, log.tail.grown()))
        log.flush(now)


def _guarded(reading: _Reading, log: Log, blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield blocks; when a log stops to be readable, say so and go on without it."""
    try:
        yield from blocks
    except ReachError as error:
        reading.notebook.gap(LOG.fill(log=log.place.name), error.words, SIGHT.close_by)


def _write_log(reading: _Reading, log: Log) -> None:
    """Write down what a log was: also one that is empty, or that its server lost."""
    known = {"first": log.first, "last": log.last}
    reading.notebook.event(
        "web.log",
        log.last or reading.scene.start,
        kind=log.place.kind.value,
        log__file__path=log.place.path,
        state=log.place.state if log.tail.size_bytes or log.place.state != "open" else "empty",
        lines=log.lines,
        bad_lines=log.bad,
        own_lines=log.own,
        read_bytes=log.tail.read_bytes,
        **{key: time.isoformat() for key, time in known.items() if time is not None},
    )


def _name(server: WebServer) -> str:
    return f"{server.server} (pid {server.pid})"


JOURNAL = "journalctl"

READ = Words(
    "{logs:log|logs}, {requests:request|requests}, {lines:error line|error lines}",
    "ログ {logs} 個、リクエスト {requests} 件、エラー行 {lines} 行",
)
LOGS_OF = Words("the logs of {name}", "{name} のログ")
LOG = Words("the log {log}", "ログ {log}")
TO_FILE = Words(
    "run it as root, or join the group adm; a log that goes elsewhere is read there",
    "root で実行するかグループ adm に参加。他所へ出力されるログは出力先で確認",
)
TOO_LONG = Words(
    f"longer than can be read (newest {MOST_BYTES >> 20} MB, within the window)",
    f"長すぎて全部は読めません (新しい側 {MOST_BYTES >> 20} MB、観察時間内)",
)
SHORTER = Words("look back less far (--since), or longer (--for)", "--since を近く、または --for を長く")

SIGHT = Sight(
    name="web_logs",
    title=Words("web servers' logs", "ウェブサーバーのログ"),
    look=look,
    watches=True,
)
