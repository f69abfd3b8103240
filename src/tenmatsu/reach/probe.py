"""Runs the probe and reads what it writes. Here; the same pieces serve any other way to a `python3`.

The probe is asked to end by closing the line: it notices at once, and takes with it what it had loaded into
the kernel. Nothing else is ever killed than the process that was started here, and that only if it does not
answer.
"""

import os
import select
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO

from tenmatsu.errors import NotThere, ParseError, ReachError
from tenmatsu.model.words import Words
from tenmatsu.parse.probe_frames import End, Frame, FrameReader, Hello
from tenmatsu.probe.bundle import PYTHON_OPTIONS, make_bundle
from tenmatsu.probe.rung import Options

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


class ProbeLine:
    """One run of the probe, behind any command that ends in a `python3 -`."""

    def __init__(self, command: Sequence[str], options: Options) -> None:
        """Start it. Raises NotThere where the command is not there."""
        self._options = options
        self._reader = FrameReader()
        self._heard = datetime.now(UTC)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the words are ours; no shell reads them
                [*command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
        except FileNotFoundError as missing:
            raise NotThere(command[0]) from missing
        self._said = b""
        self._frames = self._read()
        self._using = threading.Lock()
        self._closed = False
        self._woken, self._waker = os.pipe()
        # Each pipe has its own thread: a command that reads nothing, or complains at length, must not block
        # us.
        self._helpers = [threading.Thread(target=work, daemon=True) for work in (self._send, self._listen)]
        for helper in self._helpers:
            helper.start()

    def _send(self) -> None:
        writing = _there(self._process.stdin)
        with suppress(OSError):  # it may have ended already; that shows on the other pipe
            writing.write(make_bundle(self._options))
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
                for frame in self._reader.feed(data):
                    self._heard = datetime.now(UTC)
                    if isinstance(frame, Hello):
                        limit = max(_LEAST_SILENT_SECONDS, _SILENT_INTERVALS * self._options.interval_seconds)
                    yield frame
            except ParseError as damaged:
                yield self._lose(damaged.words)
                return

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
        said = self._said.decode("utf-8", "backslashreplace").strip().splitlines()
        last = said[-1] if said else "".join(self._reader.noise[-1:])
        return Words(f"the line was cut. {last}".rstrip(), f"接続が切れました。{last}")

    def close(self) -> None:
        """End the probe by closing its line, and wait for it. From any thread, also twice. Never raises."""
        if self._closed:
            return
        self._closed = True
        os.write(self._waker, b"!")
        with self._using:  # whoever waits for frames has left
            _there(self._process.stdout).close()
            os.close(self._woken)
            os.close(self._waker)
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
        why = first.why if isinstance(first, Lost) else _ends(first)
    raise ReachError("probe", why or _SILENT)


def _ends(frame: Frame | None) -> Words:
    reason = frame.reason.strip().splitlines()[-1] if isinstance(frame, End) and frame.reason.strip() else ""
    return Words(f"the probe ended at once. {reason}".rstrip(), f"プローブがすぐに終了しました。{reason}")


def _there(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # noqa: S101 - Popen was asked for all three
    return pipe
