"""What writes fails (posts, uploads, XML-RPC), while reading does not."""

import re
from collections.abc import Sequence

from tenmatsu.diagnose.failure_shares import (
    LEAST_FAILURES,
    Shares,
    compare_shares,
    ended_requests,
    failures_of,
    quiet_strength,
    strength_of,
)
from tenmatsu.diagnose.web_requests import pattern_of
from tenmatsu.model.evidence import Evidence, Transaction
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
# Where the log gives no method: what blogs are written through.
_WRITE_PATH = re.compile(r"/(xmlrpc\.php|mt-xmlrpc|mt-data-api|mt-atom|mt-comments|mt-tb|wp-comments-post)")
# Reads of the same script are compared where there are so many: others may be plain files, which hardly fail.
LEAST_READS = 5
# Then nothing but the writing differs; against other pages the script itself may be what fails.
OTHER_PAGES = 0.6


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Compare how often writes fail with how often reads do."""
    requests = ended_requests(evidence)
    writes, reads = _split(requests)
    failures = len(failures_of(requests))
    if failures < LEAST_FAILURES:
        gone = not requests and evidence.gaps_of(*kind.sights)
        return kind.unknown(evidence, None if gone else FEW.fill(count=failures))
    same = _of_same_script(writes, reads)
    shares = compare_shares(writes, same or reads)
    if not shares.can_tell:
        return kind.unknown(evidence, TOO_FEW.fill(writes=len(writes), reads=len(reads)))
    figures: Figures = {**shares.figures(), "same_script": bool(same)}
    if not shares.differs:
        strength = quiet_strength(shares.chance)
        return kind.absent(evidence, QUIET.fill(**_words(shares)), strength=strength, **figures)
    failed = failures_of(writes)
    return kind.present(
        evidence,
        (SEEN_OF_SAME if same else SEEN).fill(**_words(shares)),
        strength=strength_of(shares.chance) * (1.0 if same else OTHER_PAGES),
        since=failed[0].time,
        last=failed[-1].time,
        **figures,
    )


def is_write(request: Transaction) -> bool:
    """Tell whether a request changes something, by its method, else by its path."""
    if request.method:
        return request.method.upper() not in _READING
    return bool(_WRITE_PATH.search(request.path))


def _split(requests: Sequence[Transaction]) -> tuple[list[Transaction], list[Transaction]]:
    writes = [one for one in requests if is_write(one)]
    return writes, [one for one in requests if not is_write(one)]


def _of_same_script(writes: Sequence[Transaction], reads: Sequence[Transaction]) -> list[Transaction]:
    """Return the reads of what fails to be written; none where they are too few to compare."""
    failing = {pattern_of(one.path) for one in failures_of(writes)}
    same = [one for one in reads if pattern_of(one.path) in failing]
    return same if len(same) >= LEAST_READS else []


def _words(shares: Shares) -> dict[str, object]:
    return {
        "failed": shares.inside.failures,
        "writes": f"{shares.inside.total:,}",
        "reads_failed": shares.outside.failures,
        "reads": f"{shares.outside.total:,}",
    }


SEEN = Words(
    "writing fails ({failed} of {writes}), reading does not ({reads_failed} of {reads})",
    "書き込みは失敗 ({writes} 件中 {failed} 件)、読み出しは失敗しない ({reads} 件中 {reads_failed} 件)",
)
SEEN_OF_SAME = Words(
    "writing fails ({failed} of {writes}), reading by the same script does not ({reads_failed} of {reads})",
    "書き込みは失敗 ({writes} 件中 {failed} 件)、同じスクリプトでの読み出しは失敗しない"
    " ({reads} 件中 {reads_failed} 件)",
)
QUIET = Words(
    "reading and writing fail alike (writes: {failed} of {writes}, reads: {reads_failed} of {reads})",
    "失敗は書き込みに限らない (書き込み {writes} 件中 {failed} 件、読み出し {reads} 件中 {reads_failed} 件)",
)
FEW = Words("failures to compare: {count}, too few", "比較できる失敗が {count} 件だけ")
TOO_FEW = Words(
    "too few to compare (writes: {writes}, reads: {reads})",
    "比較には少なすぎます (書き込み {writes} 件、読み出し {reads} 件)",
)

KIND = FindingKind(
    id="fails-on-writes-only",
    layer=Layer.APPLICATION,
    title=Words("Only writing fails", "書き込みだけの失敗"),
    sights=("web_logs", "requests"),
    source="Fisher's exact test (Fisher 1922); methods: RFC 9110, 9.2.1",
    judge=judge,
    see=("awk '{print $6, $9}' /var/log/apache2/access.log | sort | uniq -c",),
)
