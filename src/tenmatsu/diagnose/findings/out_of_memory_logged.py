"""Programs said that they got no memory: the error log has it."""

from tenmatsu.diagnose.web_lines import find_lines, judge_lines
from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Count the lines that say so, against the requests."""
    lines = find_lines(evidence, "out-of-memory")
    return judge_lines(kind, evidence, lines, SEEN, QUIET)


SEEN = Words(
    "scripts got no memory, {count:time|times}{share}: {text}",
    "スクリプトがメモリーを確保できず {count} 回{share}: {text}",
)
QUIET = Words(
    "no script complained of memory ({lines:line|lines} of error log read)",
    "メモリー不足の訴えはない (エラーログ {lines} 行を確認)",
)

KIND = FindingKind(
    id="out-of-memory-logged",
    layer=Layer.APPLICATION,
    title=Words("Scripts run out of memory", "スクリプトのメモリー不足"),
    sights=("web_logs",),
    source='perldiag "Out of memory!"; PHP "Allowed memory size"; ENOMEM, errno(3)',
    judge=judge,
    harm=True,
    see=("grep -iE 'out of memory|cannot allocate memory' /var/log/apache2/error.log | tail",),
)
