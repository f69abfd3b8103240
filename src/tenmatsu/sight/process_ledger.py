"""Keeps what a probe tells of one machine, and answers what ran there in any while that is still kept.

The last minute is kept look by look, what is older in blocks of ten looks; the oldest is dropped when too
much is kept. A break of the line is kept too: what ran meanwhile is not known, and is not guessed.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from tenmatsu.model.processes import Break, Completeness, Grouping, Ran
from tenmatsu.parse.probe_frames import Count, Frame, Hello, Look, Trouble
from tenmatsu.reach.probe import Lost
from tenmatsu.sight.process_names import Names
from tenmatsu.sight.process_rows import make_rows
from tenmatsu.sight.process_span import Counts, Kind, Span, make_span, set_alive

_NS = 1_000_000_000
_SINGLE_LOOKS = 60
_BLOCK_LOOKS = 10
KEPT = timedelta(hours=1)
# A kind takes about 400 bytes in a block.
_MOST_KINDS_KEPT = 200_000
_MOST_BREAKS = 100


class Ledger:
    """What is known of one machine's processes."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.hello: Hello | None = None
        self.breaks: deque[Break] = deque(maxlen=_MOST_BREAKS)
        self._names = Names()
        self._spans: deque[Span] = deque()  # blocks, then the last looks one by one
        self._singles = 0
        self._alive: dict[Kind, int] = {}
        self._run = 0
        self._last: Count | None = None
        self._cost_seconds = 0.0
        self._remarks: list[str] = []

    def take(self, frame: Frame | Lost, heard: datetime | None = None) -> None:
        """Keep what a frame tells. `heard`: when it came, by our own clock; None: as the frame says."""
        if isinstance(frame, Hello):
            self._begin(frame, heard or frame.time)
        elif isinstance(frame, Look):
            self._keep(frame)
        elif isinstance(frame, Lost):
            self._break(frame)
        elif isinstance(frame, Trouble):
            self._remarks.append(f"{frame.rung}: {frame.text}")

    @property
    def begins(self) -> datetime | None:
        """Return how far back is known what ran; None where nothing is known yet."""
        return self._spans[0].begun if self._spans else None

    @property
    def ends(self) -> datetime | None:
        """Return up to when is known what ran, by the machine's own clock."""
        return self._spans[-1].ended if self._spans else None

    def _break(self, lost: Lost) -> None:
        """Keep a break; each try that fails tells of the same one again."""
        if self.breaks and self.breaks[-1].until is None:
            self.breaks[-1] = replace(self.breaks[-1], why=lost.why)
        else:
            self.breaks.append(Break(since=lost.since, until=None, why=lost.why))

    def _begin(self, hello: Hello, heard: datetime) -> None:
        self.hello = hello
        self._run += 1
        self._last = hello.count
        self._cost_seconds = hello.cost.cpu_seconds
        self._remarks = list(hello.remarks)
        self._close_break(heard)
        if self._spans:
            self._spans[-1].last_alive = self._alive
        self._alive = {}
        for one in hello.living.programs if hello.living else ():
            set_alive(self._alive, (one.name, one.parent, one.uid, one.cgroup), one.alive)

    def _close_break(self, until: datetime) -> None:
        if self.breaks and self.breaks[-1].until is None:
            self.breaks[-1] = replace(self.breaks[-1], until=until)

    def _keep(self, look: Look) -> None:
        if self.hello is None or self._last is None:
            return
        counts = Counts(run=self._run, rung=look.rung, first=self._last, last=look.count)
        span = make_span(
            look,
            counts,
            self._alive,
            cost_seconds=self._cost_seconds,
            inherits=self._tells_no_cpu(look.rung),
        )
        self._last = look.count
        self._cost_seconds = look.cost.cpu_seconds
        self._names.learn(look)
        self._spans.append(span)
        self._singles += 1
        self._tidy()

    def _tells_no_cpu(self, rung: str) -> bool:
        return self.hello is None or rung != self.hello.rung or self.hello.cpu == "none"

    def _tidy(self) -> None:
        if self._singles >= _SINGLE_LOOKS + _BLOCK_LOOKS:
            first = len(self._spans) - self._singles
            block, *rest = [self._spans[at] for at in range(first, first + _BLOCK_LOOKS)]
            for one in rest:
                block.add(one)
                del self._spans[first + 1]
            self._singles -= _BLOCK_LOOKS
        while self._is_too_much():
            self._spans.popleft()

    def _is_too_much(self) -> bool:
        if len(self._spans) <= self._singles:
            return False
        kinds = sum(len(one.kinds) for one in self._spans)
        return kinds > _MOST_KINDS_KEPT or self._spans[-1].ended - self._spans[0].begun > KEPT

    def ran(
        self, seconds: float, *, until: datetime | None = None, grouping: Grouping = Grouping.PROGRAM
    ) -> Ran | None:
        """Return what ran in so many seconds up to `until` (None: now); None where nothing is known of it."""
        chosen = self._choose(seconds, until)
        if not chosen or self.hello is None:
            return None
        span = _add_up(chosen)
        return Ran(
            host=self.host,
            begun=span.begun,
            ended=span.ended,
            seconds=span.seconds,
            completeness=self._completeness(span, self.hello),
            rows=make_rows(span, self._alive_at(chosen[-1]), self._names, host=self.host, grouping=grouping),
            breaks=self._breaks_within(span),
        )

    def _choose(self, seconds: float, until: datetime | None) -> list[Span]:
        spans = [one for one in self._spans if until is None or one.ended <= until]
        chosen: list[Span] = []
        left = seconds
        for one in reversed(spans):
            # Half a look may be missing at the far end, but no look is counted that is mostly outside; nor is
            # one of before a break that lasted longer than the window.
            if chosen and (
                left < one.seconds / 2 or one.ended <= chosen[0].ended - timedelta(seconds=seconds)
            ):
                break
            chosen.append(one)
            left -= one.seconds
        return chosen[::-1]

    def _alive_at(self, last: Span) -> Mapping[Kind, int]:
        """Return who lived at a span's end: those of now, without what changed since."""
        if last is self._spans[-1]:
            return self._alive
        alive = dict(self._alive)
        for one in reversed(self._spans):
            if one.last_alive is not None:
                alive = dict(one.last_alive)
            if one is last:
                break
            for kind, grown in one.alive.items():
                set_alive(alive, kind, alive.get(kind, 0) - grown)
        return alive

    def _completeness(self, span: Span, hello: Hello) -> Completeness:
        rung = span.counts[-1].rung
        return replace(
            _count_up(span),
            rung=rung,
            cpu=hello.cpu if rung == hello.rung else "none",
            refused=hello.refused,
            remarks=tuple(self._remarks),
            limit_cores=hello.limit_cores,
        )

    def _breaks_within(self, span: Span) -> tuple[Break, ...]:
        """Return the breaks that touch a span; one that still lasts is told in any case."""
        return tuple(
            one
            for one in self.breaks
            if one.until is None or (one.until >= span.begun and one.since <= span.ended)
        )


def _add_up(spans: list[Span]) -> Span:
    first = spans[0]
    total = Span(begun=first.begun, ended=first.begun, seconds=0.0)
    for one in spans:
        total.add(one)
    return total


def _count_up(span: Span) -> Completeness:
    kernels = [(one.first.kernel, one.last.kernel) for one in span.counts]
    forks = sum(last.forks - first.forks for first, last in kernels)
    return Completeness(
        forks_counted=forks,
        forks_seen=_add_known([_forks_seen(one) for one in span.counts]),
        exits_counted=max(0, forks - sum(last.tasks - first.tasks for first, last in kernels)),
        exits_captured=_exits_captured(span),
        cpu_attributed_seconds=span.cpu_ns / _NS,
        cpu_used_seconds=sum(last.used_ns - first.used_ns for first, last in kernels) / _NS,
        cpu_all_seconds=sum(last.all_ns - first.all_ns for first, last in kernels) / _NS,
        steal_seconds=sum(last.steal_ns - first.steal_ns for first, last in kernels) / _NS,
        events_lost=dict(span.lost),
        kinds_together=span.kinds_together,
        probe_cpu_seconds=span.probe_cpu_seconds,
        probe_max_rss_bytes=span.probe_max_rss_bytes,
    )


def _forks_seen(counts: Counts) -> int | None:
    """Return how many of the kernel's forks were seen.

    The rung's count is read before and after the kernel's: only what lies outside of both is missing.
    """
    (early, late), (before, after) = _pair(counts.first), _pair(counts.last)
    if early is None or late is None or before is None or after is None:
        return None
    counted = counts.last.kernel.forks - counts.first.kernel.forks
    return min(max(counted, before - late), after - early)


def _pair(count: Count) -> tuple[int | None, int | None]:
    first, last = (*count.forks, None, None)[:2]
    return first, last


def _exits_captured(span: Span) -> int:
    """Return the ends of processes and threads that were seen; where only processes are, of these."""
    counted = _add_known([_exits_of(one) for one in span.counts])
    return sum(one.ended for one in span.kinds.values()) if counted is None else counted


def _exits_of(counts: Counts) -> int | None:
    first, last = counts.first, counts.last
    if first.task_exits is not None and last.task_exits is not None:
        return last.task_exits - first.task_exits
    return None


def _add_known(values: list[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None
