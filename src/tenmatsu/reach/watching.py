"""Watches a machine through the probe for as long as is wanted: a lost line is told, and begun anew."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from tenmatsu.errors import ReachError
from tenmatsu.model.evidence import Gap
from tenmatsu.parse.probe_frames import End, Frame, Hello
from tenmatsu.probe.rung import Options
from tenmatsu.reach.clock_offset import ClockOffset
from tenmatsu.reach.host_line import HostLine
from tenmatsu.reach.probe import Lost, ProbeLine, open_here, say_why
from tenmatsu.reach.ssh import SshOptions, check_host

# The pauses between tries: a host that is booting must not wait long, one that is gone must not be bothered.
_PAUSES_SECONDS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)

Told = Frame | Lost


class Watching:
    """All runs of the probe on one machine, one after the other.

    After a `Lost` comes the `Hello` of the next run, or another `Lost` with the same `since` for each try
    that failed: the gap reaches from there to that `Hello`. It ends when it is closed, when the probe's own
    time is over, or when trying again is of no use: then the last thing told is a `Lost`.
    """

    def __init__(self, open_line: Callable[[], ProbeLine]) -> None:
        """Watch through lines that `open_line` opens; it may raise ReachError."""
        self._open_line = open_line
        self._line: ProbeLine | None = None
        self._closing = threading.Event()
        self._changing = threading.Lock()
        self._heard = datetime.now(UTC)
        self.gaps: tuple[Gap, ...] = ()
        self.clock_offset: ClockOffset | None = None

    def frames(self) -> Iterator[Told]:
        """Return what is told, as it comes. Never raises for what another machine does or lacks."""
        tries = 0
        while not self._closing.is_set():
            last: Told | None = None
            for last in self._run_once():
                if isinstance(last, Hello):
                    tries = 0
                yield last
            if self._is_over(last):
                return
            if isinstance(last, End):  # somebody else ended it
                yield self._lose(Lost(since=self._heard, noticed=self._heard, why=say_why(last)))
            self._closing.wait(_PAUSES_SECONDS[min(tries, len(_PAUSES_SECONDS) - 1)])
            tries += 1

    def _run_once(self) -> Iterator[Told]:
        try:
            line = self._open()
        except ReachError as no:
            self._closing.set()
            yield self._lose(Lost(since=self._heard, noticed=datetime.now(UTC), why=no.words))
            return
        if line is None:
            return
        try:
            for told in line.frames():
                yield self._take(line, told)
        finally:
            line.close()

    def _open(self) -> ProbeLine | None:
        with self._changing:
            self._line = None if self._closing.is_set() else self._open_line()
            return self._line

    def _take(self, line: ProbeLine, told: Told) -> Told:
        if isinstance(told, Lost):
            return self._lose(told)
        self._heard = datetime.now(UTC)
        self.clock_offset = line.clock_offset
        if isinstance(told, Hello):
            self.gaps = line.find_gaps(told)
        return told

    def _lose(self, lost: Lost) -> Lost:
        self._heard = min(self._heard, lost.since)
        return replace(lost, since=self._heard)

    def _is_over(self, last: Told | None) -> bool:
        if self._closing.is_set() or (self._line is not None and self._line.permanent):
            return True
        return isinstance(last, End) and last.is_due

    def close(self) -> None:
        """End the run and wait for it. From any thread, also twice. Never raises."""
        self._closing.set()
        with self._changing:
            line = self._line
        if line is not None:
            line.close()


def watch_host(host: str, options: Options, ssh: SshOptions | None = None) -> Watching:
    """Return the watching of a host over SSH; nothing is started before its frames are asked for.

    Raises WrongUse where the name cannot be a host's.
    """
    check_host(host)
    return Watching(lambda: HostLine(host, options, ssh or SshOptions()))


def watch_here(options: Options) -> Watching:
    """Return the watching of this machine; nothing is started before its frames are asked for."""
    return Watching(lambda: open_here(options))
