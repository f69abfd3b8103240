"""A sensor of the host says that hardware under this guest is not well."""

from tenmatsu.diagnose.from_below import look_from_below, without_view
from tenmatsu.model.evidence import Event, Evidence
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.layer import Layer
from tenmatsu.model.words import Words

_MOST_NAMED = 3
_STRENGTHS = {"bad": 1.0, "warning": 0.5}


def judge(kind: FindingKind, evidence: Evidence) -> Finding:
    """Take the host's own judgement: red and yellow sensors, and a host or store that is not reachable."""
    view = look_from_below(evidence)
    if view is None:
        return without_view(kind, evidence)
    sensors = [one for one in evidence.find_events("host.sensor") if one.component == view.host_id]
    sick = sorted((one for one in sensors if one.text("health") in _STRENGTHS), key=_weight)
    if sick:
        names = ", ".join(_name(one) for one in sick[:_MOST_NAMED])
        return kind.present(
            evidence,
            SEEN.fill(count=len(sick), all=len(sensors), names=names),
            strength=_STRENGTHS[sick[0].text("health")],
            sensors=len(sensors),
            alarms=len(sick),
        )
    if not sensors:
        return kind.unknown(evidence, NO_SENSORS)
    return kind.absent(evidence, QUIET.fill(count=len(sensors)), sensors=len(sensors), alarms=0)


def _weight(sensor: Event) -> float:
    return -_STRENGTHS[sensor.text("health")]


def _name(sensor: Event) -> str:
    reading = sensor.text("reading")
    return f"{sensor.text('name')} ({reading})" if reading else sensor.text("name")


SEEN = Words(
    "{count:sensor|sensors} of the host's {all} raise an alarm: {names}",
    "ホストのセンサー {all} 個のうち {count} 個が警報: {names}",
)
QUIET = Words(
    "{count:sensor|sensors} of the host, none with an alarm", "ホストのセンサー {count} 個に警報なし"
)
NO_SENSORS = Words("the host tells nothing of its hardware", "ホストがハードウェアの状態を示していません")

KIND = FindingKind(
    id="host-hardware-alarm",
    layer=Layer.HARDWARE,
    title=Words("Hardware alarm on the host", "ホストのハードウェア警報"),
    sights=("below",),
    source="the host's own sensors (VMware HostSystem.runtime.healthSystemRuntime), as they judge themselves",
    judge=judge,
    harm=True,
    see=("esxcli hardware ipmi sdr list", "sensors; ipmitool sdr"),
)
