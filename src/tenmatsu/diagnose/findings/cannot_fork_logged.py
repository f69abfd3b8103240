"""The server could not start processes: the error log says so."""

from tenmatsu.diagnose.web_lines import find_lines, judge_lines
from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Count the lines that say so, against the requests."""
    lines = find_lines(evidence, "cannot-fork")
    return judge_lines(kind, evidence, lines, SEEN, QUIET)


SEEN = Words(
    "processes could not be started, {count:time|times}{share}: {text}",
    "プロセスを起動できず {count} 回{share}: {text}",
)
QUIET = Words(
    "no process that could not be started ({lines:line|lines} of error log read)",
    "起動できなかったプロセスはない (エラーログ {lines} 行を確認)",
)

KIND = FindingKind(
    id="cannot-fork-logged",
    layer=Layer.GUEST_USERLAND,
    title=Words("Processes cannot be started", "プロセスを起動できない"),
    sights=("web_logs",),
    source="Apache 2.4: AH01223 (mod_cgi), AH01252 (mod_cgid), AH00159, AH00481 (MPMs); fork(2), EAGAIN",
    judge=judge,
    harm=True,
    see=("grep -E 'child process|Unable to fork' /var/log/apache2/error.log | tail",),
)
