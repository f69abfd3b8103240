"""The web server's own processes crash: the error log says so."""

from tenmatsu.diagnose.web_lines import find_lines, judge_lines
from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Count the lines that say so, against the requests."""
    lines = find_lines(evidence, "child-crashed")
    return judge_lines(kind, evidence, lines, SEEN, QUIET)


SEEN = Words(
    "processes of the web server crashed, {count:time|times}{share}: {text}",
    "ウェブサーバーのプロセスが異常終了 {count} 回{share}: {text}",
)
QUIET = Words(
    "no process of the web server crashed ({lines:line|lines} of error log read)",
    "ウェブサーバーのプロセスの異常終了はない (エラーログ {lines} 行を確認)",
)

KIND = FindingKind(
    id="server-child-crashed",
    layer=Layer.WEB_SERVER,
    title=Words("The web server's processes crash", "ウェブサーバーのプロセスの異常終了"),
    sights=("web_logs",),
    source='Apache 2.4 mpm_common.c: AH00051, AH00052; nginx ngx_process.c "exited on signal"',
    judge=judge,
    harm=True,
    see=("grep -E 'exit signal|exited on signal' /var/log/apache2/error.log | tail",),
)
