"""There is no way out: no default route, or its interface is down."""

from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

_UP = frozenset({"up", "unknown"})  # virtual and point-to-point interfaces report "unknown" when up


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Look at the default routes and at the state of their interfaces."""
    summary = evidence.latest("network.routes")
    if summary is None:
        return kind.unknown(evidence)
    routes = evidence.find_events("network.route")
    up = [route for route in routes if route.text("carrier") in _UP]
    if up:
        names = ", ".join(route.text("network.interface.name") for route in up)
        return kind.absent(evidence, QUIET.fill(names=names))
    if routes:
        down = ", ".join(route.text("network.interface.name") for route in routes)
        return kind.present(evidence, DOWN.fill(names=down), harm=True)
    # Some servers are meant to have no way out (isolated networks, containers without network).
    return kind.present(evidence, NONE, strength=0.3)


DOWN = Words(
    "the default route leads over {names}, which is down",
    "デフォルト経路の {names} がダウンしている",
)
NONE = Words(
    "there is no default route (isolated on purpose?)",
    "デフォルト経路がない (意図的な隔離の可能性あり)",
)
QUIET = Words("a default route is there, and {names} is up", "デフォルト経路あり、{names} は稼働中")

KIND = FindingKind(
    id="no-default-route",
    layer=Layer.NETWORK,
    title=Words("No default route", "デフォルト経路なし"),
    sights=("interfaces",),
    source="/proc/net/route, proc(5)",
    judge=judge,
    see=("ip route",),
)
