"""Runs a line in a host's shell over SSH, within a time and a number of bytes.

Who answers may never end: what comes is counted while it comes, and both streams count.
"""

import os
import selectors
import signal
import subprocess
import time
from contextlib import suppress
from typing import NamedTuple

from tenmatsu.errors import NoConnection, NotThere, TookTooLong
from tenmatsu.model.words import Words, plain
from tenmatsu.reach.ssh import SshOptions, make_command
from tenmatsu.reach.ssh_messages import SSH_FAILED, explain_ssh

_PIECE_BYTES = 1 << 16


class Ran(NamedTuple):
    """What a line printed, in bytes."""

    out: bytes
    err: bytes


def run_over_ssh(
    host: str, options: SshOptions, line: str, *, limit_seconds: float, most_bytes: int, script: bytes = b""
) -> Ran:
    """Return what a line printed; `script` is on its standard input.

    Raises NoConnection also where it prints more than `most_bytes`, TookTooLong, NotThere, WrongUse.
    """
    process = _start(make_command(host, options, line), script)
    try:
        ran = _listen(process, host, limit_seconds, most_bytes)
    finally:
        _end(process)
    if process.returncode == SSH_FAILED:
        complaint = explain_ssh(host, ran.err.decode("utf-8", "replace"))
        raise NoConnection(host, complaint.words, permanent=complaint.permanent)
    return ran


def _start(command: tuple[str, ...], script: bytes) -> subprocess.Popen[bytes]:
    # In memory, not a pipe: then nobody has to write while the answers are read, however long the script is.
    with os.fdopen(os.memfd_create("script"), "w+b") as source:
        source.write(script)
        source.seek(0)
        try:
            return subprocess.Popen(  # noqa: S603 - the words are ours, the host's name is checked
                command,
                stdin=source,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except FileNotFoundError as missing:
            raise NotThere("ssh") from missing


def _listen(process: subprocess.Popen[bytes], host: str, limit_seconds: float, most_bytes: int) -> Ran:
    deadline = time.monotonic() + limit_seconds
    said = {process.stdout: bytearray(), process.stderr: bytearray()}
    with selectors.DefaultSelector() as streams:
        for stream in said:
            streams.register(stream, selectors.EVENT_READ)  # type: ignore[arg-type]  # both are pipes
        while streams.get_map():
            if (left := deadline - time.monotonic()) <= 0:
                raise TookTooLong(host, limit_seconds)
            for ready, _ in streams.select(left):
                piece = os.read(ready.fd, _PIECE_BYTES)
                if not piece:
                    streams.unregister(ready.fileobj)
                said[ready.fileobj] += piece  # type: ignore[index]  # one of those that were registered
            if sum(map(len, said.values())) > most_bytes:
                words = TOO_MUCH.fill(host=plain(host), most=most_bytes >> 20)
                raise NoConnection(host, words, permanent=False)
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired as late:
        raise TookTooLong(host, limit_seconds) from late
    return Ran(bytes(said[process.stdout]), bytes(said[process.stderr]))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End what is left of ssh and of what it started (ProxyCommand)."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


TOO_MUCH = Words(
    "{host} answers with more than {most} MiB, which no such host has to say",
    "{host} の応答が {most} MiB を超えました。通常あり得ない量です",
)
