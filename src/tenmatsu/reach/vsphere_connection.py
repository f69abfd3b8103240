"""A connection to an ESXi or vCenter, as a `Hypervisor`."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Self

from tenmatsu.model.below import Happening, Identity, Inventory, Lack, Measured, Product
from tenmatsu.model.site_map import Api
from tenmatsu.reach.vsphere_counters import Counters
from tenmatsu.reach.vsphere_happenings import recall
from tenmatsu.reach.vsphere_inventory import Found, take_inventory
from tenmatsu.reach.vsphere_line import Line
from tenmatsu.reach.vsphere_measures import measure
from tenmatsu.reach.vsphere_rights import may_act
from tenmatsu.reach.vsphere_watch import Watch


class VSphere:
    """Asks one server. A `Hypervisor`."""

    interval_seconds = 20.0  # real-time samples: every host makes one in so long

    def __init__(self, line: Line, name: str) -> None:
        self.name = name
        self._line = line
        self._counters = Counters(line)
        self._watch = Watch(line)
        self._found: Found | None = None

    @classmethod
    def open(cls, api: Api, secret: str, name: str, limit_seconds: float) -> Self:
        """Connect and log in. Raises as `open_vsphere`."""
        line = Line(api, secret, limit_seconds)
        line.open()
        return cls(line, name)

    @property
    def requests(self) -> int:
        """Return how many requests were sent so far."""
        return self._line.requests

    def identify(self) -> Identity:
        """Return who answers, whether it would let us act, and how its clock stands to ours."""
        return self._line.ask(self._identify)

    def take_inventory(self) -> Inventory:
        """Return all hosts, guests and stores as they are now."""
        return self._line.ask(self._take_inventory)

    def measure(self, keys: Collection[str] | None, since: datetime | None) -> Measured:
        """Return the samples of 20 s that these hosts, guests and stores had since then.

        A host keeps an hour of them. Without `since`: the newest sample of each.
        """
        return self._line.ask(lambda: self._measure(keys, since))

    def recall(self, since: datetime, *, most: int = 2000) -> tuple[Sequence[Happening], Sequence[Lack]]:
        """Return what happened since then: events, tasks with their ends, and what was seen to change."""
        return self._line.ask(lambda: self._recall(since, most))

    def close(self) -> None:
        """Log out. Never raises."""
        self._line.close()

    def _identify(self) -> Identity:
        about, clock = self._line.content.about, self._line.read_clock()
        allowed, why = may_act(self._line)
        return Identity(
            product=Product.VMWARE,
            name=self.name,
            version=about.fullName or f"{about.name} {about.version}",
            api=about.apiVersion,
            may_act=allowed,
            may_act_why=why,
            clock_offset_seconds=clock.seconds,
            clock_uncertainty_seconds=clock.uncertainty_seconds,
        )

    def _take_inventory(self) -> Inventory:
        self._found = take_inventory(self._line)
        self._watch.look()
        return self._found.inventory

    def _measure(self, keys: Collection[str] | None, since: datetime | None) -> Measured:
        if self._found is None:
            self._found = take_inventory(self._line)
        now = self._watch.look()
        self._found = self._found.as_of(now)
        offset = timedelta(seconds=self._line.clock.seconds)
        return measure(self._counters, self._found, keys, since, offset)

    def _recall(self, since: datetime, most: int) -> tuple[list[Happening], list[Lack]]:
        self._watch.look()
        told, lacks = recall(self._line, since, most)
        seen = self._watch.beside(told, since)
        joined = sorted((*told, *seen), key=lambda one: one.time)
        return joined[-most:], lacks
