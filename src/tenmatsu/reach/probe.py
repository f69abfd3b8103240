"""Runs the probe and reads what it writes. Here; `host_line.py` does it on another machine.

The probe is asked to end by closing the line: it notices at once, and takes with it what it had loaded into
the kernel. Nothing else is ever killed than the process that was started here, and that only if it does not
answer.
"""

import itertools
import os
import queue
import select
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Protocol

from tenmatsu.errors import NotThere, ParseError, ReachError
from tenmatsu.model.evidence import Gap
from tenmatsu.model.words import Words
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.parse.probe_frames import End, Frame, FrameReader, Hello, Look
from tenmatsu.probe.bundle import PYTHON_OPTIONS, make_bundle
from tenmatsu.probe.rung import Options
from tenmatsu.reach.clock_offset import ClockOffset, OffsetBounds

# A start takes about 0.3 s; on a machine that is short of CPU many times that.
_HELLO_SECONDS = 20.0
# The probe tells something once an interval. After so many intervals of silence the line counts as lost.
_SILENT_INTERVALS = 5
_LEAST_SILENT_SECONDS = 10.0
_GOODBYE_SECONDS = 2.0
_MOST_ERROR_BYTES = 4096
_READ_BYTES = 1 << 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Lost:
    """Nothing was heard from `since` on; noticed at `noticed`. Aware UTC times of our own clock."""

    since: datetime
    noticed: datetime
    why: Words


class ProbeSource(Protocol):
    """Where frames come from: the probe on one machine, whatever the way there.

    `gaps`: what cannot be seen there for want of a right or a part, once the probe has said hello.
    """

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Return what cannot be seen there."""

    def frames(self) -> Iterator[Frame | Lost]:
        """Return what is told, as it comes. Raises ReachError where the machine cannot be reached."""

    def close(self) -> None:
        """End it, from any thread."""


class ProbeLine:
    """One run of the probe, behind any command that ends in a `python3 -`.

    `permanent` is True once it is known that trying again is of no use.
    """

    permanent = False
    # None: a Ctrl-C reaches it as well, and it says goodbye. 0: it does not (`subprocess.Popen`,
    # process_group).
    _process_group: int | None = None

    def __init__(self, command: Sequence[str], options: Options) -> None:
        """Start it. Raises NotThere where the command is not there."""
        self._options = options
        self._reader = FrameReader()
        self._heard = datetime.now(UTC)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the words are ours; no shell reads them
                [*command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                process_group=self._process_group,
            )
        except FileNotFoundError as missing:
            raise NotThere(command[0]) from missing
        self._said = b""
        self._offset = OffsetBounds()
        self._error_seconds = 0.0
        self._sent = self._heard
        self._programs: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._choose_program()
        self._frames: Iterator[Frame | Lost] = self._read()
        self._using = threading.Lock()
        self._closed = False
        self._woken, self._waker = os.pipe()
        # Each pipe has its own thread: a command that reads nothing, or complains at length, must not block
        # us.
        self._helpers = [threading.Thread(target=work, daemon=True) for work in (self._send, self._listen)]
        for helper in self._helpers:
            helper.start()

    def _choose_program(self) -> None:
        """Say what is sent, by `_programs`: at once, or when the other side has said what it can run."""
        self._programs.put(make_bundle(self._options))

    def _take_start(self, data: bytes) -> bytes:
        """Return what of the data is frames. Raises ParseError."""
        return data

    def _send(self) -> None:
        program = self._programs.get()
        writing = _there(self._process.stdin)
        with suppress(OSError):  # it may have ended already; that shows on the other pipe
            writing.write(program)
            writing.flush()
        self._sent = datetime.now(UTC)  # it begins to run at the end of the file, not before
        with suppress(OSError):
            writing.close()

    def _listen(self) -> None:
        reading = _there(self._process.stderr)
        with suppress(OSError, ValueError):
            while data := os.read(reading.fileno(), _READ_BYTES):
                self._said = (self._said + data)[-_MOST_ERROR_BYTES:]

    def frames(self) -> Iterator[Frame | Lost]:
        """Return the frames that are still to come, as they come. The last one is `End` or `Lost`."""
        return self._frames

    def put_back(self, frame: Frame) -> None:
        """Let a frame that was read be the next one again."""
        self._frames = itertools.chain((frame,), self._frames)

    def _read(self) -> Iterator[Frame | Lost]:
        limit = _HELLO_SECONDS
        while not self._reader.ended:
            try:
                data = self._wait_and_read(limit)
                if self._closed:
                    return
                if not data:
                    yield self._lose(_SILENT if data is None else self._why_cut())
                    return
                for frame in self._reader.feed(self._take_start(data)):
                    self._heard = datetime.now(UTC)
                    self._compare_clocks(frame)
                    if isinstance(frame, Hello):
                        limit = max(_LEAST_SILENT_SECONDS, _SILENT_INTERVALS * self._options.interval_seconds)
                    yield frame
            except ParseError as damaged:
                yield self._lose(damaged.words)
                return

    def _compare_clocks(self, frame: Frame) -> None:
        if isinstance(frame, Hello):
            self._error_seconds = frame.time_error_seconds
            self._offset.take_first(self._sent, frame.time, self._heard, self._error_seconds)
        elif isinstance(frame, Look):
            self._offset.take(frame.ended_at, self._heard, self._error_seconds)

    @property
    def clock_offset(self) -> ClockOffset | None:
        """How far the probe's clock is ahead of ours; None before its first frame."""
        return self._offset.offset

    def find_gaps(self, hello: Hello) -> tuple[Gap, ...]:  # noqa: ARG002 - other lines need it
        """Return what cannot be seen through this line, beyond what the probe itself says."""
        return ()

    def _wait_and_read(self, seconds: float) -> bytes | None:
        """Return what came; nothing where the line was cut; None where it was silent, or closed by us."""
        with self._using:
            if self._closed:
                return None
            reading = _there(self._process.stdout).fileno()
            waiting = select.poll()
            for descriptor in (reading, self._woken):
                waiting.register(descriptor, select.POLLIN)
            ready = dict(waiting.poll(seconds * 1000))
            return os.read(reading, _READ_BYTES) if reading in ready and self._woken not in ready else None

    def _lose(self, why: Words) -> Lost:
        return Lost(since=self._heard, noticed=datetime.now(UTC), why=why)

    def _why_cut(self) -> Words:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_GOODBYE_SECONDS)
            self._helpers[-1].join(_GOODBYE_SECONDS)  # until it has heard the last word
        said = self.said.splitlines()
        last = said[-1] if said else make_plain("".join(self._reader.noise[-1:]))
        return Words(f"the line was cut. {last}".rstrip(), f"接続が切れました。{last}")

    @property
    def said(self) -> str:
        """What the command wrote on standard error, the last 4 KiB, without control characters."""
        lines = self._said.decode("utf-8", "backslashreplace").splitlines()
        return "\n".join(plain for line in lines if (plain := make_plain(line)))

    def _part(self) -> None:
        """Do what else the command needs to end, beside a closed line."""

    def close(self) -> None:
        """End the probe by closing its line, and wait for it. From any thread, also twice. Never raises."""
        if self._closed:
            return
        self._closed = True
        self._programs.put(b"")
        os.write(self._waker, b"!")
        with self._using:  # whoever waits for frames has left
            _there(self._process.stdout).close()
            os.close(self._woken)
            os.close(self._waker)
        self._part()
        try:
            self._process.wait(_GOODBYE_SECONDS)
        except subprocess.TimeoutExpired:
            with suppress(OSError):  # another user's, behind sudo: sudo passes it on
                self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_GOODBYE_SECONDS)
        for helper in self._helpers:
            helper.join(_GOODBYE_SECONDS)
        _there(self._process.stderr).close()


_SILENT = Words("nothing came for too long", "応答が途絶えました")


def open_here(options: Options) -> ProbeLine:
    """Start the probe on this machine; its first frame is still to be read. Raises ReachError."""
    line, hello = start_here(options)
    line.put_back(hello)
    return line


def start_here(options: Options) -> tuple[ProbeLine, Hello]:
    """Start the probe on this machine, as root where that needs no password, else as oneself.

    Returns the line and the probe's first frame. Raises ReachError where not even that works.
    """
    python = (sys.executable, *PYTHON_OPTIONS)
    ways = [python] if os.geteuid() == 0 else [("sudo", "-n", *python), python]
    why: Words | None = None
    for way in ways:
        try:
            line = ProbeLine(way, options)
        except NotThere as missing:  # a machine without sudo
            why = missing.words
            continue
        first = next(line.frames(), None)
        if isinstance(first, Hello):
            return line, first
        line.close()
        why = say_why(first)
    raise ReachError("probe", why or _SILENT)


def say_why(frame: Frame | Lost | None) -> Words:
    """Return why this is not the first frame that was waited for."""
    if isinstance(frame, Lost):
        return frame.why
    lines = frame.reason.strip().splitlines() if isinstance(frame, End) else []
    reason = make_plain(lines[-1]) if lines else ""
    return Words(f"the probe ended at once. {reason}".rstrip(), f"プローブがすぐに終了しました。{reason}")


def _there(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # noqa: S101 - Popen was asked for all three
    return pipe
