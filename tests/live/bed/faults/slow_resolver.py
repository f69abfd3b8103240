"""The resolver answers rightly, but late; each post looks a name up."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .. import resolver
from ..apache import Server
from ..fault import MOST_SECONDS, Fault, Scene
from ..processes import Unusable, running, until

NAME = "rpc.ping.example"
DELAY_SECONDS = 5.0
ENTER = 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"'


@contextmanager
def slow(server: Server) -> Iterator[Scene]:
    """Run the server where /etc/resolv.conf names a late resolver. The mend runs it outside."""
    _check_lookup_order()
    address = _free_address()
    conf = server.root / "resolv.conf"
    # The timeout keeps glibc from asking a second time after its default of 5 s.
    conf.write_text(f"nameserver {address}\noptions timeout:10\n")
    command = (
        *(sys.executable, str(Path(resolver.__file__).resolve()), "--address", address),
        *("--name", NAME, "--delay", str(DELAY_SECONDS), "--seconds", str(MOST_SECONDS)),
    )
    with running(command, log=server.root / "log" / "actors.log", folder=server.root):
        until(lambda: not _is_free(address), what="the resolver's start")
        server.stop()
        server.start(prefix=("unshare", "--mount", "/bin/sh", "-c", ENTER, "sh", str(conf)))
        server.blog.configure({"ping_host": NAME})
        try:
            yield Scene(
                url=server.post_url,
                wrap=("nsenter", f"--mount=/proc/{server.pid}/ns/mnt", "--"),
            )
        finally:
            # This machine's own resolver is not to be asked: /etc/hosts knows the new name.
            server.blog.configure({"ping_host": "localhost"})
            server.stop()
            server.start()


def _check_lookup_order() -> None:
    """Refuse a machine that asks something else than /etc/resolv.conf's servers."""
    path = Path("/etc/nsswitch.conf")
    text = path.read_text() if path.exists() else ""
    if any(line.startswith("hosts:") and "resolve" in line.split() for line in text.splitlines()):
        raise Unusable("nsswitch.conf asks systemd-resolved, not the servers of resolv.conf")


def _free_address() -> str:
    for number in range(53, 254):
        if _is_free(f"127.0.0.{number}"):
            return f"127.0.0.{number}"
    raise Unusable("port 53 is taken on every address tried of 127.0.0.0/24")


def _is_free(address: str) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        try:
            taken.bind((address, resolver.PORT))
        except OSError:
            return False
    return True


FAULT = Fault(
    name="slow-resolver",
    cause="name-resolution",
    layer="dependency",
    symptom="each post takes five seconds longer, and succeeds",
    apply=slow,
    failing=(0.0, 0.0),
    slow_seconds=DELAY_SECONDS,
    fewest_answers=1,
)
