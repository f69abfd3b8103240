"""Attackers try what is not there: every public server sees it, and it explains nothing by itself."""

from tenmatsu.diagnose.web_lines import find_lines
from tenmatsu.diagnose.web_requests import access_logs_read, find_requests, runs_no_server
from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words, plain

LEAST_TRIES = 5


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Count the tries: bystanders, named so that nobody takes them for the cause."""
    if runs_no_server(evidence):
        return kind.absent(evidence, NO_SERVER)
    lines = find_lines(evidence, "attack")
    if not access_logs_read(evidence) and not lines.count:
        return kind.unknown(evidence)
    requests = find_requests(evidence)
    tries = [one for one in requests.whole if one.reason == "attack"]
    count = max(len(tries), lines.count)
    figures: Figures = {"tries": count, "requests": requests.total}
    if count < LEAST_TRIES:
        return kind.absent(evidence, QUIET.fill(count=count), **figures)
    path = tries[-1].path[:60] if tries else (lines.events[-1].body[:60] if lines.events else "")
    times = [one.time for one in tries] + [event.time for event in lines.events]
    return kind.present(
        evidence,
        SEEN.fill(count=count, total=f"{requests.total:,}", path=plain(path)),
        strength=0.5,
        since=min(times, default=None),
        last=max(times, default=None),
        **figures,
    )


SEEN = Words(
    "{count:try|tries} of attackers among {total:request|requests},"
    " turned away (last: {path}): usual, no cause",
    "リクエスト {total} 件中、攻撃の試み {count} 件を拒否 (最後: {path})。日常的なもので原因ではない",
)
QUIET = Words("{count:try|tries} of attackers", "攻撃の試みは {count} 件")
NO_SERVER = Words("no web server runs here", "ここではウェブサーバーが動いていません")

KIND = FindingKind(
    id="attack-noise",
    layer=Layer.CLIENT,
    title=Words("Attackers' tries", "攻撃の試み"),
    sights=("web_logs",),
    source="OWASP Core Rule Set: scanners-user-agents.data, restricted-files.data",
    judge=judge,
    see=("grep -E ' 40[034] ' /var/log/apache2/access.log | tail",),
)
