"""Connections are turned away because nobody accepts them in time."""

from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

# Waiting to be accepted: Apache's backlog is 511, the kernel's usual cap 4096 (128 before 5.4).
MANY_WAITING = 100.0


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Look at the kernel's counter of overflows and at the longest queue."""
    overflows = evidence.one_series("linux.tcp.listen", counter="ListenOverflows")
    if overflows is None:
        return kind.unknown(evidence)
    queues = evidence.find_series("linux.tcp.waiting")
    longest = max(queues, key=lambda one: one.highest, default=None)
    waiting = longest.highest if longest else 0.0
    port = longest.attributes["server.port"] if longest else "-"
    figures: Figures = {"turned_away": int(overflows.increase), "most_waiting": int(waiting)}
    if overflows.increase <= 0 and waiting < MANY_WAITING:
        return kind.absent(evidence, QUIET.fill(waiting=int(waiting)), **figures)
    sentence = SEEN.fill(count=int(overflows.increase), waiting=int(waiting), port=port)
    return kind.present(
        evidence,
        sentence,
        strength=1.0 if overflows.increase else 0.5,
        harm=overflows.increase > 0,
        **figures,
    )


SEEN = Words(
    "{count:connection was|connections were} turned away; up to {waiting} waited on port {port}",
    "接続 {count} 件があふれ、ポート {port} で最大 {waiting} 件が待機",
)
QUIET = Words(
    "no connection was turned away (most waiting: {waiting})",
    "あふれた接続はない (最大待ち {waiting} 件)",
)

KIND = FindingKind(
    id="listen-overflow",
    layer=Layer.WEB_SERVER,
    title=Words("Connections are turned away", "接続のあふれ"),
    sights=("sockets",),
    source="TcpExt ListenOverflows, Linux Documentation/networking/snmp_counter.rst",
    judge=judge,
    harm=True,
    see=("nstat -az TcpExtListenOverflows", "ss -ltn"),
)
