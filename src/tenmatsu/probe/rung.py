"""What every rung of the ladder promises. One rung is one way to learn of processes that ended.

A rung is one file, `rung_NAME.py`, with one class that inherits `Rung`, and one line in `ladder.RUNGS`, best
first. The loop in `main.py` does, for the rung that was chosen:

    rung.open(Options)           once; raises `Unavailable` where this guest does not have what it needs
    rung.drain()                 every `drain_seconds`, if it set any: empty buffers before they overrun
    rung.before_look()           once an interval ...
      (the `/proc` rung looks at every living process)
    rung.after_look(pids)        ... and right after; these pids were met
    rung.collect() -> Harvest    once an interval, after that: what was learnt since the last `collect`
    rung.close()                 always, also after `open` failed half-way, and when a signal ends the probe

Rules:

- Nothing outlives `close`, and as far as the kernel allows nothing outlives a kill: prefer what is bound to a
  file descriptor. Whatever is not (a tracefs instance, `acct(2)`) is undone by `close`, which the loop
  calls on SIGTERM, SIGINT, SIGHUP and a cut line alike.
- Never change a setting of the guest. Never take over what somebody else uses (`acct(2)`): `Unavailable`.
- Probe features by using them; never compare versions.
- Bounded: every table has a limit, and what did not fit is counted in `Harvest.losses`, not dropped silently.
- What comes back is raw: names are bytes as the kernel holds them. Masking of passwords and escaping happen
  once, in the loop, so that no rung can forget them.
"""

from typing import AbstractSet, Dict, List, NamedTuple, Optional, Tuple


class Unavailable(Exception):
    """This rung cannot work here. Not an error: the next rung is tried, and the evidence says why.

    `why` is one of the words in `WHYS`, for programs; `reason` one plain sentence without a full stop, for
    people.
    """

    def __init__(self, why: str, reason: str) -> None:
        super().__init__(reason)
        self.why = why
        self.reason = reason


# What may stand between a rung and its use.
WHYS = (
    "not_permitted",  # a right is missing; the reason names it
    "not_in_kernel",  # the kernel was built without it, or is older than it
    "not_in_python",  # the guest's Python has no ctypes or the like
    "switched_off",  # it is there, but a setting that we do not change keeps it off
    "taken",  # somebody else uses it, and it cannot be shared
    "namespace",  # only from the initial namespaces
    "refused",  # the kernel has it and said no; the reason quotes it
    "not_asked",  # the caller did not allow this rung
)


class Options(NamedTuple):
    """What the caller asked for. Travels inside the bundle, not on the command line."""

    interval_seconds: float = 1.0
    # End by itself after this long (0: never), whatever the line does.
    limit_seconds: float = 0.0
    # Rungs that may be tried, by name; the `/proc` rung always runs. Empty: all.
    rungs: Tuple[str, ...] = ()
    most_rows: int = 1000
    most_samples: int = 200
    # Only for the tests: take the way that kernels before 6.16 need, on any kernel.
    old_exit_tracepoint: bool = False
    # Only for the tests: read taskstats as before version 12, where a thread does not name its process.
    old_taskstats: bool = False
    # Only for the tests: room in a netlink socket, to see it overrun (0: what the rung thinks right).
    receive_buffer_bytes: int = 0


class Ended(NamedTuple):
    """Processes (not threads) that ended since the last `collect` and are alike in every word here.

    Give one row per combination, with counts and sums, not one per process. A process that began before the
    last look (`after_look`) is the exception: it has been charged for what it used until then, so it needs
    a row of its own with `pid` and `started_ticks`, and the loop takes off what was charged. A rung that
    knows no start time gives the `pid` alone. `processes` may be 0: CPU time often comes later than the end
    that it belongs to.
    """

    name: bytes  # comm when it ended (of the thread group's leader), at most 15 bytes
    parent: bytes  # comm of what started it (not of who inherited it), b"" where unknown
    processes: int
    status: Optional[int] = None  # as wait(2) gives it: exit code << 8, or signal, + 0x80 with a core dump
    uid: Optional[int] = None  # real user id, in the initial user namespace
    cgroup: str = ""  # path below the root of the cgroup v2 tree
    cpu_ns: Optional[int] = None  # with all of its threads; None: this rung cannot tell
    life_ns: Optional[int] = None  # sum of their lives, fork to exit; None: this rung cannot tell
    pid: int = 0
    started_ticks: int = 0  # field 22 of /proc/PID/stat
    parent_pids: Tuple[int, ...] = ()  # the first and the last that was met; alike: there was only one


class Sample(NamedTuple):
    """One process as an example of its kind, caught when it started its program (execve)."""

    name: bytes  # comm after the exec
    parent: bytes
    pid: int
    uid: Optional[int] = None
    path: bytes = b""  # as execve was given it
    arguments: Tuple[bytes, ...] = ()  # not masked: the loop does that
    cut: bool = False  # the command line was longer


class Counted(NamedTuple):
    """Events since `open`, for completeness. None: this rung does not see them."""

    forks: Optional[int] = (
        None  # of processes and threads: what the kernel's `processes` counts (`total_forks`)
    )
    process_exits: Optional[int] = None
    task_exits: Optional[int] = None  # threads included


class Harvest(NamedTuple):
    """What `collect` brings. `losses`: what was lost since the last `collect`, by what it was lost to."""

    ended: List[Ended]
    samples: List[Sample]
    losses: Dict[str, int]


class Rung:
    """One way to learn of processes that ended. Inherit, set the three words, override what is needed."""

    #: How the evidence calls it.
    name = ""
    #: What the CPU seconds of its rows are: "exact", "partly" (some is missing; `remarks` says what) or
    #: "none": then the CPU of the dead is taken from their parents' child times, by the `/proc` rung.
    cpu = "none"
    #: How often `drain` must be called, in seconds; None: never.
    drain_seconds: Optional[float] = None

    def __init__(self) -> None:
        #: Whole sentences on what this rung misses here, for the evidence.
        self.remarks: List[str] = []

    def open(self, options: Options) -> None:
        """Begin to watch, or raise `Unavailable`. From here on no process may go unnoticed."""
        raise NotImplementedError

    def drain(self) -> None:
        """Take what waits in the kernel's buffers. Must not block."""

    def count(self) -> Counted:
        """Return what was seen since `open`.

        Called right before and right after the kernel's own count is read: that must lie between the two if
        nothing was lost.
        """
        return Counted()

    def before_look(self) -> None:
        """A look at the living begins: from now on tell of each end by itself, with pid and start."""

    def after_look(self, living: AbstractSet[int]) -> None:
        """The look is over and met these pids: ends of processes that began later may be summed."""

    def collect(self) -> Harvest:
        """Return what was learnt since the last call. Raises OSError only for what cannot go on."""
        raise NotImplementedError

    def close(self) -> None:
        """Undo `open`, however far it got. Never raises."""
