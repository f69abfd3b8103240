"""Something was changed under the guest near the onset: a move, a snapshot, a new limit, a host's restart."""

from datetime import datetime, timedelta

from tenmatsu.diagnose.from_below import FromBelow, look_from_below, without_view
from tenmatsu.model.evidence import Event, Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

# What is asked for can be a day back: full strength only close to where the symptom began or is now.
NEAR = timedelta(minutes=30)
# How much each change can harm the guest that it happened to. What only stops and starts it is seen inside.
_WEIGHTS = {
    "limit_changed": 1.0,
    "migrated": 0.8,
    "host_started": 0.8,
    "host_lost": 1.0,
    "snapshot_taken": 0.7,
    "snapshot_removed": 0.7,  # consolidation reads and writes the whole chain
    "backed_up": 0.6,
    "reconfigured": 0.6,
    "tools_stopped": 0.5,
    "restarted": 0.5,
    "suspended": 0.8,
    "resumed": 0.6,
    "maintenance": 0.5,
}
_ON_HOST = ("host_started", "host_lost", "maintenance")
_MOST_NAMED = 3


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Find the changes of this guest and its host, and how near they are to the first sign of the symptom."""
    view = look_from_below(evidence)
    if view is None:
        return without_view(kind, evidence)
    if view.recorded:
        return kind.unknown(evidence, NO_EVENTS)
    changes = _changes(view)
    if not changes:
        return kind.absent(evidence, NONE.fill(guest=view.name, hours=f"{_hours(evidence):.0f}"), changes=0)
    onset = _onset(evidence)
    nearest = max(changes, key=lambda one: _strength(one, onset))
    strength = _strength(nearest, onset)
    said = ", ".join(_describe(one) for one in changes[-_MOST_NAMED:])
    words = SEEN.fill(guest=view.name, count=len(changes), said=said)
    return kind.present(
        evidence,
        words,
        strength=strength,
        since=nearest.time,
        last=changes[-1].time,
        changes=len(changes),
        nearest=nearest.text("change"),
        seconds_from_onset=round(abs((nearest.time - onset).total_seconds())),
    )


def _changes(view: FromBelow) -> list[Event]:
    """Return what happened to this guest or its host and can be felt in it, oldest first."""
    since = view.evidence.since
    return [
        one
        for one in view.evidence.find_events("below.change", since=since)
        if one.text("change") in _WEIGHTS
        and not one.attributes.get("failed")
        and (
            one.component == view.guest.component
            or (one.component == view.host_id and one.text("change") in _ON_HOST)
        )
    ]


def _onset(evidence: Evidence) -> datetime:
    """Return when the first request failed, or the window's start where none did."""
    failed = [one.time for one in evidence.transactions if one.outcome.value == "failed"]
    return min(failed, default=evidence.window.start)


def _strength(change: Event, onset: datetime) -> float:
    distance = abs((change.time - onset).total_seconds())
    nearness = 1.0 if distance <= NEAR.total_seconds() else NEAR.total_seconds() / distance
    return _WEIGHTS[change.text("change")] * nearness


def _hours(evidence: Evidence) -> float:
    return max(1.0, evidence.look_back.total_seconds() / 3600)


def _describe(change: Event) -> str:
    who = f" ({change.text('who')})" if change.text("who") else ""
    return f"{change.text('change').replace('_', ' ')} {change.time:%m-%d %H:%M}Z{who}"


SEEN = Words("{count:change|changes} under {guest}: {said}", "{guest} の下の層で変更 {count} 件: {said}")
NONE = Words(
    "nothing was changed under {guest} in the last {hours} h",
    "直近 {hours} 時間、{guest} の下の層に変更なし",
)

NO_EVENTS = Words(
    "a recording of figures knows nothing of what was changed", "数値の記録からは変更の有無は分かりません"
)

KIND = FindingKind(
    id="changed-below",
    layer=Layer.HYPERVISOR,
    title=Words("A change below", "下の層の変更"),
    sights=("below",),
    source="the hypervisor's own events and tasks; the weights are judgements, to be fitted on drills",
    judge=judge,
)
