"""Packages, the kernel or configuration changed in the last fourteen days."""

import re

from tenmatsu.diagnose.spans import spoken_span
from tenmatsu.model.evidence import Event, Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words, listing, plain

# "What changed?" is answered best by the last hours: (age in seconds up to, weight).
NEARNESS = ((3600.0, 1.0), (86400.0, 0.7), (3 * 86400.0, 0.4), (14 * 86400.0, 0.15))
# What a package or the machine's start wrote by itself says no more than that package or start.
BY_ITSELF = 0.3
# A package that nothing of a web site rests on is a weaker suspect.
_RESTS_ON = re.compile(
    r"apache|httpd|nginx|perl|php|python|ruby|nodejs|mysql|mariadb|postgres|sqlite|libdb|openssl|libssl|libc6"
    r"|glibc|linux-image|kernel|systemd|bind9|unbound|resolv|movabletype|wordpress|libapache"
)
UNRELATED = 0.4


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Weigh each change by how near to the window it is; the nearest counts."""
    summary = evidence.latest("change.summary")
    if summary is None:
        return kind.unknown(evidence)
    weighed = sorted(((_weigh(evidence, event), event) for event in _find(evidence)), key=lambda p: -p[0])
    complete = bool(summary.attributes.get("complete"))
    days = int(summary.number("days") or 14)
    if not weighed or weighed[0][0] <= 0:
        words = (QUIET if complete else QUIET_IN_PART).fill(days=days)
        return kind.absent(evidence, words, strength=1.0 if complete else 0.5)
    strength, nearest = weighed[0]
    ago = max(0.0, (evidence.window.end - nearest.time).total_seconds())
    return kind.present(
        evidence,
        SEEN.fill(
            packages=_count(weighed, "change.package"),
            files=_count(weighed, "change.file"),
            days=days,
            name=_name([event for _, event in weighed[:2]]),
            ago=spoken_span(ago),
        ),
        strength=strength,
        last=nearest.time,
        packages=_count(weighed, "change.package"),
        files=_count(weighed, "change.file"),
        nearest_seconds=round(ago),
    )


def _find(evidence: Evidence) -> list[Event]:
    files = [e for e in evidence.find_events("change.file") if e.text("area") == "configuration"]
    return evidence.find_events("change.package") + files


def _weigh(evidence: Evidence, event: Event) -> float:
    age = (evidence.window.start - event.time).total_seconds()
    weight = next((weight for limit, weight in NEARNESS if age <= limit), 0.0)
    if event.attributes.get("by_package") or event.attributes.get("at_boot"):
        return weight * BY_ITSELF
    unrelated = event.name == "change.package" and not _RESTS_ON.search(event.text("package"))
    return weight * UNRELATED if unrelated else weight


def _count(weighed: list[tuple[float, Event]], name: str) -> int:
    return sum(event.name == name for _, event in weighed)


def _name(events: list[Event]) -> Words:
    return listing(tuple(plain(event.text("package") or event.text("path")) for event in events))


SEEN = Words(
    "{packages:package|packages} and {files:configuration file|configuration files} changed"
    " in {days:day|days}; foremost {name}, {ago} ago",
    "{days} 日間にパッケージ {packages} 個、設定ファイル {files} 個が変更。主なもの {name} ({ago}前)",
)
QUIET = Words(
    "no package and no configuration file changed in {days:day|days}",
    "{days} 日間、パッケージも設定ファイルも変更なし",
)
QUIET_IN_PART = Words(
    "no change in {days:day|days} in what could be searched",
    "調べられた範囲では {days} 日間の変更なし",
)

KIND = FindingKind(
    id="recent-change",
    layer=Layer.GUEST_USERLAND,
    title=Words("Something was changed lately", "最近の変更"),
    sights=("changes",),
    source="logs of dpkg, yum, dnf; times of the files in /etc. Thresholds: see recent_change.py",
    judge=judge,
    see=(
        "grep -E ' (install|upgrade|remove) ' /var/log/dpkg.log | tail",
        "find /etc -type f -mtime -14",
    ),
)
