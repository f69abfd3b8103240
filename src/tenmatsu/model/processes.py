"""What ran on a machine in a while, the dead included; and how complete that is by the kernel's own count."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from math import floor

from tenmatsu.model.words import Words


class Grouping(Enum):
    """What one row stands for."""

    PROGRAM = "program"
    SERVICE = "service"
    PARENT = "parent"
    USER = "user"
    CONTAINER = "container"

    @property
    def title(self) -> Words:
        """Return the heading of the rows' names."""
        return _GROUPINGS[self]


_GROUPINGS = {
    Grouping.PROGRAM: Words("program", "プログラム"),
    Grouping.SERVICE: Words("service", "サービス"),
    Grouping.PARENT: Words("started by", "起動元"),
    Grouping.USER: Words("user", "利用者"),
    Grouping.CONTAINER: Words("container", "コンテナ"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """Why a better rung is not used: a word for programs (`probe.rung.WHYS`) and a sentence."""

    rung: str
    why: str
    reason: str


# What stands in the way of a rung, by the probe's word for it.
WHYS: Mapping[str, Words] = {
    "not_permitted": Words("a right is missing", "権限がない"),
    "not_in_kernel": Words("the kernel does not have it", "カーネルにない"),
    "not_in_python": Words("the Python there lacks a part of it", "そこの Python に部品がない"),
    "switched_off": Words("a setting keeps it off", "設定で無効"),
    "taken": Words("somebody else uses it", "他が使用中"),
    "namespace": Words("not from within a container", "コンテナの中からは使えない"),
    "refused": Words("the kernel said no", "カーネルが拒否"),
    "not_asked": Words("not asked for", "指定外"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Break:
    """Nothing was heard from `since` to `until` (None: still not). Aware UTC, by our own clock."""

    since: datetime
    until: datetime | None
    why: Words


@dataclass(frozen=True, kw_only=True, slots=True)
class Completeness:
    """How much of what happened was seen. None: this rung does not tell, or nobody could count.

    Forks and exits are those of processes and threads; a rung that sees no threads captures those of
    processes alone. `exits_counted` is the kernel's: its forks, less the
    tasks that there are more now than before. CPU in seconds of one processor; `cpu_all_seconds` is what all
    of them had to give.
    """

    rung: str = ""
    cpu: str = "none"
    refused: tuple[Refusal, ...] = ()
    remarks: tuple[str, ...] = ()
    exits_captured: int = 0
    exits_counted: int = 0
    forks_counted: int = 0
    forks_seen: int | None = None
    cpu_attributed_seconds: float = 0.0
    cpu_used_seconds: float = 0.0
    cpu_all_seconds: float = 0.0
    steal_seconds: float = 0.0
    limit_cores: float | None = None
    events_lost: Mapping[str, int] = field(default_factory=dict)
    kinds_together: int = 0
    probe_cpu_seconds: float = 0.0
    probe_max_rss_bytes: int = 0

    @property
    def lost(self) -> int:
        """Return how many events were lost, by whatever."""
        return sum(self.events_lost.values())

    @property
    def captured_percent(self) -> float | None:
        """Return the share of forks that were seen, else that of exits. 100.0 only where none is missing."""
        if self.forks_seen is not None:
            return _percent(self.forks_seen, self.forks_counted)
        return _percent(self.exits_captured, self.exits_counted)

    @property
    def attributed_percent(self) -> float | None:
        """Return the share of the CPU time used that stands in the rows; above 100 where clocks disagree."""
        return _percent(self.cpu_attributed_seconds, self.cpu_used_seconds)


def _percent(part: float, whole: float) -> float | None:
    return floor(part / whole * 1000) / 10 if whole > 0 else None


# Below this a table of two digits shows zero.
_LEAST_SECONDS = 0.005


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """Processes that belong together: those that ended, those that began, and those that are alive.

    `cpu_seconds` includes those that ended: `ended_cpu_seconds` of it became known by their ends (what a
    process used while it was seen alive is not in that). `mean_life_seconds` is of those whose whole life is
    known; None: of none. `unnamed`: CPU time that starters were left by children of which nobody saw more.
    `exit_codes` and `signals` count ends, `parents` who started them (of the ended and of the alive).
    """

    host: str
    name: str
    comm: str = ""
    executable: str = ""
    service: str = ""
    container: str = ""
    started: int = 0
    ended: int = 0
    alive: int = 0
    cpu_seconds: float = 0.0
    ended_cpu_seconds: float = 0.0
    mean_life_seconds: float | None = None
    exit_codes: Mapping[int, int] = field(default_factory=dict)
    signals: Mapping[int, int] = field(default_factory=dict)
    parents: Mapping[str, int] = field(default_factory=dict)
    users: Mapping[int, int] = field(default_factory=dict)
    commands: tuple[str, ...] = ()
    chain: tuple[str, ...] = ()
    unnamed: bool = False

    @property
    def identity(self) -> tuple[str, str, bool]:
        """Return what stays the same of this row from one view to the next."""
        return (self.host, self.name, self.unnamed)

    @property
    def was_active(self) -> bool:
        """Tell whether any of them began, ended or used measurable CPU time."""
        return bool(self.started or self.ended or self.cpu_seconds >= _LEAST_SECONDS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ran:
    """What ran on one machine between two times, and how completely that was seen."""

    host: str
    begun: datetime
    ended: datetime
    seconds: float
    completeness: Completeness
    rows: tuple[Row, ...]
    breaks: tuple[Break, ...] = ()
