"""A program that a process name can stand for, how the name led to it, and what a machine says of it."""

from dataclasses import dataclass
from enum import Enum

from tenmatsu.model.cause import NextLook
from tenmatsu.model.evidence import Gap
from tenmatsu.model.words import Words

# TASK_COMM_LEN is 16 with the closing zero. Source: Linux include/linux/sched.h, proc(5).
COMM_BYTES = 15


class ProgramKind(Enum):
    """How a program runs."""

    DAEMON = "daemon"
    POLLER = "poller"
    WORKER = "worker"
    HELPER = "helper"
    JOB = "job"
    THREAD = "thread"
    KERNEL_THREAD = "kernel_thread"

    @property
    def title(self) -> Words:
        """Return what the kind means, for people."""
        return _KINDS[self]


_KINDS = {
    ProgramKind.DAEMON: Words("daemon: runs all the time, and waits", "デーモン: 常駐して待つ"),
    ProgramKind.POLLER: Words(
        "poller: runs all the time, and looks at something again and again",
        "見回り役: 常駐して繰り返し調べる",
    ),
    ProgramKind.WORKER: Words("worker: does the work of a daemon", "作業役: デーモンの仕事をする"),
    ProgramKind.HELPER: Words("helper: started by another program", "補助役: 他のプログラムが起動する"),
    ProgramKind.JOB: Words(
        "job: started by cron, a timer or a person", "ジョブ: cron・タイマー・人が起動する"
    ),
    ProgramKind.THREAD: Words("thread of a program", "プログラムのスレッド"),
    ProgramKind.KERNEL_THREAD: Words("thread of the kernel", "カーネルのスレッド"),
}


class Distribution(Enum):
    """Who packages a program. `MAKER`: those who wrote it, or nobody's package."""

    DEBIAN = "debian"
    RHEL = "rhel"
    MAKER = "maker"

    @property
    def title(self) -> Words:
        """Return the name for people."""
        return _DISTRIBUTIONS[self]


_DISTRIBUTIONS = {
    Distribution.DEBIAN: Words("Debian", "Debian"),
    Distribution.RHEL: Words("CentOS/RHEL", "CentOS/RHEL"),
    Distribution.MAKER: Words("its makers", "開発元"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Packaged:
    """The package, or packages, that bring a program in a distribution."""

    distribution: Distribution
    package: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Program:
    """What is known of a program, as data (`knowledge/programs/*.toml`).

    `also` are other names of it; `*` in them stands for anything. `units` are names of services without
    `.service`, a template's with its `@`. `era` says which releases have it, where not all have.
    `points_to` is what it can mean when it is busy or there in masses, `checks` what confirms or clears
    that. `short_lived`: it is normal that it lives briefly and starts often.
    """

    name: str
    kind: ProgramKind
    area: str
    what: Words
    points_to: Words
    checks: tuple[NextLook, ...]
    sources: tuple[str, ...]
    also: tuple[str, ...] = ()
    packages: tuple[Packaged, ...] = ()
    era: str = ""
    units: tuple[str, ...] = ()
    often: Words | None = None
    harmless_when: Words | None = None
    remedy: Words | None = None
    short_lived: bool = False

    @property
    def comm(self) -> str:
        """Return the name as the kernel cuts it."""
        return cut_name(self.name)


def cut_name(name: str) -> str:
    """Return a name as `/proc/PID/comm` has it: its first 15 bytes, whole characters only."""
    return name.encode("utf-8", "surrogatepass")[:COMM_BYTES].decode("utf-8", "ignore")


class MatchedBy(Enum):
    """What led from a name to a program, the surest first."""

    EXECUTABLE = "executable"
    NAME = "name"
    CUT = "cut"
    PATTERN = "pattern"
    CASE = "case"
    ENDING = "ending"
    UNIT = "unit"
    BEGINNING = "beginning"

    @property
    def title(self) -> Words:
        """Return how it was found, for people."""
        return _MATCHED_BY[self]


_MATCHED_BY = {
    MatchedBy.EXECUTABLE: Words("by the executable's name", "実行ファイル名から"),
    MatchedBy.NAME: Words("by its name", "名前から"),
    MatchedBy.CUT: Words("the kernel cuts names at 15 characters", "カーネルが名前を 15 文字で切るため"),
    MatchedBy.PATTERN: Words("by the form of its name", "名前の形から"),
    MatchedBy.CASE: Words("but for capital letters", "大文字と小文字の違いを除いて"),
    MatchedBy.ENDING: Words("by the end of its name", "名前の末尾から"),
    MatchedBy.UNIT: Words("by its service", "サービスから"),
    MatchedBy.BEGINNING: Words("by the beginning of its name", "名前の先頭から"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """A program that a name can stand for, and how the name led to it.

    `note` is what the name itself tells beyond that; `doubt` is what speaks against the match.
    """

    program: Program
    by: MatchedBy
    note: Words | None = None
    doubt: Words | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OwningPackage:
    """The package that brought a file, by this machine's own records."""

    path: str
    package: str
    summary: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ProgramOrigin:
    """What one machine says of a name. What is empty and has no gap was looked for and is not there.

    `processes` counts those that run under it now, `kernel_threads` those of them that are the kernel's;
    `running` are the executables of the others, `installed` the programs of that name that are there.
    """

    processes: int
    kernel_threads: int
    running: tuple[str, ...]
    installed: tuple[str, ...]
    packages: tuple[OwningPackage, ...]
    units: tuple[str, ...]
    summaries: tuple[str, ...]
    gaps: tuple[Gap, ...]

    @property
    def knows_something(self) -> bool:
        """Tell whether the machine has anything of that name."""
        return bool(self.processes or self.installed or self.summaries)


@dataclass(frozen=True, kw_only=True, slots=True)
class NameAnswer:
    """What is known of one name: by the knowledge file, by a machine; and what to ask next if too little."""

    asked: str
    matches: tuple[Match, ...]
    origin: ProgramOrigin
    next_looks: tuple[NextLook, ...] = ()

    @property
    def is_decided(self) -> bool:
        """Tell whether the name fits a program, not only the beginnings of several."""
        return len(self.matches) == 1 or any(match.by is not MatchedBy.BEGINNING for match in self.matches)

    @property
    def is_known(self) -> bool:
        """Tell whether anything is known of it."""
        return self.is_decided or self.origin.knows_something
