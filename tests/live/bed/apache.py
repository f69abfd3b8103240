"""Debian's real Apache with the blog, in a ServerRoot of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .alone import alone
from .ask import answers, ask
from .blog import TYPICAL_CPU_SECONDS, Blog, install
from .processes import BedError, Process, end, for_each_in_session, start, until
from .settings import Settings, render_conf

APACHE = Path("/usr/sbin/apache2")
RUN_USER = "www-data"
READY_LINE = re.compile(r"configured -- resuming normal operations")
PACKAGES = "apache2-bin perl libdbi-perl libdbd-sqlite3-perl"
NEEDED = ("setpriv", "unshare", "nsenter", "mount", "perl")


class Server:
    """One Apache, started, reconfigured and stopped like a service.

    The process changes over its life; its root folder, port and URL never do.
    """

    def __init__(self, blog: Blog, settings: Settings) -> None:
        """Prepare a server for an installed blog. Nothing runs until `start`."""
        self.blog = blog
        self.settings = settings
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        for name in ("log", "run", "tmp"):
            (self.root / name).mkdir()

    @property
    def root(self) -> Path:
        """The ServerRoot."""
        return self.blog.root

    @property
    def error_log(self) -> Path:
        """The ErrorLog."""
        return self.root / "log" / "error.log"

    @property
    def access_log(self) -> Path:
        """The CustomLog."""
        return self.root / "log" / "access.log"

    @property
    def pid(self) -> int:
        """The process id of Apache's parent process."""
        if self._process is None or self._process.poll() is not None:
            raise BedError(f"Apache does not run; its last words: {self._last_words()}")
        return self._process.pid

    @property
    def post_url(self) -> str:
        """The URL that adds an entry: the owner's write path."""
        return self.url("/cgi-bin/blog.cgi?do=post")

    @property
    def read_url(self) -> str:
        """The URL that shows the newest entry."""
        return self.url("/cgi-bin/blog.cgi?do=read")

    def url(self, path: str) -> str:
        """Return the URL of a path on this server."""
        return f"http://127.0.0.1:{self.port}{path}"

    def tree(self) -> tuple[Process, ...]:
        """Return Apache's processes and what they started."""
        return tuple(for_each_in_session(self.pid))

    def start(self, *, prefix: tuple[str, ...] = ()) -> None:
        """Start Apache, behind a command prefix if need be, and wait until it serves."""
        self._write_conf()
        conf = self.root / "apache2.conf"
        ready = self._times_ready()
        self._process = start(
            [*prefix, APACHE, "-d", self.root, "-f", conf, "-DFOREGROUND"],
            log=self.root / "log" / "console.log",
            folder=self.root,
            environment=self._environment(),
        )
        self._wait_until_ready(ready)

    def stop(self) -> None:
        """Stop Apache and wait for everything it started. A stopped one stays so."""
        if self._process is not None:
            end(self._process)
            self._process = None

    def reload(self, settings: Settings) -> None:
        """Take up new settings as `apachectl graceful` does."""
        self.settings = settings
        self._write_conf()
        ready = self._times_ready()
        os.kill(self.pid, signal.SIGUSR1)  # an unreaped child of ours: the id is surely its own
        self._wait_until_ready(ready)

    def _wait_until_ready(self, times_before: int) -> None:
        until(lambda: self.pid and self._times_ready() > times_before, what="Apache's start")
        until(self._serves, what=f"an answer of the blog at {self.read_url}")

    def _serves(self) -> bool:
        return bool(self.pid) and answers(self.read_url)

    def _times_ready(self) -> int:
        if not self.error_log.exists():
            return 0
        return len(READY_LINE.findall(self.error_log.read_text(errors="replace")))

    def _write_conf(self) -> None:
        text = render_conf(self.settings, root=self.root, port=self.port)
        (self.root / "apache2.conf").write_text(text)

    def _environment(self) -> Mapping[str, str]:
        """Return what Debian's /etc/apache2/envvars sets, for this root."""
        return {
            "APACHE_RUN_USER": RUN_USER,
            "APACHE_RUN_GROUP": RUN_USER,
            "APACHE_PID_FILE": str(self.root / "run" / "apache2.pid"),
            "APACHE_RUN_DIR": str(self.root / "run"),
            "APACHE_LOCK_DIR": str(self.root / "run"),
            "APACHE_LOG_DIR": str(self.root / "log"),
            "TMPDIR": str(self.root / "tmp"),
        }

    def _last_words(self) -> str:
        logs = (self.root / "log" / "console.log", self.error_log)
        return " / ".join(log.read_text(errors="replace")[-400:] for log in logs if log.exists())


@contextmanager
def serving(settings: Settings) -> Iterator[Server]:
    """Run a server with the blog from now until the block's end. Nothing of it is left after."""
    with ExitStack() as stack:
        stack.enter_context(alone())
        root = Path(tempfile.mkdtemp(prefix="tenmatsu-bed-"))
        stack.callback(shutil.rmtree, root)
        root.chmod(0o755)  # for the workers, which do not run as root
        server = Server(install(root, owner=RUN_USER), settings)
        server.blog.cost(TYPICAL_CPU_SECONDS)
        stack.callback(server.stop)
        server.start()
        if ask(server.post_url).failed:  # the first publication; readers find pages from now on
            raise BedError("a post fails although nothing is broken yet")
        yield server


def why_unusable() -> str | None:
    """Return why this machine cannot hold the bed; None when it can."""
    if os.geteuid() != 0:
        return "the bed breaks a real server: it needs root"
    if not APACHE.exists():
        return f"apache2 is missing: apt-get install {PACKAGES}"
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        return f"programs are missing: {', '.join(missing)} (util-linux, perl)"
    check = subprocess.run(["perl", "-MDBD::SQLite", "-e1"], capture_output=True, check=False)
    if check.returncode:
        return f"Perl's DBD::SQLite is missing: apt-get install {PACKAGES}"
    return None


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on just now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
