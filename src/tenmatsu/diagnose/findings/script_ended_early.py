"""Scripts end before they have answered: the error log says so."""

from tenmatsu.diagnose.web_lines import find_lines, judge_lines
from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Count the lines that say so, against the requests."""
    lines = find_lines(evidence, "script-ended-early")
    return judge_lines(kind, evidence, lines, SEEN, QUIET)


SEEN = Words(
    "scripts ended before they had answered, {count:time|times}{share}: {text}",
    "応答前にスクリプトが終了 {count} 回{share}: {text}",
)
QUIET = Words(
    "no script ended before it had answered ({lines:line|lines} of error log read)",
    "応答前に終わったスクリプトはない (エラーログ {lines} 行を確認)",
)

KIND = FindingKind(
    id="script-ended-early",
    layer=Layer.APPLICATION,
    title=Words("Scripts end before they have answered", "応答前のスクリプト終了"),
    sights=("web_logs",),
    source="Apache 2.4 util_script.c; the same until 2.2: 'Premature end of script headers'",
    judge=judge,
    harm=True,
    see=('grep -c "End of script output before headers" /var/log/apache2/error.log',),
)
