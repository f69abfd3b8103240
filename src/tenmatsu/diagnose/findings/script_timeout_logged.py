"""The server gave scripts up that took too long: the error log says so."""

from tenmatsu.diagnose.web_lines import find_lines, judge_lines
from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Count the lines that say so, against the requests."""
    lines = find_lines(evidence, "script-timeout")
    return judge_lines(kind, evidence, lines, SEEN, QUIET)


SEEN = Words(
    "the server gave up waiting for scripts, {count:time|times}{share}: {text}",
    "サーバーがスクリプト待ちを打ち切り {count} 回{share}: {text}",
)
QUIET = Words(
    "the server gave up waiting for no script ({lines:line|lines} of error log read)",
    "時間切れのスクリプトはない (エラーログ {lines} 行を確認)",
)

KIND = FindingKind(
    id="script-timeout-logged",
    layer=Layer.APPLICATION,
    title=Words("The server gave up waiting for scripts", "スクリプトの時間切れ"),
    sights=("web_logs",),
    source='Apache 2.4 util_script.c and mod_cgi (AH01220); nginx ngx_http_upstream.c "upstream timed out"',
    judge=judge,
    harm=True,
    see=('grep -c "timed out" /var/log/apache2/error.log',),
)
