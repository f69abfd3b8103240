"""Look at another machine over SSH: every sight there, within one window, its times told in our clock.

Several machines may be looked at side by side: each call has a thread of its caller's, its own connection
and its own end, and one that is lost ends no other.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tenmatsu.model.align import align
from tenmatsu.model.case import ClockOffset
from tenmatsu.model.evidence import Event, Evidence, Gap, Look
from tenmatsu.model.marks import Marks
from tenmatsu.model.site import Component
from tenmatsu.model.words import Words
from tenmatsu.probe.rung import Options
from tenmatsu.reach.host_line import INSTALL
from tenmatsu.reach.hypervisor import Hypervisor
from tenmatsu.reach.probe import ProbeSource
from tenmatsu.reach.reader_speech import NEEDS_PYTHON
from tenmatsu.reach.remote import RemoteReach
from tenmatsu.reach.ssh import SshOptions
from tenmatsu.reach.watching import watch_host
from tenmatsu.sight import SIGHTS
from tenmatsu.sight.machine_kind import find_component
from tenmatsu.sight.scene import AS_ROOT, Scene, Sight
from tenmatsu.sight.watch import Progress, look_everywhere

# How much longer a look may take than here: every file is a way there and back.
_WAY_SECONDS = 4.0


@dataclass(frozen=True, kw_only=True, slots=True)
class FarLook:
    """What was seen of another machine: all times in our clock, and how its clock stands to that."""

    component: Component
    evidence: Evidence
    clock_offset: ClockOffset


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What to look for, and how long. `since` is in our clock; `stop` ends the window of all that share it.

    `normal` is evidence of the same machine, in our clock. The rest is as in `Scene`.
    """

    seconds: float
    since: datetime
    url: str | None = None
    normal: Evidence | None = None
    open_hypervisor: Callable[[], Hypervisor] | None = None
    marks: Marks = field(default_factory=Marks)
    stop: threading.Event = field(default_factory=threading.Event)


def look_on(
    host: str,
    wanted: Wanted,
    ssh: SshOptions | None = None,
    *,
    sights: Sequence[Sight] = SIGHTS,
    progress: Progress | None = None,
) -> FarLook:
    """Connect to a host (`HOST` or `USER@HOST`), look at it for the window, and disconnect.

    `progress` is called in the caller's thread. Raises WrongUse where the name cannot be a host's,
    NoConnection where it cannot be reached. A line that is lost later ends the window, and is a gap.
    """
    reach = RemoteReach(host, ssh)
    try:
        return look_through(reach, wanted, ssh, sights=sights, progress=progress)
    finally:
        reach.close()


def look_through(
    reach: RemoteReach,
    wanted: Wanted,
    ssh: SshOptions | None = None,
    *,
    sights: Sequence[Sight] = SIGHTS,
    progress: Progress | None = None,
) -> FarLook:
    """Look at a machine that is connected already; for many at once: connect to all, then begin together."""
    component = find_component(reach, reach.name.rpartition("@")[2])
    scene = _make_scene(reach, component, wanted, ssh)
    reach.when_lost(scene.stop.set)

    def beat(left_seconds: float, at_work: Sequence[str]) -> None:
        if wanted.stop.is_set():
            scene.stop.set()
        if progress is not None:
            progress(left_seconds, at_work)

    evidence = look_everywhere(sights, scene, beat)
    ahead = reach.clock_offset
    return FarLook(
        component=component,
        evidence=_tell_way(reach, _tell_lacks(reach, align(evidence, reach.ahead_seconds))),
        clock_offset=ClockOffset(
            component=component.id,
            offset_seconds=reach.ahead_seconds,
            uncertainty_seconds=ahead.uncertainty_seconds,
        ),
    )


def _make_scene(reach: RemoteReach, component: Component, wanted: Wanted, ssh: SshOptions | None) -> Scene:
    def open_probe(seconds: float) -> ProbeSource:
        return watch_host(reach.name, Options(limit_seconds=seconds), ssh)

    ahead = reach.ahead_seconds
    return Scene(
        reach=reach,
        component=component.id,
        start=reach.now(),
        seconds=wanted.seconds,
        since=wanted.since + timedelta(seconds=ahead),
        url=wanted.url,
        open_probe=open_probe,
        normal=align(wanted.normal, -ahead) if wanted.normal else None,
        open_hypervisor=wanted.open_hypervisor,
        marks=wanted.marks,
        way_seconds=_WAY_SECONDS,
    )


def _tell_way(reach: RemoteReach, evidence: Evidence) -> Evidence:
    """Return the evidence with how the machine was reached."""
    reached = Event(
        sight="reach",
        component=evidence.component,
        name="machine.reached",
        time=evidence.window.start,
        attributes={
            "host": reach.name,
            "by": "ssh",
            "as_root": reach.is_root,
            "clock_offset_seconds": round(reach.ahead_seconds, 6),
            "clock_uncertainty_seconds": round(reach.clock_offset.uncertainty_seconds, 6),
        },
    )
    return replace(evidence, events=(reached, *evidence.events))


def _tell_lacks(reach: RemoteReach, evidence: Evidence) -> Evidence:
    """Return the evidence with what the way there kept from us: rights, and the end of the window."""
    gaps = [_allow(gap) for gap in evidence.gaps]
    looks = evidence.looks
    why, close_by = reach.why_not_all, reach.close_by
    if why is not None and close_by is not None:
        gaps.append(_make_gap(evidence, ONLY_ROOT, why, close_by))
    if reach.lost is not None and reach.lost_at is not None:
        gaps.append(
            _make_gap(evidence, AFTER.fill(time=f"{reach.lost_at.astimezone():%H:%M:%S}"), reach.lost, AGAIN)
        )
        looks = tuple(_cut(look, reach.lost_at) for look in looks)
    return replace(evidence, gaps=tuple(gaps), looks=looks)


def _make_gap(evidence: Evidence, what: Words, why: Words, close_by: Words) -> Gap:
    return Gap(sight="reach", component=evidence.component, what=what, why=why, close_by=close_by)


def _allow(gap: Gap) -> Gap:
    """Return the gap with what helps there, where it says what helps here."""
    if gap.why.en.endswith(NEEDS_PYTHON.en.partition("{what}")[2]):
        return replace(gap, close_by=INSTALL)
    return replace(gap, close_by=ROOT_THERE) if gap.close_by.en.startswith(AS_ROOT.en) else gap


def _cut(look: Look, lost_at: datetime) -> Look:
    """Return the look; one that went on after the loss may take what it could not see for nothing."""
    return replace(look, complete=False) if look.ended >= lost_at else look


ONLY_ROOT = Words("what only root with a Python sees there", "root と Python で初めて見えるもの")
AFTER = Words("what happened from {time} on", "{time} 以降の様子")
AGAIN = Words("look again when the line holds", "接続が安定してから再実行")
ROOT_THERE = Words(
    "let us be root there (docs/remote.md)", "接続先で root になれるように設定 (docs/remote.md)"
)
