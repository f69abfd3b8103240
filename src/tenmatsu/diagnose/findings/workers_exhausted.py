"""The web server has no worker left: it says so, or connections wait while all workers are taken."""

from tenmatsu.diagnose.web_lines import find_lines, say_no_lines, see_lines, strength_of
from tenmatsu.diagnose.web_load import WebLoad, find_web_load
from tenmatsu.diagnose.web_requests import runs_no_server
from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words, plain

# Apache says it once and then never again until it is restarted: an old line tells of that time
# only.
OLD_LINE_STRENGTH = 0.3


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Look for the server's own words, and at workers, scripts and queues during the window."""
    if runs_no_server(evidence):
        return say_no_lines(kind, evidence, QUIET)
    load, lines = find_web_load(evidence), find_lines(evidence, "out-of-workers")
    figures = _figures(load, lines.count)
    event = lines.most_frequent()
    if load.is_exhausted:
        words = FULL.fill(
            most=load.most_workers or "?", waiting=f"{load.waiting:.0f}", scripts=_scripts(load)
        )
        return kind.present(evidence, words, since=lines.first, last=evidence.window.end, **figures)
    if event is not None:
        old = load.queued is not None and not lines.in_window
        return kind.present(
            evidence,
            SAID.fill(count=lines.count, text=plain(event.body[:90]), waiting=f"{load.most_waiting:.0f}"),
            strength=OLD_LINE_STRENGTH if old else strength_of(lines),
            harm=lines.in_window > 0,
            since=lines.first,
            last=lines.last,
            see=see_lines(event),
            **figures,
        )
    if load.queued is None and load.full is None:
        return say_no_lines(kind, evidence, QUIET)
    words = QUIET_LOAD.fill(scripts=_scripts(load), waiting=f"{load.most_waiting:.0f}")
    return kind.absent(evidence, words, strength=1.0 if load.queued is not None else 0.6, **figures)


def _scripts(load: WebLoad) -> str:
    return f"{load.most_scripts:.0f}"


def _figures(load: WebLoad, lines: int) -> Figures:
    return {
        "lines": lines,
        "most_workers": load.most_workers or 0,
        "most_scripts": int(load.most_scripts),
        "mean_waiting": round(load.waiting, 2),
        "queued_ratio": round(load.queued or 0.0, 3),
    }


FULL = Words(
    "all {most} workers are taken ({scripts:script|scripts} at a time),"
    " and {waiting:connection waits|connections wait} for one",
    "ワーカー {most} 個がすべて使用中 (同時スクリプト {scripts} 個)、接続 {waiting} 件が待機",
)
SAID = Words(
    "the server says that it has no worker left, {count:time|times}: {text} (now waiting: {waiting})",
    "ワーカー不足をサーバーが {count} 回記録: {text} (現在の待ち {waiting} 件)",
)
QUIET_LOAD = Words(
    "workers are free (at most {scripts:script|scripts} at a time, {waiting:connection|connections} waiting)",
    "ワーカーに空きあり (同時スクリプト最大 {scripts} 個、待ち {waiting} 件)",
)
QUIET = Words(
    "the server never said that workers ran out ({lines:line|lines} of error log read)",
    "ワーカー不足の記録はない (エラーログ {lines} 行を確認)",
)

KIND = FindingKind(
    id="workers-exhausted",
    layer=Layer.WEB_SERVER,
    title=Words("No worker is left", "ワーカー不足"),
    sights=("web_logs", "web_servers", "cgi", "sockets"),
    source="Apache prefork AH00161, event AH00484, MaxRequestWorkers; nginx worker_connections; php-fpm",
    judge=judge,
    harm=True,
    see=("grep -E 'MaxRequestWorkers|MaxClients|max_children' /var/log/apache2/error.log", "ss -ltn"),
)
