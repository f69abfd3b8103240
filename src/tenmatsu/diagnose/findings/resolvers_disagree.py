"""Two configured resolvers give different answers to the same question."""

from collections import defaultdict

from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Compare the response codes; records may rightly differ (round robin, geography)."""
    answers: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for lookup in evidence.find_events("dns.lookup"):
        if lookup.text("code") in ("NOERROR", "NXDOMAIN"):
            name = lookup.text("dns.question.name")
            answers[name][lookup.text("server.address")].add(lookup.text("code"))
    if not answers:
        return kind.unknown(evidence)
    split = [
        name for name, by in answers.items() if len(by) > 1 and len({frozenset(v) for v in by.values()}) > 1
    ]
    if max(len(by) for by in answers.values()) < 2:
        return kind.absent(evidence, ONE)
    if not split:
        return kind.absent(evidence, QUIET.fill(names=len(answers)), names=len(answers))
    return kind.present(evidence, SEEN.fill(names=", ".join(split)), strength=0.6, names=len(split))


SEEN = Words("the resolvers disagree on {names}", "リゾルバー間で {names} の回答が食い違う")
QUIET = Words("the resolvers agree on {names:name|names}", "リゾルバーの回答は {names} 個の名前で一致")
ONE = Words("only one resolver answered: nothing to compare", "応答したリゾルバーは 1 個だけで比較対象なし")

KIND = FindingKind(
    id="resolvers-disagree",
    layer=Layer.DEPENDENCY,
    title=Words("Resolvers disagree", "リゾルバーの食い違い"),
    sights=("name_resolution",),
    source="response codes, RFC 1035 section 4.1.1",
    judge=judge,
    see=("cat /etc/resolv.conf",),
)
