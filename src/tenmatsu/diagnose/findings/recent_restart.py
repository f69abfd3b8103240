"""The machine or one of its services was started within the last hour."""

from datetime import timedelta

from tenmatsu.diagnose.spans import spoken_span
from tenmatsu.model.evidence import Event, Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words, listing, plain

LATELY = timedelta(hours=1)
# Services that start with the machine are part of its start.
WITH_BOOT = timedelta(seconds=180)
# Restarts mend and clean more often than they break.
USUAL_STRENGTH = 0.5


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Look for starts within the hour before the window's end."""
    if evidence.latest("change.summary") is None:
        return kind.unknown(evidence)
    since = min(evidence.since, evidence.window.end - LATELY)
    boots = [e for e in evidence.find_events("change.boot", since=since) if e.text("kind") == "boot"]
    services = [
        event
        for event in evidence.find_events("change.restart", since=since)
        if not any(abs(event.time - boot.time) < WITH_BOOT for boot in boots)
    ]
    if not boots and not services:
        return kind.absent(evidence, QUIET)
    # a boot without a shutdown before it was a crash or the power
    crashed = any(boot.attributes.get("clean") is False for boot in boots)
    last = max([*boots, *services], key=lambda event: event.time)
    ago = (evidence.window.end - last.time).total_seconds()
    return kind.present(
        evidence,
        (CRASHED if crashed else SEEN).fill(names=_name(boots, services), ago=spoken_span(ago)),
        strength=1.0 if crashed else USUAL_STRENGTH,
        harm=False,
        since=min(event.time for event in [*boots, *services]),
        last=last.time,
        boots=len(boots),
        services=len(services),
    )


def _name(boots: list[Event], services: list[Event]) -> Words:
    named = [MACHINE] if boots else []
    named += [plain(name) for name in dict.fromkeys(event.text("service") for event in services)]
    return listing(tuple(named[:4]))


MACHINE = Words("the machine", "機械全体")
SEEN = Words("started lately: {names}, the last {ago} ago", "最近の起動: {names} (最後は {ago}前)")
CRASHED = Words(
    "the machine went down without a shutdown; started lately: {names}, the last {ago} ago",
    "正常な停止なしに機械が落ちた。最近の起動: {names} (最後は {ago}前)",
)
QUIET = Words(
    "neither the machine nor a known service was started within the hour",
    "1 時間以内に機械も主なサービスも起動していない",
)

KIND = FindingKind(
    id="recent-restart",
    layer=Layer.GUEST_USERLAND,
    title=Words("Something was restarted lately", "最近の再起動"),
    sights=("changes",),
    source="btime in /proc/stat, wtmp (utmp(5)), start times in /proc/PID/stat",
    judge=judge,
    see=("uptime -s; last -x reboot shutdown | head", "ps -eo lstart,comm --sort=-start_time | head"),
)
