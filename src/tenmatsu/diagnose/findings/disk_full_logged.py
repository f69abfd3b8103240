"""Programs said that the disk is full: the error log has it."""

from tenmatsu.diagnose.web_lines import find_lines, judge_lines
from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Count the lines that say so, against the requests."""
    lines = find_lines(evidence, "disk-full")
    return judge_lines(kind, evidence, lines, SEEN, QUIET)


SEEN = Words(
    "writing failed for want of room, {count:time|times}{share}: {text}",
    "空き容量がなく書き込みに失敗 {count} 回{share}: {text}",
)
QUIET = Words(
    "nothing complained of a full disk ({lines:line|lines} of error log read)",
    "ディスク満杯の訴えはない (エラーログ {lines} 行を確認)",
)

KIND = FindingKind(
    id="disk-full-logged",
    layer=Layer.GUEST_KERNEL,
    title=Words("Scripts find the disk full", "スクリプトがディスク満杯を報告"),
    sights=("web_logs",),
    source='ENOSPC and EDQUOT, errno(3); SQLite "database or disk is full"',
    judge=judge,
    harm=True,
    see=("grep -iE 'no space left|disk is full' /var/log/apache2/error.log | tail",),
)
