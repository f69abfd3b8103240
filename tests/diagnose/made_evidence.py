"""A whole case made of few values, for tests of what comes after the looking."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tenmatsu import __version__
from tenmatsu.diagnose.engine import diagnose
from tenmatsu.model.case import Case, ClockOffset
from tenmatsu.model.evidence import Event, Evidence, Gap, Kind, Look, Outcome, Series, Transaction, Window
from tenmatsu.model.site import Component, Site
from tenmatsu.model.words import Words

START = datetime(2026, 3, 11, 2, 14, tzinfo=UTC)
END = START + timedelta(seconds=20)
HOST = "machine/boot"
SIGHTS = (
    "cpu memory processes file_systems cgroups pressure disks sockets interfaces name_resolution requests"
).split()


def counter(name: str, rate: float, *, unit: str = "s", sight: str = "cpu", **attributes: str) -> Series:
    """Return a counter that grows at a rate over the whole window."""
    return Series(
        sight=sight,
        component=HOST,
        name=name,
        unit=unit,
        kind=Kind.COUNTER,
        attributes={key.replace("__", "."): value for key, value in attributes.items()},
        points=((START, 100.0), (END, 100.0 + rate * 20)),
    )


def gauge(name: str, value: float, *, unit: str = "By", sight: str = "memory", **attributes: str) -> Series:
    """Return a level that stays."""
    made = counter(name, 0.0, unit=unit, sight=sight, **attributes)
    return replace(made, kind=Kind.GAUGE, points=((START, value), (END, value)))


def event(name: str, *, sight: str = "processes", body: str = "", **attributes: str | float | bool) -> Event:
    """Return an event in the middle of the window."""
    named = {key.replace("__", "."): value for key, value in attributes.items()}
    time = START + timedelta(seconds=10)
    return Event(sight=sight, component=HOST, name=name, time=time, attributes=named, body=body)


def requests(ok: int, failed: int, *, seconds: float = 0.8) -> tuple[Transaction, ...]:
    """Return own requests, the failed ones first."""
    outcomes = [Outcome.FAILED] * failed + [Outcome.OK] * ok
    return tuple(
        Transaction(
            sight="requests",
            component=HOST,
            time=START + timedelta(seconds=number),
            outcome=outcome,
            maker="probe",
            path="/mt.cgi",
            status=500 if outcome is Outcome.FAILED else 200,
            duration_seconds=seconds,
            reason="500, the server's own page" if outcome is Outcome.FAILED else "",
        )
        for number, outcome in enumerate(outcomes)
    )


def looks(*names: str) -> tuple[Look, ...]:
    """Return that these sights looked, to the end."""
    return tuple(
        Look(sight=name, component=HOST, started=START, ended=END, complete=True, found=1, read=Words("", ""))
        for name in names
    )


def gap(sight: str) -> Gap:
    """Return that a sight could not look."""
    return Gap(
        sight=sight,
        component=HOST,
        what=Words("kernel messages", "カーネルメッセージ"),
        why=Words("no permission for /dev/kmsg", "/dev/kmsg を読む権限がありません"),
        close_by=Words("run it as root", "root で実行"),
    )


def healthy_evidence() -> Evidence:
    """Return what a quiet, well-seen machine shows."""
    return Evidence(
        window=Window(start=START, end=END),
        since=START,
        component=HOST,
        asked_url="http://web1/mt.cgi",
        series=(
            counter("system.cpu.time", 0.2, cpu__mode="user"),
            counter("system.cpu.time", 1.8, cpu__mode="idle"),
            counter("system.process.created", 3.0, unit="{process}"),
            gauge("system.linux.memory.available", 6e9),
            gauge("system.memory.limit", 8e9),
            counter("linux.memory.oom_kill", 0.0, unit="{process}", sight="memory"),
            _room("/", "used", 30e9),
            _room("/", "free", 60e9),
        ),
        events=(event("network.routes", sight="interfaces", default_routes=1),),
        transactions=requests(ok=18, failed=0),
        looks=looks(*SIGHTS),
    )


def storm_evidence() -> Evidence:
    """Return what the incident of 2010 shows from inside, had the group had a limit."""
    healthy = healthy_evidence()
    group = {"sight": "cgroups", "cgroup": "/web"}
    return replace(
        healthy,
        series=(
            *(s for s in healthy.series if s.name != "system.process.created"),
            counter("system.process.created", 800.0, unit="{process}"),
            counter("linux.cgroup.cpu.periods", 10.0, unit="{period}", **group),
            counter("linux.cgroup.cpu.throttled_periods", 9.6, unit="{period}", **group),
        ),
        events=(
            event(
                "process.usage",
                process__command="hald-runner",
                process__pid=815,
                cpu_seconds=1.0,
                unseen_children_cpu_seconds=14.0,
                looks=20,
                running_looks=3,
                alive=True,
                from_start=True,
            ),
            event(
                "process.program",
                process__command="hald-addon-stor",
                cpu_seconds=0.1,
                brief=19,
                parents="hald-runner",
            ),
        ),
        transactions=requests(ok=11, failed=7, seconds=3.0),
    )


def _room(path: str, state: str, value: float) -> Series:
    return gauge(
        "system.filesystem.usage",
        value,
        sight="file_systems",
        system__filesystem__mountpoint=path,
        system__filesystem__state=state,
    )


def make_case(evidence: Evidence) -> Case:
    """Return the evidence as a case, judged."""
    return Case(
        version=__version__,
        site=Site(components=(Component(id=HOST, name="web1", kind="host"),)),
        evidence=evidence,
        verdict=diagnose(evidence),
        clock_offsets=(ClockOffset(component=HOST, offset_seconds=0.25, uncertainty_seconds=0.01),),
    )
