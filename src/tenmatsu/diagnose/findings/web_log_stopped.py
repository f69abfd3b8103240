"""A web server's log stopped while the server went on: that it shows nothing then proves nothing."""

import shlex
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from tenmatsu.diagnose.spans import spoken_span
from tenmatsu.model.evidence import Event, Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words, plain

# A request is written down when it ends; buffered logs (BufferedLogs, nginx `buffer=`) some seconds
# later.
LATE = timedelta(seconds=5)
_HERE = ("localhost", "127.", "::1")


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Look for requests that were surely served here and are in no access log, and for lost files."""
    logs = evidence.find_events("web.log")
    if not logs:
        return kind.unknown(evidence)
    lost = next((one for one in logs if one.text("state") == "deleted"), None)
    if lost is not None:
        return _say(kind, evidence, lost, LOST.fill(log=plain(lost.text("log.file.path"))))
    access = [one for one in logs if one.text("kind") == "access"]
    served = _last_served(evidence)
    if not access or served is None:
        return kind.absent(evidence, QUIET.fill(count=len(logs)), strength=0.5, logs=len(logs))
    written = max((time for one in access if (time := _read_time(one, "last"))), default=None)
    if written is not None and served - written <= LATE:
        return kind.absent(evidence, QUIET.fill(count=len(logs)), logs=len(logs))
    behind = (served - (written or evidence.since)).total_seconds()
    words = SEEN.fill(log=plain(access[0].text("log.file.path")), span=spoken_span(behind))
    return _say(kind, evidence, access[0], words, since=written)


def _say(
    kind: FindingKind, evidence: Evidence, log: Event, words: Words, since: datetime | None = None
) -> Finding:
    path = shlex.quote(log.text("log.file.path"))
    see = (f"ls -l {path}; tail -n 1 {path}", f"df -h {path}")
    return kind.present(evidence, words, since=since, see=see, log=log.text("log.file.path"))


def _last_served(evidence: Evidence) -> datetime | None:
    """Return when the last request began that was served here for sure, and was over in time.

    By a script that ran, or by our own asking. Apache's log has the time of a request's beginning.
    """
    spans = [
        (event.time - timedelta(seconds=event.number("lived_seconds") or 0.0), event.time)
        for event in evidence.find_events("process.cgi")
        if event.text("kind") == "cgi" and event.attributes.get("ended") is True
    ]
    if (urlsplit(evidence.asked_url or "").hostname or "").startswith(_HERE):
        spans += [
            (one.time, one.time + timedelta(seconds=one.duration_seconds or 0.0))
            for one in evidence.made_by("probe")
            if one.status is not None
        ]
    # What ended just before the end may not be written down yet.
    return max((begin for begin, end in spans if end < evidence.window.end - LATE / 2), default=None)


def _read_time(event: Event, name: str) -> datetime | None:
    try:
        return datetime.fromisoformat(event.text(name))
    except ValueError:
        return None


SEEN = Words(
    "{log} is {span} behind what was served: silence there proves nothing",
    "{log} が実際の処理より {span}遅れ。そこに何も無くても証拠にならない",
)
LOST = Words(
    "the server still writes into {log}, a deleted file: rotated without a reload",
    "サーバーが削除済みファイル {log} に書き込み中 (再読み込みなしのローテーション)",
)
QUIET = Words("none of {count:log|logs} stopped", "{count} 個のログに停止したものなし")

KIND = FindingKind(
    id="web-log-stopped",
    layer=Layer.WEB_SERVER,
    title=Words("A web server's log stopped", "ウェブサーバーのログの停止"),
    sights=("web_logs", "cgi", "requests"),
    source="scripts that ran and own requests against the access log; /proc/PID/fd (proc(5))",
    judge=judge,
    see=("ls -l /var/log/apache2; tail -n 1 /var/log/apache2/access.log", "df -h /var/log"),
)
