"""A configured resolver does not answer, or answers only with errors."""

from collections import defaultdict
from shlex import quote

from tenmatsu.model.evidence import Event, Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

FAILING_SHARE = 0.3


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Look at the share of queries that each resolver left without a usable answer."""
    lookups = evidence.find_events("dns.lookup")
    if not lookups:
        config = evidence.latest("dns.config")
        return (
            kind.absent(evidence, NONE) if config and not config.number("count") else kind.unknown(evidence)
        )
    by_server: dict[str, list[Event]] = defaultdict(list)
    for lookup in lookups:
        by_server[lookup.text("server.address")].append(lookup)
    shares = {server: _failing_share(asked) for server, asked in by_server.items()}
    bad = [server for server, share in shares.items() if share >= FAILING_SHARE]
    if not bad:
        return kind.absent(
            evidence, QUIET.fill(count=len(shares), queries=len(lookups)), queries=len(lookups)
        )
    # The C library asks in order: a dead first one delays every look-up by 5 s, a dead last one none.
    order = (evidence.latest("dns.config") or lookups[0]).text("servers").split(", ")
    first = len(bad) == len(shares) or (order and order[0] in bad)
    worst = max(bad, key=lambda server: shares[server])
    return kind.present(
        evidence,
        SEEN.fill(
            servers=", ".join(bad),
            share=f"{shares[worst]:.0%}",
            code=_commonest(by_server[worst]),
            all=len(shares),
        ),
        strength=1.0 if first else 0.3,
        harm=bool(first),
        see=tuple(f"dig {quote(f'@{server}')} . NS +tries=1" for server in bad[:2]),
        failing_ratio=round(shares[worst], 3),
        queries=len(lookups),
    )


def _failing_share(asked: list[Event]) -> float:
    return sum(_is_no_answer(one) for one in asked) / len(asked)


def _is_no_answer(lookup: Event) -> bool:
    """Tell whether it failed: what is not written like a response code is what kept an answer away."""
    code = lookup.text("code")
    return code == "SERVFAIL" or not code.isupper()


def _commonest(asked: list[Event]) -> str:
    codes = [one.text("code") for one in asked if _is_no_answer(one)]
    return max(set(codes), key=codes.count)


SEEN = Words(
    "{servers} left {share} of the queries unanswered ({code}); {all:resolver|resolvers} configured",
    "{servers} が問い合わせの {share} に応答せず ({code})。設定されたリゾルバーは {all} 個",
)
QUIET = Words(
    "{count:resolver|resolvers} answered all of {queries:query|queries}",
    "リゾルバー {count} 個が {queries} 回の問い合わせすべてに応答",
)
NONE = Words("no resolver is configured", "リゾルバーの設定なし")

KIND = FindingKind(
    id="name-resolution-failing",
    layer=Layer.DEPENDENCY,
    title=Words("Name resolution fails", "名前解決の失敗"),
    sights=("name_resolution",),
    source="resolv.conf(5): order, timeout and attempts of the C library",
    judge=judge,
    harm=True,
    see=("cat /etc/resolv.conf",),
)
