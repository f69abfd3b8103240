"""A network interface loses packets, by errors or drops."""

from tenmatsu.model.evidence import Evidence
from tenmatsu.model.finding import Figures, Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

# TCP's throughput falls with the square root of loss (Mathis 1997): 0.1 % is noticed, 1 % hurts.
# Received packets are also dropped for harmless reasons (unknown protocols), hence the floor.
LOST_SHARE = 0.005
LEAST_LOST = 20


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Find the interface and direction with the largest share of lost packets in the window."""
    if not evidence.looked("interfaces"):
        return kind.unknown(evidence)
    worst: tuple[float, float, str] = (0.0, 0.0, "-")
    for packets in evidence.find_series("system.network.packet.count"):
        name = str(packets.attributes["network.interface.name"])
        where = {
            "network__interface__name": name,
            "network__io__direction": packets.attributes["network.io.direction"],
        }
        lost = sum(
            series.increase
            for metric in ("system.network.errors", "system.network.packet.dropped")
            for series in evidence.find_series(metric, **where)
        )
        share = lost / (packets.increase + lost) if lost >= LEAST_LOST else 0.0
        worst = max(worst, (share, lost, name))
    share, lost, name = worst
    figures: Figures = {"lost_ratio": round(share, 4), "lost_packets": int(lost), "interface": name}
    if share < LOST_SHARE:
        return kind.absent(evidence, QUIET, **figures)
    sentence = SEEN.fill(name=name, share=f"{share:.1%}", lost=int(lost))
    return kind.present(evidence, sentence, strength=share / 0.03, harm=share > 0.02, **figures)


SEEN = Words("{name} lost {share} of its packets ({lost})", "{name} がパケットの {share} ({lost} 個) を損失")
QUIET = Words("no interface loses packets", "パケット損失のあるインターフェースはない")

KIND = FindingKind(
    id="interface-errors",
    layer=Layer.NETWORK,
    title=Words("An interface loses packets", "インターフェースのパケット損失"),
    sights=("interfaces",),
    source="/proc/net/dev, proc(5)",
    judge=judge,
    harm=True,
    see=("ip -s link",),
)
