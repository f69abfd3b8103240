"""What the probe told of programs, as findings need it: how completely, which, and started by whom."""

from collections.abc import Iterable
from dataclasses import dataclass

from tenmatsu.model.evidence import Event, Evidence
from tenmatsu.model.web_servers import is_server


@dataclass(frozen=True, kw_only=True, slots=True)
class Program:
    """One program of the window. CPU in seconds; `unnamed`: children of `name` that nobody saw.

    `kind` is a `ProgramKind`'s value where the program is known to be of that kind and to live long.
    """

    name: str
    comm: str
    kind: str
    started: int
    ended: int
    alive: int
    cpu_seconds: float
    ended_cpu_seconds: float
    mean_life_seconds: float | None
    exit_codes: dict[int, int]
    signals: dict[int, int]
    parents: tuple[str, ...]
    unnamed: bool

    @property
    def is_requests(self) -> bool:
        """Tell whether a web server starts it: then its number is that of the requests."""
        return is_server(self.name) if self.unnamed else any(map(is_server, self.parents))


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """All programs of a while; `seconds` long, `forks` counted by the kernel, `used_seconds` of CPU.

    `cpu` says of what kind the programs' CPU times are (`probe.rung.Rung.cpu`): `exact`, `partly`, or `none`:
    then they are known by starter alone. `hidden_seconds` of CPU stand in no program, `lost` events neither.
    """

    rung: str
    cpu: str
    seconds: float
    forks: int
    used_seconds: float
    hidden_seconds: float
    lost: int
    programs: tuple[Program, ...]

    @property
    def sees_ends(self) -> bool:
        """Tell whether ends are seen at all: who only looks at /proc now and then sees next to none."""
        return self.rung != "proc"

    @property
    def unjudged(self) -> int:
        """Return of how many ends the name or the exit status is not known."""
        told = sum(one.ended for one in self.programs)
        judged = sum(
            sum(one.exit_codes.values()) + sum(one.signals.values()) for one in self.programs if one.name
        )
        return max(0, told - judged) + self.lost


def find_programs(evidence: Evidence, *, prefix: str = "") -> Seen | None:
    """Return what was seen, None where nobody looked. `prefix` `normal.`: when all was well."""
    capture = evidence.latest(f"{prefix}process.capture")
    if capture is None or not capture.number("watched_seconds"):
        return None
    used = capture.number("cpu_used_seconds") or 0.0
    attributed = capture.number("cpu_attributed_seconds") or 0.0
    return Seen(
        rung=capture.text("rung"),
        cpu=capture.text("cpu"),
        seconds=capture.number("watched_seconds") or 0.0,
        forks=int(capture.number("forks_counted") or 0),
        used_seconds=max(used, attributed),
        hidden_seconds=max(0.0, used - attributed),
        lost=int(capture.number("events_lost") or 0),
        programs=tuple(map(_read, evidence.find_events(f"{prefix}program.ran"))),
    )


def dead_cpu_seconds(programs: Iterable[Program]) -> float:
    """Return what those that ended used."""
    return sum(one.ended_cpu_seconds for one in programs)


def _read(event: Event) -> Program:
    return Program(
        name=event.text("process.executable.name"),
        comm=event.text("process.command"),
        kind=event.text("program.kind"),
        started=int(event.number("started") or 0),
        ended=int(event.number("ended") or 0),
        alive=int(event.number("alive") or 0),
        cpu_seconds=event.number("cpu_seconds") or 0.0,
        ended_cpu_seconds=event.number("ended_cpu_seconds") or 0.0,
        mean_life_seconds=event.number("mean_life_seconds"),
        exit_codes=_read_counts(event.text("exit_codes")),
        signals=_read_counts(event.text("signals")),
        parents=tuple(name for name in event.text("parents").split(", ") if name),
        unnamed=bool(event.attributes.get("unnamed")),
    )


def _read_counts(text: str) -> dict[int, int]:
    pairs = (word.partition(":") for word in text.split())
    return {int(key): int(count) for key, _, count in pairs if key.isdecimal() and count.isdecimal()}
