"""A log stopped while others went on: that it shows nothing then proves nothing."""

from tenmatsu.diagnose.kernel_reading import read_time
from tenmatsu.diagnose.spans import spoken_span
from tenmatsu.model.evidence import Event, Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words, plain

# A mixed log of a living server gets a line each hour at least (cron, timers, log-ins); six are no pause.
SILENT_SECONDS = 6 * 3600.0


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Compare the newest line of each log with the kernel's ring buffer and with other logs."""
    logs = evidence.find_events("kernel.log")
    if not logs:
        return kind.unknown(evidence)
    written = [log for log in logs if log.text("kind") != "ring"]
    stopped = [(log, behind) for log in written if (behind := _find_lag(log, written)) > 0]
    if not stopped:
        return kind.absent(evidence, QUIET.fill(count=len(logs)), logs=len(logs))
    log, behind = max(stopped, key=lambda pair: pair[1])
    return kind.present(
        evidence,
        SEEN.fill(log=plain(log.text("source")), span=spoken_span(behind)),
        since=read_time(log, "newest"),
        log=log.text("source"),
        behind_seconds=round(behind),
    )


def _find_lag(log: Event, written: list[Event]) -> float:
    """Return by how many seconds a log is behind, 0 where it is not."""
    if log.text("kind") == "file" and _is_left_over(log, written):
        return 0.0
    missing = log.number("missing_seconds") or 0.0
    newest, others = read_time(log, "newest"), read_time(log, "others_newest")
    if newest and others and not log.text("source").endswith("kern.log"):
        silent = (others - newest).total_seconds()
        missing = max(missing, silent if silent > SILENT_SECONDS else 0.0)
    return missing


def _is_left_over(log: Event, written: list[Event]) -> bool:
    """Tell whether the journal has taken a file's place: no daemon writes it any more, on purpose."""
    journal = any(other.text("kind") == "journal" for other in written)
    return journal and log.attributes.get("daemon") is False


SEEN = Words(
    "{log} stopped: it is {span} behind what went on elsewhere; silence there proves nothing",
    "{log} が停止している: 他より {span}遅れ。そこに何も無くても証拠にならない",
)
QUIET = Words("none of {count:log|logs} stopped", "{count} 個のログに停止したものなし")

KIND = FindingKind(
    id="kernel-log-stopped",
    layer=Layer.GUEST_USERLAND,
    title=Words("A log stopped", "ログの停止"),
    sights=("kernel_log",),
    source="the ring buffer's newest message against the log's; see the comments in kernel_log_stopped.py",
    judge=judge,
    see=("tail -n 1 /var/log/syslog", "systemctl status rsyslog systemd-journald", "df -h /var/log"),
)
