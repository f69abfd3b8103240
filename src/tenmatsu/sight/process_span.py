"""A while of a machine's processes, as the probe told it: sums that can be added up, and nothing else."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from tenmatsu.parse.probe_frames import Count, Ended, Living, Look

# Name, parent's name, user, control group.
Kind = tuple[str, str, int | None, str]


@dataclass(kw_only=True, slots=True)
class Tally:
    """What processes of one kind did. `ended_cpu_ns` is the part of `cpu_ns` that was told at the end.

    `lives` are the ends whose life is known.
    """

    ended: int = 0
    cpu_ns: int = 0
    ended_cpu_ns: int = 0
    life_ns: int = 0
    lives: int = 0
    statuses: Counter[int] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        """Add what others of the kind did."""
        self.ended += other.ended
        self.cpu_ns += other.cpu_ns
        self.ended_cpu_ns += other.ended_cpu_ns
        self.life_ns += other.life_ns
        self.lives += other.lives
        self.statuses.update(other.statuses)

    def add_ended(self, row: Ended) -> None:
        """Add processes that ended."""
        self.ended += row.processes
        self.cpu_ns += row.cpu_ns or 0
        self.ended_cpu_ns += row.cpu_ns or 0
        if row.life_ns is not None:
            self.life_ns += row.life_ns
            self.lives += row.processes
        if row.status is not None and row.processes:
            self.statuses[row.status] += row.processes


@dataclass(kw_only=True, slots=True)
class Counts:
    """The counters of one run of the probe on one rung, at the first and at the last look."""

    run: int
    rung: str
    first: Count
    last: Count


@dataclass(kw_only=True, slots=True)
class Span:
    """Sums from `begun` to `ended`. `alive`: by how many each kind grew; `children_ns`: by starter's name."""

    begun: datetime
    ended: datetime
    seconds: float
    kinds: dict[Kind, Tally] = field(default_factory=dict)
    alive: Counter[Kind] = field(default_factory=Counter)
    children_ns: Counter[str] = field(default_factory=Counter)
    counts: list[Counts] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)
    cpu_ns: int = 0
    kinds_together: int = 0
    probe_cpu_seconds: float = 0.0
    probe_max_rss_bytes: int = 0
    # Who lived at its end, where the probe's run ended with it: what changed until the next run is not known.
    last_alive: dict[Kind, int] | None = None

    def add(self, later: "Span") -> None:
        """Add what came after this, in the order of time."""
        for kind, tally in later.kinds.items():
            self.tally(kind).add(tally)
        self.alive.update(later.alive)
        self.children_ns.update(later.children_ns)
        self.lost.update(later.lost)
        self.ended = later.ended
        self.last_alive = later.last_alive
        self.seconds += later.seconds
        self.cpu_ns += later.cpu_ns
        self.kinds_together = max(self.kinds_together, later.kinds_together)
        self.probe_cpu_seconds += later.probe_cpu_seconds
        self.probe_max_rss_bytes = max(self.probe_max_rss_bytes, later.probe_max_rss_bytes)
        for one in later.counts:
            self._add_counts(one)

    def _add_counts(self, later: Counts) -> None:
        last = self.counts[-1] if self.counts else None
        if last and (last.run, last.rung) == (later.run, later.rung):
            last.last = later.last
        else:
            self.counts.append(Counts(run=later.run, rung=later.rung, first=later.first, last=later.last))

    def tally(self, kind: Kind) -> Tally:
        """Return the kind's sums, to be added to."""
        found = self.kinds.get(kind)
        if found is None:
            found = self.kinds[kind] = Tally()
        return found


def make_span(
    look: Look, counts: Counts, alive: dict[Kind, int], *, cost_seconds: float, inherits: bool
) -> Span:
    """Return what one look told. `alive`, how many of each kind live, is brought up to date.

    `cost_seconds`: what the probe had used up to the look before. `inherits`: the rung does not tell what
    the dead used, so that it is taken from what they left to their parents.
    """
    span = Span(
        begun=look.begun,
        ended=look.ended_at,
        seconds=look.seconds,
        counts=[counts],
        lost=Counter(look.lost),
        kinds_together=look.kinds_together,
        probe_cpu_seconds=max(0.0, look.cost.cpu_seconds - cost_seconds),
        probe_max_rss_bytes=look.cost.max_rss_bytes,
    )
    for row in look.ended:
        span.tally((row.name, row.parent, row.uid, row.cgroup)).add_ended(row)
    span.cpu_ns = look.cpu.ended_ns + look.cpu.living_ns
    if look.living:
        _add_living(span, look.living.programs, alive)
    if look.living and inherits:
        span.cpu_ns += look.cpu.parents_ns
        for starter in look.living.starters:
            span.children_ns[starter.name] += starter.cpu_ns
    return span


def _add_living(span: Span, programs: Iterable[Living], alive: dict[Kind, int]) -> None:
    for one in programs:
        kind = (one.name, one.parent, one.uid, one.cgroup)
        span.tally(kind).cpu_ns += one.cpu_ns
        span.alive[kind] += one.alive - alive.get(kind, 0)
        set_alive(alive, kind, one.alive)


def set_alive(alive: dict[Kind, int], kind: Kind, count: int) -> None:
    """Keep how many live, and nothing of a kind of which none does."""
    if count:
        alive[kind] = count
    else:
        alive.pop(kind, None)
