"""Small evidence for findings on the kernel's log, services, changes, the clock and the machine."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tenmatsu.model.evidence import Event, Evidence, Gap, Kind, Look, Series, Value, Window
from tenmatsu.model.words import Words

START = datetime(2026, 3, 11, 2, 14, tzinfo=UTC)
END = START + timedelta(seconds=20)
SINCE = START - timedelta(hours=1)
HOST = "machine/boot"


def ago(seconds: float) -> datetime:
    """Return the moment so long before the window's end."""
    return END - timedelta(seconds=seconds)


IN_WINDOW = ago(10)


def event(name: str, when: datetime = IN_WINDOW, body: str = "", **attributes: Value) -> Event:
    named = {key.replace("__", "."): value for key, value in attributes.items()}
    return Event(sight="made", component=HOST, name=name, time=when, attributes=named, body=body)


def message(kind: str, when: datetime = IN_WINDOW, body: str = "", **attributes: Value) -> Event:
    """Return a kernel message of a class."""
    known: dict[str, Any] = {"class": kind, "template": body, "severity": 3, "seen_before": 0}
    return event("kernel.message", when, body, **known | {"since_boot_seconds": 9e5} | attributes)


def log_read(lines: int = 3211, hours: float = 24.0, **attributes: Value) -> Event:
    """Return that the ring buffer was read, so far back."""
    known: dict[str, Any] = {"source": "/dev/kmsg", "kind": "ring", "lines": lines}
    return event("kernel.log", END, **known | {"begins": ago(hours * 3600).isoformat()} | attributes)


def counter(name: str, growth: float, **attributes: Value) -> Series:
    named = {key.replace("__", "."): value for key, value in attributes.items()}
    points = ((START, 100.0), (END, 100.0 + growth))
    return Series(
        sight="made",
        component=HOST,
        name=name,
        unit="1",
        kind=Kind.COUNTER,
        attributes=named,
        points=points,
    )


def gauge(name: str, *values: float, **attributes: Value) -> Series:
    made = counter(name, 0.0, **attributes)
    points = tuple((START + timedelta(seconds=number), value) for number, value in enumerate(values))
    return Series(
        sight=made.sight,
        component=HOST,
        name=name,
        unit="1",
        kind=Kind.GAUGE,
        attributes=made.attributes,
        points=points,
    )


def gap(sight: str) -> Gap:
    return Gap(
        sight=sight,
        component=HOST,
        what=Words("what", "対象"),
        why=Words("no permission", "権限なし"),
        close_by=Words("run it as root", "root で実行"),
    )


def looked(sight: str) -> Look:
    return Look(
        sight=sight,
        component=HOST,
        started=START,
        ended=END,
        complete=True,
        found=1,
        read=Words("", ""),
    )


def evidence(*found: Event | Series | Gap | Look, since: datetime = SINCE) -> Evidence:
    return Evidence(
        window=Window(start=START, end=END),
        since=since,
        component=HOST,
        series=tuple(one for one in found if isinstance(one, Series)),
        events=tuple(one for one in found if isinstance(one, Event)),
        gaps=tuple(one for one in found if isinstance(one, Gap)),
        looks=tuple(one for one in found if isinstance(one, Look)),
    )
