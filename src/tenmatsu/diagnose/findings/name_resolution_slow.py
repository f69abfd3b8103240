"""A configured resolver answers, but late."""

from collections import defaultdict
from shlex import quote
from statistics import median

from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

# A resolver on the way answers from its cache in a few milliseconds, from the far end of the world in
# about 0.3 s. A second is felt in every page that resolves a name.
SLOW_SECONDS = 0.5
BAD_SECONDS = 1.0


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Look at the median time of each resolver's answers."""
    times: dict[str, list[float]] = defaultdict(list)
    for lookup in evidence.find_events("dns.lookup"):
        if lookup.text("code").isupper():  # a response code: `timeout` and the like are none
            times[lookup.text("server.address")].append(lookup.number("duration_seconds") or 0.0)
    if not times:
        return kind.unknown(evidence)
    server, seconds = max(((s, median(values)) for s, values in times.items()), key=lambda item: item[1])
    figures: Figures = {"median_seconds": round(seconds, 4), "resolver": server}
    if seconds < SLOW_SECONDS:
        return kind.absent(
            evidence, QUIET.fill(milliseconds=f"{seconds * 1e3:.0f}", server=server), **figures
        )
    return kind.present(
        evidence,
        SEEN.fill(server=server, seconds=f"{seconds:.1f}"),
        strength=seconds / (2 * BAD_SECONDS),
        harm=seconds >= BAD_SECONDS,
        see=(f"dig {quote(f'@{server}')} . NS | grep 'Query time'",),
        **figures,
    )


SEEN = Words("resolver {server} takes {seconds} s to answer", "リゾルバー {server} の応答に {seconds} 秒")
QUIET = Words(
    "resolvers answer in {milliseconds} ms (slowest: {server})",
    "リゾルバーの応答は {milliseconds} ms (最遅: {server})",
)

KIND = FindingKind(
    id="name-resolution-slow",
    layer=Layer.DEPENDENCY,
    title=Words("Name resolution is slow", "名前解決が遅い"),
    sights=("name_resolution",),
    source="resolv.conf(5); thresholds: see the comments in name_resolution_slow.py",
    judge=judge,
    harm=True,
    see=("cat /etc/resolv.conf",),
)
