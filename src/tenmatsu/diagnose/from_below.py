"""The view from below in the evidence: which guest is this one, who stands beside it, what is under it."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean

from tenmatsu.model.evidence import Event, Evidence, Series, Value
from tenmatsu.model.finding import Finding, FindingKind
from tenmatsu.model.words import Words


@dataclass(frozen=True, kw_only=True, slots=True)
class FromBelow:
    """One guest in its surroundings, as the hypervisor tells of them."""

    evidence: Evidence
    guest: Event
    neighbours: tuple[Event, ...]
    host: Event | None

    def mean(self, component: str, name: str, **attributes: Value) -> float | None:
        """Return the mean of a metric of a component over the window, or None where it was not told."""
        values = [value for one in self.series(component, name, **attributes) for _, value in one.points]
        return fmean(values) if values else None

    def highest(self, component: str, name: str, **attributes: Value) -> float | None:
        """Return the highest of the means of the parts (disks, interfaces) of a component, or None."""
        means = [one.mean for one in self.series(component, name, **attributes)]
        return max(means, default=None)

    def series(self, component: str, name: str, **attributes: Value) -> Iterator[Series]:
        """Yield the series of a metric of one component, cut to the window; a recording's are whole."""
        window = self.evidence.window
        for one in self.evidence.find_series(name, **attributes):
            if one.component != component:
                continue
            points = tuple(point for point in one.points if self.recorded or window.holds(point[0]))
            if points:
                yield Series(
                    sight=one.sight,
                    component=one.component,
                    name=one.name,
                    unit=one.unit,
                    kind=one.kind,
                    attributes=one.attributes,
                    points=points,
                )

    @property
    def recorded(self) -> bool:
        """Tell whether a recording speaks, of another time than the window."""
        told = self.evidence.latest("hypervisor.identity")
        return told is not None and bool(told.attributes.get("recorded"))

    @property
    def name(self) -> str:
        """Return what the hypervisor calls this guest."""
        return self.guest.text("name")

    @property
    def host_id(self) -> str:
        """Return the component of the host."""
        return self.guest.text("host")

    def host_load(self) -> float | None:
        """Return the share of the host's cores in use (0 to 1), or None where it was not told."""
        used = self.mean(self.host_id, "host.cpu.usage")
        cores = self.mean(self.host_id, "host.cpu.capacity")
        if cores is None and self.host is not None:
            cores = self.host.number("cores")
        return used / cores if used is not None and cores else None

    def waiting(self, component: str) -> float | None:
        """Return the share of time that a guest's vCPUs waited for a core, its own limit left out."""
        ready = self.mean(component, "vm.cpu.ready")
        if ready is None:
            return None
        return max(0.0, ready - (self.mean(component, "vm.cpu.held") or 0.0))


def look_from_below(evidence: Evidence) -> FromBelow | None:
    """Return the view from below, or None where there is none or this guest was not found in it."""
    facts = {event.component: event for event in evidence.find_events("vm.facts")}
    here = next((event for event in facts.values() if event.text("is_here")), None)
    if here is None:
        return None
    host = here.text("host")
    hosts = {event.component: event for event in evidence.find_events("host.facts")}
    return FromBelow(
        evidence=evidence,
        guest=here,
        neighbours=tuple(
            event
            for event in facts.values()
            if event is not here and event.text("host") == host and event.text("power") == "on"
        ),
        host=hosts.get(host),
    )


def without_view(kind: FindingKind, evidence: Evidence) -> Finding:
    """Return what a finding of the view from below says where there is no such view.

    Under bare metal there is nothing to be found; of a guest nobody could tell without asking below it.
    """
    machine = evidence.latest("machine.identity")
    if machine is not None and machine.text("virtualisation") == "none":
        return kind.absent(evidence, METAL)
    return kind.unknown(evidence, None if evidence.gaps_of(*kind.sights) else NOT_ASKED)


METAL = Words("there is no hypervisor under this machine", "この機械の下にハイパーバイザーはない")
NOT_ASKED = Words(
    "the hypervisor was not asked: tenmatsu site discover, then investigate --site",
    "ハイパーバイザーに問い合わせていません。tenmatsu site discover の後、investigate --site で実行",
)
