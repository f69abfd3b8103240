"""One SSH connection with a reader at its other end: many questions at once, each with its limit.

A small shell script finds a Python 3.6 and says so (`host_line.py`). Then the reader is sent, as one line
(`probe/bundle.py`); it runs as root where sudo allows that. A shell passes the program to `python3 -` and
keeps the line for the requests, at `/proc/PID/fd/9`: so the same line of sudoers serves the probe and the
reader.
"""

import itertools
import json
import os
import queue
import select
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Any

from tenmatsu.errors import NoConnection, NotThere, ParseError, TookTooLong
from tenmatsu.model.words import Words
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.parse.probe_start import Start, StartReader
from tenmatsu.parse.reader_frames import Piece, PieceReader
from tenmatsu.reach.host_line import FIND_PYTHON, NO_LINE, NOTHING_THERE
from tenmatsu.reach.reader_speech import Answer, PythonSpeech, ShellSpeech, Speech
from tenmatsu.reach.ssh import SshOptions, make_command
from tenmatsu.reach.ssh_messages import SSH_FAILED, explain_ssh

# Read by the user's login shell: what holds for `host_line.REMOTE` holds here. `cat` makes a pipe of what
# may be a socket: only a pipe can be opened anew through /proc.
REMOTE = FIND_PYTHON + (
    'if [ -n "$p" ]; then s python $p; elif p=$(command -v awk); then s shell $p; '
    "else s nothing -; exit; fi; "
    'cat | { read -r b; eval "$b"; }\''
)
# Login, start of Python and of the reader; on a machine that is short of CPU many times the usual second.
_HELLO_SECONDS = 30.0
# Something is asked so often at least, so that the reader knows that we are there, and we that it is.
_PING_SECONDS = 5.0
_SILENT_SECONDS = 25.0
_BEAT_SECONDS = 0.5
_GOODBYE_SECONDS = 2.0
_MOST_ERROR_BYTES = 4096
_READ_BYTES = 1 << 16
# What an answer may be longer than it was asked for: the lengths and frames around many small ones.
_SLACK_BYTES = 1 << 16
_HELLO = 0


@dataclass(kw_only=True, slots=True)
class _Question:
    """A question that waits for its answer."""

    most_bytes: int
    pieces: list[bytes] = field(default_factory=list)
    errors: list[bytes] = field(default_factory=list)
    size: int = 0
    said: Mapping[str, Any] | None = None
    done: threading.Event = field(default_factory=threading.Event)


class ReaderLine:
    """The connection. `ask` may be called from any thread.

    `lost` says why there is none any more, and `lost_at` since when (our clock). `start` is what is there.
    """

    def __init__(self, host: str, ssh: SshOptions) -> None:
        """Connect and wait until the reader answers.

        Raises WrongUse where the name cannot be a host's, NotThere where this machine has no ssh,
        NoConnection with what to do where the host cannot be reached or used.
        """
        self.host = host
        self.start: Start | None = None
        self._speech: Speech = PythonSpeech()
        self.lost: NoConnection | None = None
        self.lost_at: datetime | None = None
        self._on_lost: Callable[[], object] | None = None
        self._starting, self._reader = StartReader(), PieceReader()
        self._said = b""
        self._closing = False
        self._answered = False
        self._numbers = itertools.count(1)
        self._questions = {_HELLO: _Question(most_bytes=_SLACK_BYTES)}
        self._lock = threading.Lock()
        self._to_send: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the words are ours; no shell here reads them
                make_command(host, ssh, REMOTE),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                process_group=0,  # a Ctrl-C ends the window, not the line
            )
        except FileNotFoundError as missing:
            raise NotThere("ssh") from missing
        self._threads = [
            threading.Thread(target=work, name=f"{work.__name__} {host}", daemon=True)
            for work in (self._listen, self._send, self._receive)  # who receives waits for who listens
        ]
        for thread in self._threads:
            thread.start()
        try:
            self.hello = self._wait(_HELLO, _HELLO_SECONDS, host)[0].said
        except BaseException:  # a Ctrl-C too
            self.close()
            raise

    def when_lost(self, call: Callable[[], object]) -> None:
        """Call this, from another thread, when the line is lost; at once where it is."""
        with self._lock:
            self._on_lost = call
            lost = self.lost is not None
        if lost:
            call()

    def ask(
        self, question: str, what: str, wait_seconds: float, *, most_bytes: int, words: Mapping[str, object]
    ) -> Answer:
        """Return the answer to a question about `what`.

        Raises TookTooLong where none came in time, NoConnection as soon as the line is lost.
        """
        number = next(self._numbers)
        request = self._speech.make_request(number, question, words)
        with self._lock:
            if self.lost is not None:
                raise self.lost
            self._questions[number] = _Question(most_bytes=most_bytes + _SLACK_BYTES)
        self._to_send.put(request)
        try:
            answer, err = self._wait(number, wait_seconds, what)
        except TookTooLong:
            self._to_send.put(self._speech.give_up(number))
            raise
        return self._speech.understand(question, words, answer, err)

    def _wait(self, number: int, wait_seconds: float, what: str) -> tuple[Answer, bytes]:
        question = self._questions[number]
        question.done.wait(wait_seconds)
        with self._lock:
            self._questions.pop(number, None)
            if question.said is not None:
                answer = Answer(data=b"".join(question.pieces), said=question.said)
                return answer, b"".join(question.errors)
            if self.lost is not None:
                raise self.lost
        if number == _HELLO:
            raise NoConnection(self.host, _SILENT.fill(host=self.host), permanent=False)
        raise TookTooLong(what, wait_seconds)

    def _send(self) -> None:
        """Write what is to be sent, now and then something of its own. A full line blocks only this."""
        writing = _there(self._process.stdin)
        with suppress(OSError, ValueError):
            while True:
                try:
                    data = self._to_send.get(timeout=_PING_SECONDS)
                except queue.Empty:
                    data = self._speech.make_ping() if self._answered else b""
                if data is None:
                    break
                writing.write(data)
                writing.flush()
        with suppress(OSError):
            writing.close()

    def _receive(self) -> None:
        heard = time.monotonic()
        try:
            while not self._closing:
                data = self._read()
                if data:
                    heard = time.monotonic()
                    self._take(data)
                elif data is not None or self._process.poll() is not None:  # others may hold its pipe open
                    return self._lose(*self._why_cut())
                elif self.start is not None and time.monotonic() - heard > _SILENT_SECONDS:
                    return self._lose(_SILENT.fill(host=self.host), permanent=False)
        except ParseError as damage:
            self._lose(damage.words, permanent=False)
        finally:  # whatever happened: nobody may wait for what nobody hears
            self._lose(_SILENT.fill(host=self.host), permanent=False)
        return None

    def _read(self) -> bytes | None:
        """Return what came, nothing where the line was cut, None where nothing came for a moment."""
        reading = _there(self._process.stdout).fileno()
        waiting = select.poll()
        waiting.register(reading, select.POLLIN)
        return os.read(reading, _READ_BYTES) if waiting.poll(_BEAT_SECONDS * 1000) else None

    def _take(self, data: bytes) -> None:
        if self.start is None:
            found = self._starting.feed(data)
            if found is None:
                return None
            start, data = found
            if start.what == "nothing":
                return self._lose(NOTHING_THERE.fill(host=self.host), permanent=True)
            if start.what == "shell":
                self._speech = ShellSpeech()
            self._to_send.put(self._speech.make_program())
            self.start = start
        for piece in self._reader.feed(data):
            self._note(piece)
        return None

    def _note(self, piece: Piece) -> None:
        self._answered = True
        with self._lock:
            question = self._questions.get(piece.number)
            if question is None or question.said is not None:
                return  # given up meanwhile, or our own ping
            if piece.kind == "e":
                question.said = _read_end(piece.data)
                question.done.set()
                return
            question.size += len(piece.data)
            if question.size > question.most_bytes:
                raise ParseError("an answer of the reader", "more than was asked for")
            (question.errors if piece.kind == "r" else question.pieces).append(piece.data)

    def _listen(self) -> None:
        reading = _there(self._process.stderr)
        with suppress(OSError, ValueError):
            while data := os.read(reading.fileno(), _READ_BYTES):
                self._said = (self._said + data)[-_MOST_ERROR_BYTES:]

    @property
    def said(self) -> tuple[str, ...]:
        """What ssh and the other side wrote on standard error, the last 4 KiB, without control characters."""
        lines = self._said.decode("utf-8", "backslashreplace").splitlines()
        return tuple(plain for line in lines if (plain := make_plain(line)))

    def _why_cut(self) -> tuple[Words, bool]:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_GOODBYE_SECONDS)
        self._threads[0].join(_GOODBYE_SECONDS)  # until it has heard the last word
        if self._process.returncode == SSH_FAILED:
            complaint = explain_ssh(self.host, "\n".join(self.said))
            return complaint.words, complaint.permanent
        heard = [*self._starting.noise, *self.said]
        words = _CUT if self._answered else NO_LINE
        return words.fill(host=self.host, said=heard[-1] if heard else "?"), False

    def _lose(self, words: Words, permanent: bool) -> None:
        with self._lock:
            if self.lost is not None:
                return
            self.lost = NoConnection(self.host, words, permanent=permanent)
            self.lost_at = datetime.now(UTC)
            waiting = list(self._questions.values())
        for question in waiting:
            question.done.set()
        self._to_send.put(None)
        if self._on_lost is not None and not self._closing:
            self._on_lost()

    def close(self) -> None:
        """End the connection, and wait for its end. From any thread, also twice. Never raises."""
        with self._lock:
            closing, self._closing = self._closing, True
        if closing:
            return
        self._lose(_CLOSED.fill(host=self.host), permanent=False)
        self._end()
        for thread in self._threads:
            thread.join(_GOODBYE_SECONDS)
        for pipe in (self._process.stdout, self._process.stderr):
            with suppress(OSError):
                _there(pipe).close()

    def _end(self) -> None:
        """Let ssh say goodbye: the other side sees its line closed at once."""
        for stop in (self._process.terminate, self._process.kill):
            stop()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_GOODBYE_SECONDS)
                return


def _read_end(data: bytes) -> Mapping[str, Any]:
    """Return what an answer's end says. Raises ParseError."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise ParseError("an answer of the reader", ascii(data[:80]))
    return said


def find_complaints(said: Iterable[str]) -> tuple[str, ...]:
    """Return what sudo complained of."""
    return tuple(line for line in said if line.startswith("sudo: "))


def _there(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # noqa: S101 - Popen was asked for all three
    return pipe


_SILENT = Words("{host} says nothing any more", "{host} からの応答が途絶えました")
_CUT = Words("the line to {host} was cut ({said})", "{host} との接続が切れました ({said})")
_CLOSED = Words("the connection to {host} was closed", "{host} との接続を閉じました")
