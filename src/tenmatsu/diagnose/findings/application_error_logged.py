"""The application says itself that it fails: its own words in the error log."""

from dataclasses import replace

from tenmatsu.diagnose.web_lines import Lines, find_lines, judge_lines
from tenmatsu.model.evidence import Evidence, Outcome
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

# An error that no failed request goes with was caught by the application itself.
CAUGHT_STRENGTH = 0.4


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Count such lines. Users are harmed only if requests fail at all: some errors are caught."""
    lines = find_lines(evidence, "application-error")
    event = lines.most_frequent()
    finding = judge_lines(kind, evidence, lines, SEEN, QUIET, module=event.text("module") if event else "")
    return finding if not finding.harm or _fails(evidence, lines) else _harmless(finding)


def _fails(evidence: Evidence, lines: Lines) -> bool:
    """Tell whether requests failed in the time in which the lines were written."""
    if find_lines(evidence, "script-ended-early").count:
        return True
    return lines.first is not None and any(
        one.outcome is Outcome.FAILED and one.time >= evidence.since for one in evidence.transactions
    )


def _harmless(finding: Finding) -> Finding:
    return replace(finding, harm=False, strength=finding.strength * CAUGHT_STRENGTH)


SEEN = Words(
    "the application reports errors, {count:time|times}{share}, mostly: {text}",
    "アプリケーション自身がエラーを報告 {count} 回{share}。最多: {text}",
)
QUIET = Words(
    "the application reports no error of its own ({lines:line|lines} of error log read)",
    "アプリケーション自身のエラー報告はない (エラーログ {lines} 行を確認)",
)

KIND = FindingKind(
    id="application-error-logged",
    layer=Layer.APPLICATION,
    title=Words("The application reports errors", "アプリケーションのエラー報告"),
    sights=("web_logs",),
    source="perldiag; PHP and Python: first words of a fatal error",
    judge=judge,
    harm=True,
    see=("tail -n 50 /var/log/apache2/error.log",),
)
