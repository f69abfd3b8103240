"""How a machine of the site is reached: it is this one, by SSH, or not at all: then only from below."""

import threading
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING

from tenmatsu.model.case import ClockOffset
from tenmatsu.model.marks import Marks
from tenmatsu.model.site_map import Entry
from tenmatsu.model.words import Words
from tenmatsu.reach.hypervisor import Hypervisor
from tenmatsu.reach.local import LocalReach
from tenmatsu.reach.open_hypervisor import open_hypervisor
from tenmatsu.sight import SIGHTS, below, requests
from tenmatsu.sight.marks import find_marks
from tenmatsu.sight.scene import Notebook, Scene, Sight
from tenmatsu.sight.side_by_side import Opened

if TYPE_CHECKING:
    from tenmatsu.cli.investigate import Ask


class Way(Enum):
    """How one gets into a machine."""

    HERE = "here"
    SSH = "ssh"
    NONE = "none"


def find_way(entry: Entry) -> Way:
    """Return how to get into a machine: this one is known by its UUID, its network cards or its addresses."""
    mine = _marks_of_this_machine()
    same = entry.uuid and entry.uuid == mine.uuid
    if same or set(entry.macs) & set(mine.macs) or set(entry.addresses) & set(mine.addresses):
        return Way.HERE
    return Way.SSH if entry.ssh else Way.NONE


@cache
def _marks_of_this_machine() -> Marks:
    return find_marks(LocalReach())


def open_way(
    entry: Entry,
    way: Way,
    host: Entry | None,
    ask: "Ask",
    stop: threading.Event,
    *,
    beside: bool = False,
) -> Opened:
    """Return an open way into a machine, with the view from below where `host` has a hypervisor to ask."""
    if way is Way.SSH:
        return _open_remote(entry, host, ask, stop, beside=beside)
    from tenmatsu.cli.investigate import find_here, open_probe

    here, reach = find_here(), LocalReach()
    marks = _marks_of(entry) + _marks_of_this_machine()

    def make_scene(start: datetime) -> Scene:
        return Scene(
            reach=reach,
            component=here.id,
            start=start,
            seconds=ask.seconds,
            since=ask.since,
            url=None if beside else ask.url,
            open_probe=open_probe,
            normal=None if beside else ask.normal,
            open_hypervisor=_opener(host),
            marks=marks,
            stop=stop,
        )

    return Opened(
        component=here.id,
        sights=(*SIGHTS, below.SIGHT) if host else SIGHTS,
        clock_offset=ClockOffset(component=here.id, offset_seconds=0.0, uncertainty_seconds=0.0),
        make_scene=make_scene,
        close=lambda: None,
    )


def open_blind(entry: Entry, host: Entry | None, why: Words, ask: "Ask", stop: threading.Event) -> Opened:
    """Return a look at a machine from outside: what its hypervisor tells, and what its users meet."""
    component = f"site/{entry.name}"

    def look_inside(_: Scene, notebook: Notebook) -> None:
        notebook.gap(INSIDE.fill(name=entry.name), why, CHECK.fill(name=entry.name))

    def make_scene(start: datetime) -> Scene:
        return Scene(
            reach=LocalReach(),
            component=component,
            start=start,
            seconds=ask.seconds,
            since=ask.since,
            url=ask.url,
            open_hypervisor=_opener(host),
            marks=_marks_of(entry),
            stop=stop,
        )

    inside = Sight(name="inside", title=INSIDE.fill(name=entry.name), look=look_inside)
    return Opened(
        component=component,
        sights=(inside, requests.SIGHT, below.SIGHT),
        clock_offset=ClockOffset(component=component, offset_seconds=None, uncertainty_seconds=None),
        make_scene=make_scene,
        close=lambda: None,
    )


def _opener(host: Entry | None) -> Callable[[], Hypervisor] | None:
    return None if host is None else lambda: open_hypervisor(host)


def _marks_of(entry: Entry) -> Marks:
    return Marks(uuid=entry.uuid, macs=entry.macs, addresses=entry.addresses)


INSIDE = Words("inside {name}", "{name} の内部")
CHECK = Words("tenmatsu site check {name}", "tenmatsu site check {name} を実行")
