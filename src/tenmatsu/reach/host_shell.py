"""Runs a script of ours in the shell of this machine, or of another one over SSH, within a limit.

The script goes in by standard input: nothing of it has to pass a login shell, and nothing is left there.
"""

import os
import secrets
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple

from tenmatsu.errors import NoConnection, NotThere
from tenmatsu.parse.marked_sections import parse_sections
from tenmatsu.reach.process_exchange import Bounds, exchange
from tenmatsu.reach.ssh import SshOptions, make_command
from tenmatsu.reach.ssh_messages import SSH_FAILED, explain_ssh

# Every login shell knows these two words.
_REMOTE = "exec sh"
_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
# What the other side does within the limit must be told before this side gives up.
_WAY_SECONDS = 5.0
# A guest is some 10 KiB in all (its XML, its figures, its process): room for 3,000. Complaints are lines.
_MOST_BYTES, _MOST_COMPLAINT_BYTES = 32 << 20, 64 << 10
_PREAMBLE = r"""
LC_ALL=C.UTF-8; export LC_ALL
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin
mark=%(mark)s limit=%(limit)g
say() { printf '\n%%s %%s\n' "$mark" "$*"; }
"""


class Told(NamedTuple):
    """What a script printed, by section, in its order; when it was sent and all of it was there."""

    sections: tuple[tuple[str, bytes], ...]
    sent: datetime
    received: datetime

    def find(self, name: str) -> bytes | None:
        """Return the content of the last section of a name, or None: the script did not come to it."""
        return next((content for one, content in reversed(self.sections) if one == name), None)


class HostShell:
    """A way to run scripts on one machine. `name` is what to call the machine in a sentence."""

    def __init__(self, argv: Sequence[str], name: str, host: str = "") -> None:
        self._argv = tuple(argv)
        self.name = name
        self._host = host

    @property
    def is_here(self) -> bool:
        """Tell whether the machine's clock is ours."""
        return not self._host

    def run(self, script: str, limit_seconds: float) -> Told:
        """Run a script that only reads. It finds `say NAME` to begin a section, and `$limit`.

        Raises NotThere without a shell or ssh, TookTooLong, NoConnection, ReachError for a flood.
        """
        mark = secrets.token_hex(16)
        text = _PREAMBLE % {"mark": mark, "limit": limit_seconds} + script
        sent = datetime.now(UTC)
        code, out, err = self._converse(text.encode(), limit_seconds + _WAY_SECONDS)
        if self._host and code == SSH_FAILED:
            complaint = explain_ssh(self._host, err.decode("utf-8", "backslashreplace"))
            raise NoConnection(self._host, complaint.words, permanent=complaint.permanent)
        return Told(tuple(parse_sections(out, mark)), sent, datetime.now(UTC))

    def _converse(self, script: bytes, limit_seconds: float) -> tuple[int, bytes, bytes]:
        environment = {**os.environ, "LC_ALL": "C.UTF-8"} if self._host else _ENVIRONMENT
        try:
            process = subprocess.Popen(  # noqa: S603 - the words are ours; only the script is read by a shell
                self._argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                start_new_session=True,
            )
        except FileNotFoundError as missing:
            raise NotThere(self._argv[0]) from missing
        try:
            bounds = Bounds(limit_seconds, _MOST_BYTES, _MOST_COMPLAINT_BYTES)
            out, err = exchange(process, self.name, script, bounds)
        finally:
            _end(process)
        return process.returncode, out, err


def _end(process: subprocess.Popen[bytes]) -> None:
    """End what is left of a process and of those that it started, and read nothing more of it."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            stream.close()


def open_shell_here(name: str, around: Sequence[str] = ()) -> HostShell:
    """Return the way to this machine's own shell; `around` are words before it, such as nsenter's."""
    return HostShell((*around, "sh"), name)


def open_shell_on(host: str, ssh: SshOptions) -> HostShell:
    """Return the way to a host's shell over SSH. Raises WrongUse where the name cannot be a host's."""
    return HostShell(make_command(host, ssh, _REMOTE), host, host)
