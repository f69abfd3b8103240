"""How a machine of the site is reached: it is this one, by SSH, or not at all: then only from below."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum
from functools import cache

from tenmatsu.cli.asked import Ask, find_here, fit_normal, open_probe
from tenmatsu.model.case import ClockOffset
from tenmatsu.model.evidence import Evidence
from tenmatsu.model.marks import Marks
from tenmatsu.model.site_map import Entry
from tenmatsu.model.words import Words
from tenmatsu.reach import Reach
from tenmatsu.reach.hypervisor import Hypervisor
from tenmatsu.reach.local import LocalReach
from tenmatsu.reach.open_hypervisor import open_hypervisor
from tenmatsu.reach.remote import RemoteReach
from tenmatsu.sight import SIGHTS, below, requests
from tenmatsu.sight.look_on import Wanted, look_through
from tenmatsu.sight.machine_kind import find_component
from tenmatsu.sight.marks import find_marks
from tenmatsu.sight.scene import Notebook, Scene, Sight
from tenmatsu.sight.side_by_side import Opened, add_view
from tenmatsu.sight.watch import Progress, look_everywhere


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
    entry: Entry, way: Way, host: Entry | None, ask: Ask, stop: threading.Event, *, beside: bool = False
) -> Opened:
    """Return an open way into a machine, with the view from below where `host` has a hypervisor to ask.

    One `beside` is looked at without the symptom. Raises ReachError where it cannot be reached.
    """
    if way is Way.SSH:
        return _open_remote(entry, host, ask, stop, beside=beside)
    here, reach = find_here(), LocalReach()
    marks = _marks_of(entry, reach)

    def look(progress: Progress | None) -> tuple[Evidence, ClockOffset]:
        scene = Scene(
            reach=reach,
            component=here.id,
            start=datetime.now(UTC),
            seconds=ask.seconds,
            since=ask.since,
            url=None if beside else ask.url,
            open_probe=open_probe,
            normal=None if beside else fit_normal(ask, here.id),
            open_hypervisor=_opener(host),
            marks=marks,
            stop=stop,
        )
        sights = (*SIGHTS, below.SIGHT) if host else SIGHTS
        offset = ClockOffset(component=here.id, offset_seconds=0.0, uncertainty_seconds=0.0)
        return look_everywhere(sights, scene, progress), offset

    return Opened(look=look, close=lambda: None)


def _open_remote(
    entry: Entry, host: Entry | None, ask: Ask, stop: threading.Event, *, beside: bool
) -> Opened:
    """Return a way over SSH. The view from below is in our clock already, so it is looked at from here."""
    reach = RemoteReach(entry.ssh, ask.ssh)
    component = find_component(reach, entry.name).id
    marks = _marks_of(entry, reach)

    def look(progress: Progress | None) -> tuple[Evidence, ClockOffset]:
        normal = None if beside else fit_normal(ask, component)
        url = None if beside else ask.url
        wanted = Wanted(seconds=ask.seconds, since=ask.since, url=url, normal=normal, stop=stop)
        view = _LookFromBelow(component, host, marks, ask, stop) if host else None
        seen = look_through(reach, wanted, ask.ssh, progress=progress)
        evidence = add_view(seen.evidence, view.end()) if view else seen.evidence
        return evidence, seen.clock_offset

    return Opened(look=look, close=reach.close)


class _LookFromBelow:
    """The view from below of a machine that is looked at elsewhere meanwhile."""

    def __init__(self, component: str, host: Entry, marks: Marks, ask: Ask, stop: threading.Event) -> None:
        self._scene = Scene(
            reach=LocalReach(),
            component=component,
            start=datetime.now(UTC),
            seconds=ask.seconds,
            since=ask.since,
            open_hypervisor=_opener(host),
            marks=marks,
            stop=stop,
        )
        self._seen: Evidence | None = None
        self._thread = threading.Thread(target=self._look, name="below", daemon=True)
        self._thread.start()

    def _look(self) -> None:
        self._seen = look_everywhere((below.SIGHT,), self._scene)

    def end(self) -> Evidence:
        """Wait for its end, which `look_everywhere` bounds, and return what was seen."""
        self._thread.join()
        return self._seen or look_everywhere((), self._scene)


def open_blind(entry: Entry, host: Entry | None, why: Words, ask: Ask, stop: threading.Event) -> Opened:
    """Return a look at a machine from outside: what its hypervisor tells, and what its users meet."""
    component = f"site/{entry.name}"

    def look_inside(_: Scene, notebook: Notebook) -> None:
        notebook.gap(INSIDE.fill(name=entry.name), why, CHECK.fill(name=entry.name))

    def look(progress: Progress | None) -> tuple[Evidence, ClockOffset]:
        scene = Scene(
            reach=LocalReach(),
            component=component,
            start=datetime.now(UTC),
            seconds=ask.seconds,
            since=ask.since,
            url=ask.url,
            open_hypervisor=_opener(host),
            marks=_marks_of(entry),
            stop=stop,
        )
        inside = Sight(name="inside", title=INSIDE.fill(name=entry.name), look=look_inside)
        evidence = look_everywhere((inside, requests.SIGHT, below.SIGHT), scene, progress)
        return evidence, ClockOffset(component=component, offset_seconds=None, uncertainty_seconds=None)

    return Opened(look=look, close=lambda: None)


def _opener(host: Entry | None) -> Callable[[], Hypervisor] | None:
    api = host.api if host is not None else None
    if host is None or api is None:
        return None
    name = host.name
    return lambda: open_hypervisor(api, name)


def _marks_of(entry: Entry, reach: Reach | None = None) -> Marks:
    """Return what a machine is known by: what the site file says, and what the machine says of itself."""
    told = Marks(uuid=entry.uuid, macs=entry.macs, addresses=entry.addresses, called=entry.called)
    return told + find_marks(reach) if reach is not None else told


INSIDE = Words("inside {name}", "{name} の内部")
CHECK = Words("tenmatsu site check {name}", "tenmatsu site check {name} を実行")
