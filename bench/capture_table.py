"""The bench's table: one line a tool and rate, our limits, and each tool against our best rung."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import floor
from statistics import fmean

from bench.capture_storm import Storm
from bench.capture_tools import Idle, Limits, Seen

HEAD = (
    f"{'tool':<17}{'rate':>5}{'started':>9}{'seen %':>8}{'CPU %':>7}"
    f"{'net ms':>8}{'±':>7}{'kernel ms':>10}{'all ms':>8}{'idle ms/s':>10}{'MB':>7}"
    f"   {'seen':>6}{'cost':>8}{'all':>8}{'MB':>7}"
)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What one line says; milliseconds for 1,000 processes. None: not told, or not known."""

    seen_percent: float | None
    cpu_percent: float | None
    net_ms: float | None
    net_error_ms: float
    kernel_ms: float | None
    all_ms: float
    ms_a_second: float
    idle_ms_a_second: float | None
    peak_mb: float

    @property
    def cost_ms(self) -> float | None:
        """Return what the processes cost it: its own time beyond idle, and that of its BPF programs."""
        return None if self.net_ms is None else self.net_ms + (self.kernel_ms or 0)


def find_figures(storm: Storm, seen: Seen) -> Figures:
    """Return a line's figures."""
    thousands = storm.started / 1000
    kernel_ms = None if seen.in_kernel_ms is None else seen.in_kernel_ms / thousands
    own = own_ms(storm, seen)
    return Figures(
        seen_percent=percent(seen.processes, storm.started),
        cpu_percent=percent(seen.cpu, storm.cpu),
        net_ms=None if seen.net_ms is None else seen.net_ms / thousands,
        net_error_ms=seen.net_error_ms / thousands,
        kernel_ms=kernel_ms,
        all_ms=own / thousands + (kernel_ms or 0),
        ms_a_second=own / (storm.seconds if seen.idle is not None else seen.seconds),
        idle_ms_a_second=None if seen.idle is None else seen.idle.ms_a_second,
        peak_mb=seen.peak_mb,
    )


def own_ms(storm: Storm, seen: Seen) -> float:
    """Return the tool's own time, with what it takes anyway, but only for as long as the storm lasted."""
    if seen.net_ms is None or seen.idle is None:
        return seen.gross_ms
    return seen.net_ms + seen.idle.ms_a_second * storm.seconds


def percent(part: float | None, whole: float) -> float | None:
    """Return a share in percent, cut (never rounded up) to two digits."""
    return None if part is None else floor(part / whole * 10_000) / 100


def over(limits: Limits, storm: Storm, seen: Seen) -> Iterator[str]:
    """Yield which limits are not kept."""
    figures = find_figures(storm, seen)
    cpu, net = figures.cpu_percent, figures.net_ms
    if limits.seen_percent is not None and figures.seen_percent != limits.seen_percent:
        yield "seen"
    if seen.processes is None and seen.forks is not None and seen.forks < storm.started:
        yield "count"
    if limits.cpu_percent and cpu is not None and not limits.cpu_percent[0] <= cpu <= limits.cpu_percent[1]:
        yield "CPU"
    # Beyond doubt only: at a low rate, a limit for 1,000 processes is less than what idle time differs by.
    if limits.net_ms is not None and net is not None and net - 2 * figures.net_error_ms > limits.net_ms:
        yield "cost"
    if limits.ms_a_second is not None and figures.ms_a_second > limits.ms_a_second:
        yield "cost"
    if limits.peak_mb is not None and seen.peak_mb > limits.peak_mb:
        yield "memory"


def row(name: str, rate: int, storm: Storm, figures: Figures, best: Figures | None) -> str:
    """Return one line of the table; with the best rung's figures at that rate, also the ratios to those."""
    line = (
        f"{name:<17}{rate or 'max':>5}{storm.started:>9}"
        f"{number(figures.seen_percent, 8, 2)}{number(figures.cpu_percent, 7, 1)}"
        f"{number(figures.net_ms, 8, 2)}{number(figures.net_error_ms or None, 7, 2)}"
        f"{number(figures.kernel_ms, 10, 2)}{figures.all_ms:>8.2f}"
        f"{number(figures.idle_ms_a_second, 10, 1)}{figures.peak_mb:>7.1f}"
    )
    if best is None:
        return line
    return (
        f"{line}   {ratio(figures.seen_percent, best.seen_percent, 6)}"
        f"{ratio(figures.cost_ms, best.cost_ms, 8)}"
        f"{ratio(figures.all_ms, best.all_ms, 8)}{ratio(figures.peak_mb, best.peak_mb, 7)}"
    )


def number(value: float | None, width: int, digits: int) -> str:
    """Return a number for the table, a dash where there is none."""
    return f"{'-':>{width}}" if value is None else f"{value:>{width}.{digits}f}"


def ratio(value: float | None, ours: float | None, width: int) -> str:
    """Return how many times ours it is; a dash where one of both is not known, or ours is nothing."""
    return f"{'-':>{width}}" if value is None or not ours else f"{f'×{value / ours:.2f}':>{width}}"


def remarks(storm: Storm, seen: Seen, limits: Limits, missed: int, runs: int) -> str:
    """Return what a line says behind its figures."""
    broken = sorted(set(over(limits, storm, seen)) | ({"seen"} if missed and limits.seen_percent else set()))
    said = [f"OVER: {', '.join(broken)}"] if broken else []
    error = find_figures(storm, seen).net_error_ms
    said += ["cost undecided: ± too large"] if limits.net_ms is not None and 2 * error > limits.net_ms else []
    said += [f"incomplete in {missed} of {runs} runs"] if missed else []
    said += [f"kernel counted {seen.forks:.0f} forks"] if seen.processes is None and seen.forks else []
    said += [seen.remark] if seen.remark else []
    if storm.is_disturbed:
        said.append(f"not alone: {storm.other_forks} forks by others")
    return "; ".join(said)


def together(runs: Sequence[tuple[Storm, Seen]]) -> tuple[Storm, Seen]:
    """Return all runs as one, of one tool: sums, the highest peak."""
    storms, seens = [storm for storm, _ in runs], [seen for _, seen in runs]
    storm = Storm(
        started=sum(one.started for one in storms),
        seconds=sum(one.seconds for one in storms),
        cpu=sum(one.cpu for one in storms),
        other_forks=sum(one.other_forks for one in storms),
    )
    return storm, Seen(
        processes=add(one.processes for one in seens),
        cpu=add(one.cpu for one in seens),
        gross_ms=sum(one.gross_ms for one in seens),
        seconds=sum(one.seconds for one in seens),
        idle=_together([one.idle for one in seens if one.idle]),
        peak_mb=max(one.peak_mb for one in seens),
        in_kernel_ms=add(one.in_kernel_ms for one in seens),
        forks=add(one.forks for one in seens),
        nets=tuple(one.beyond_idle_ms for one in seens) if seens[0].idle else (),
        remark="; ".join(sorted({one.remark for one in seens} - {""})),
    )


def _together(idles: Sequence[Idle]) -> Idle | None:
    """Return what was idle before each storm as one."""
    if not idles:
        return None
    return Idle(
        ms_a_second=fmean(one.ms_a_second for one in idles),
        spread_ms=fmean(one.spread_ms for one in idles),
        seconds=sum(one.seconds for one in idles),
    )


def add(values: Iterable[float | None]) -> float | None:
    """Return the sum, or None where nothing is known."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None
