"""A service has failed."""

from tenmatsu.diagnose.spans import spoken_span
from tenmatsu.model.evidence import Event, Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words, listing, plain

# What failed before the time in question is usually known and lived with.
OLD_STRENGTH = 0.2


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Look for units in the state `failed`."""
    summary = evidence.latest("service.summary")
    if summary is None:
        return kind.unknown(evidence)
    if summary.text("manager") == "none":
        return kind.absent(evidence, NO_MANAGER, strength=0.0)
    failed = [e for e in evidence.find_events("service.state") if e.text("active") == "failed"]
    units = int(summary.number("units") or 0)
    if not failed:
        return kind.absent(evidence, QUIET.fill(count=units), units=units)
    recent = [event for event in failed if event.time >= evidence.since]
    shown = recent or failed
    return kind.present(
        evidence,
        SEEN.fill(count=len(shown), names=_list(evidence, shown)),
        strength=1.0 if recent else OLD_STRENGTH,
        harm=bool(recent),
        since=recent[0].time if recent else None,
        last=recent[-1].time if recent else None,
        see=tuple(f"systemctl status {_quote(event.text('service'))}" for event in shown[:2]),
        failed=len(failed),
        failed_recently=len(recent),
    )


def _list(evidence: Evidence, events: list[Event]) -> Words:
    end = evidence.window.end
    return listing(
        tuple(
            ONE.fill(
                name=plain(event.text("service")),
                result=plain(event.text("result")),
                ago=spoken_span((end - event.time).total_seconds()),
            )
            for event in events[:3]
        )
    )


def _quote(name: str) -> str:
    return "'" + name.replace("'", "") + "'"


ONE = Words("{name} ({result}, {ago} ago)", "{name} ({result}、{ago}前)")
SEEN = Words("{count:service|services} failed: {names}", "失敗したサービス {count} 個: {names}")
QUIET = Words("none of {count:service|services} is in the failed state", "サービス {count} 個に失敗状態なし")
NO_MANAGER = Words("no systemd runs here to keep services", "systemd が動いていない環境")

KIND = FindingKind(
    id="service-failed",
    layer=Layer.GUEST_USERLAND,
    title=Words("A service failed", "サービスの失敗"),
    sights=("services",),
    source="systemd.service(5), systemctl(1): ActiveState and Result",
    judge=judge,
    harm=True,
    see=("systemctl --failed",),
)
