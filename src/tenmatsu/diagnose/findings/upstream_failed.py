"""What the server asks for answers (php-fpm, an application server) refuses or breaks off."""

from tenmatsu.diagnose.web_lines import find_lines, judge_lines
from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Count the lines that say so, against the requests."""
    lines = find_lines(evidence, "upstream")
    return judge_lines(kind, evidence, lines, SEEN, QUIET)


SEEN = Words(
    "the server behind this one did not answer, {count:time|times}{share}: {text}",
    "背後のサーバーが応答せず {count} 回{share}: {text}",
)
QUIET = Words(
    "every server behind this one answered ({lines:line|lines} of error log read)",
    "背後のサーバーは応答している (エラーログ {lines} 行を確認)",
)

KIND = FindingKind(
    id="upstream-failed",
    layer=Layer.APPLICATION,
    title=Words(
        "The application server behind it does not answer", "背後のアプリケーションサーバーが応答しない"
    ),
    sights=("web_logs",),
    source="Apache mod_proxy (AH00957, AH01079, AH01102); nginx ngx_http_upstream.c",
    judge=judge,
    harm=True,
    see=("grep -iE 'upstream|backend|attempt to connect' /var/log/apache2/error.log | tail",),
)
