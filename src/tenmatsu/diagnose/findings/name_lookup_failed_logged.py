"""Programs said that they could not resolve a name: the error log has it."""

from tenmatsu.diagnose.web_lines import find_lines, judge_lines
from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Count the lines that say so, against the requests."""
    lines = find_lines(evidence, "name-lookup")
    return judge_lines(kind, evidence, lines, SEEN, QUIET)


SEEN = Words(
    "names could not be resolved, {count:time|times}{share}: {text}",
    "名前を解決できず {count} 回{share}: {text}",
)
QUIET = Words(
    "nothing complained of name resolution ({lines:line|lines} of error log read)",
    "名前解決の失敗の訴えはない (エラーログ {lines} 行を確認)",
)

KIND = FindingKind(
    id="name-lookup-failed-logged",
    layer=Layer.DEPENDENCY,
    title=Words("Scripts cannot resolve names", "スクリプトの名前解決失敗"),
    sights=("web_logs",),
    source='gai_strerror(3); nginx ngx_resolver.c "could not be resolved"',
    judge=judge,
    see=("grep -iE 'name resolution|not known|not be resolved' /var/log/apache2/error.log | tail",),
)
