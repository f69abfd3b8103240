"""A service dies and is started again, over and over."""

from tenmatsu.model.evidence import Event, Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words, listing, plain

# One restart by systemd may be a crash that mended itself; three with the last within the time in
# question are a rhythm. systemd itself gives up at five within ten seconds (StartLimitBurst=).
RESTARTS = 3


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Look for units waiting for their next start, given up, or started again of late."""
    summary = evidence.latest("service.summary")
    if summary is None:
        return kind.unknown(evidence)
    if summary.text("manager") == "none":
        return kind.absent(evidence, NO_MANAGER, strength=0.0)
    flapping = [e for e in evidence.find_events("service.state") if _flaps(evidence, e)]
    if not flapping:
        return kind.absent(evidence, QUIET.fill(count=int(summary.number("units") or 0)))
    names = listing(
        tuple(
            ONE.fill(name=plain(event.text("service")), count=int(event.number("restarts") or 0))
            for event in flapping[:3]
        )
    )
    return kind.present(
        evidence,
        SEEN.fill(names=names),
        last=flapping[-1].time,
        services=len(flapping),
        restarts=int(max(event.number("restarts") or 0 for event in flapping)),
    )


def _flaps(evidence: Evidence, unit: Event) -> bool:
    if unit.time < evidence.since:
        return False
    if unit.text("sub").startswith("auto-restart") or unit.text("result").startswith("start-limit"):
        return True
    return unit.text("kind") != "oneshot" and (unit.number("restarts") or 0) >= RESTARTS


ONE = Words("{name} ({count:restart|restarts})", "{name} (再起動 {count} 回)")
SEEN = Words("services that die and start again: {names}", "停止と再起動を繰り返すサービス: {names}")
QUIET = Words(
    "none of {count:service|services} keeps restarting", "サービス {count} 個に再起動の繰り返しなし"
)
NO_MANAGER = Words("no systemd runs here to restart services", "systemd が動いていない環境")

KIND = FindingKind(
    id="service-flapping",
    layer=Layer.GUEST_USERLAND,
    title=Words("A service keeps restarting", "サービスの再起動の繰り返し"),
    sights=("services",),
    source="systemd.service(5) Restart=, NRestarts (since systemd 235); systemd.unit(5) StartLimitBurst=",
    judge=judge,
    harm=True,
    see=("systemctl show '*.service' -p Id,NRestarts,Result --state=running,failed",),
)
