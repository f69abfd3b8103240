"""The kernel reports trouble of its network: links that went down, tables that are full, floods."""

from collections import Counter

from tenmatsu.diagnose.kernel_reading import (
    count_messages,
    find_messages,
    list_attribute,
    say_quiet,
)
from tenmatsu.model.evidence import Event, Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words, listing

# Of these connections are lost for certain; a flood is survived by cookies, a link may be one of two.
LOSSES = frozenset({"conntrack-full", "neighbour-table", "tcp-memory", "network-hang"})


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Look for the kernel's reports on its network."""
    messages = find_messages(evidence, *TITLES)
    if not messages.recent:
        return say_quiet(kind, evidence, messages.older)
    counts = Counter(event.text("class") for event in messages.recent)
    kinds = listing(tuple(TITLES[name] for name, _ in counts.most_common()))
    lost = bool(LOSSES & counts.keys()) or bool(_find_down(evidence, messages.recent))
    return kind.present(
        evidence,
        SEEN.fill(
            count=count_messages(messages.recent),
            kinds=kinds,
            devices=_say_devices(messages.recent),
        ),
        strength=1.0 if lost else 0.5,
        harm=lost,
        since=messages.first,
        last=messages.last,
        messages=count_messages(messages.recent),
    )


def _find_down(evidence: Evidence, recent: tuple[Event, ...]) -> list[str]:
    """Return the interfaces whose last word is that the link is down."""
    last: dict[str, str] = {}
    ups = [e for e in evidence.find_events("kernel.message") if e.text("class") == "link-up"]
    downs = [event for event in recent if event.text("class") == "link-down"]
    for event in sorted([*ups, *downs], key=lambda event: event.time):
        last[event.text("device")] = event.text("class")
    return [device for device, state in last.items() if state == "link-down"]


def _say_devices(events: tuple[Event, ...]) -> Words:
    named = list_attribute(events, "device")
    return Words(f" ({named.en})", f" ({named.ja})") if named.en else Words("", "")


TITLES = {
    "link-down": Words("a link went down", "リンクダウン"),
    "conntrack-full": Words("the table of connections is full", "コネクション追跡テーブルが満杯"),
    "syn-flood": Words("more connections than are taken", "接続要求の殺到 (SYN flooding)"),
    "tcp-memory": Words("no memory left for TCP", "TCP のメモリー不足"),
    "neighbour-table": Words("the table of neighbours is full", "近隣テーブルが満杯"),
    "network-hang": Words("a network card hung", "ネットワークカードの停止"),
}
SEEN = Words("{count:report|reports}: {kinds}{devices}", "{kinds}{devices} の報告 {count} 件")

KIND = FindingKind(
    id="network-kernel-trouble",
    layer=Layer.NETWORK,
    title=Words("Network trouble in the kernel's log", "カーネルログ上のネットワーク障害"),
    sights=("kernel_log",),
    source="Linux net/netfilter/nf_conntrack_core.c, net/ipv4/tcp_input.c, net/core/neighbour.c",
    judge=judge,
    harm=True,
    see=("dmesg -T | grep -iE 'link is|conntrack|SYN flood|WATCHDOG'", "nstat -az | grep -i drop"),
)
