"""The processes below a web server: which are the server itself, which are scripts.

A look costs a listing of /proc and a read for each process that is new or a script. Reading
`/proc/PID/task/*/children` would cost a read for each worker instead, and many kernels do not have
it (CONFIG_PROC_CHILDREN).
"""

from collections import Counter
from dataclasses import dataclass

from tenmatsu.errors import ReachError, TenmatsuError
from tenmatsu.parse.cgi_process import CgiKind, kind_of_environment, script_of
from tenmatsu.parse.proc_limits import Limits, parse_limits
from tenmatsu.parse.proc_pid_stat import PidStat, parse_pid_stat
from tenmatsu.reach import Reach

# FastCGI daemons stand beside a web server, not below it.
_DAEMONS = ("fcgiwrap", "php-fpm", "php-cgi")


@dataclass(kw_only=True, slots=True)
class Script:
    """A script's process, from its fork on. Times in seconds of the clock that the looks are given.

    `server` is the server's name as a process, which the process bears until it becomes the script.
    `limits` is None where they could not be read.
    """

    server: str
    stat: PidStat
    last_seen: float
    kind: CgiKind
    path: str = ""
    limits: Limits | None = None
    described: bool = False
    most_pages: int = 0
    looks: int = 0
    running_looks: int = 0
    ended_by: float | None = None

    @property
    def is_begun(self) -> bool:
        """Tell whether the script itself runs, not only the fork that is to become it."""
        return self.stat.name != self.server


class Family:
    """Web servers (by the pids of their masters) and FastCGI daemons, with all that is below them."""

    def __init__(self, reach: Reach, masters: tuple[int, ...]) -> None:
        """Watch what is below these processes."""
        self._reach = reach
        self._wanted = set(masters)
        self._known: set[str] = set()
        self._servers: dict[int, str] = {}
        self._workers: dict[int, int] = {}  # to their master
        self._scripts: dict[int, Script] = {}

    def workers(self) -> dict[int, int]:
        """Return how many processes each server has beside its master, by the master's pid."""
        counted = Counter(self._workers.values())
        return {pid: counted[pid] for pid in self._wanted}

    @property
    def running(self) -> int:
        """Return how many scripts run."""
        return sum(one.kind is CgiKind.CGI for one in self._scripts.values())

    def alive(self) -> list[Script]:
        """Return the scripts that run."""
        return list(self._scripts.values())

    def look(self, now: float) -> list[Script]:
        """Look once, at the time `now`; return the scripts that ended since the look before."""
        names = {name for name in self._reach.names("/proc") if name.isdigit()}
        gone = {int(name) for name in self._known - names}
        ended = [self._scripts.pop(pid) for pid in gone & self._scripts.keys()]
        for pid in gone & self._servers.keys():
            del self._servers[pid]
            self._workers.pop(pid, None)
        self._meet([stat for name in names - self._known if (stat := self._stat(name))], now)
        self._known = names
        ended += [script for pid, script in list(self._scripts.items()) if not self._read(pid, now)]
        for script in ended:
            script.ended_by = now
        return ended

    def _meet(self, new: list[PidStat], now: float) -> None:
        """Find the members among processes not met before; a child may come before its parent."""
        while new:
            others = [stat for stat in new if not self._adopt(stat, now)]
            if len(others) == len(new):
                return
            new = others

    def _adopt(self, stat: PidStat, now: float) -> bool:
        pid, parent = stat.pid, stat.parent
        server = self._servers.get(parent)
        if pid in self._wanted or (server is None and stat.name.startswith(_DAEMONS)):
            self._servers[pid] = stat.name
        elif server is not None and parent not in self._workers and stat.name == server:
            self._servers[pid] = server
            self._workers[pid] = parent
        elif server is not None and (parent in self._workers or server.startswith(_DAEMONS)):
            self._scripts[pid] = Script(server=server, stat=stat, last_seen=now, kind=CgiKind.CGI)
        elif parent in self._scripts:
            above = self._scripts[parent]
            kind = CgiKind.HELPER if above.is_begun else CgiKind.CGI
            self._scripts[pid] = Script(server=above.server, stat=stat, last_seen=now, kind=kind)
        else:
            return False
        return True

    def _stat(self, pid: str | int) -> PidStat | None:
        try:
            return parse_pid_stat(self._reach.read(f"/proc/{pid}/stat", limit_bytes=2048))
        except TenmatsuError:
            return None  # it ended

    def _read(self, pid: int, now: float) -> bool:
        """Read a script's state; False where it has ended, or ended already and nobody took note."""
        script, stat = self._scripts[pid], self._stat(pid)
        if stat is None or stat.started != script.stat.started or stat.state in "ZX":
            del self._scripts[pid]
            return False
        script.stat, script.last_seen = stat, now
        script.looks += 1
        script.running_looks += stat.state == "R"
        script.most_pages = max(script.most_pages, stat.resident_pages)
        if script.is_begun and not script.described:
            self._describe(pid, script)
        return True

    def _describe(self, pid: int, script: Script) -> None:
        """Read what does not change while a script runs, once, as early as can be."""
        command, environment = self._text(f"/proc/{pid}/cmdline"), self._text(f"/proc/{pid}/environ")
        if not command:
            return  # it is just being made: the next look has more
        script.described = True
        script.path = script_of(command, environment)
        if environment and script.kind is CgiKind.CGI:
            script.kind = kind_of_environment(environment)
        try:
            script.limits = parse_limits(self._text(f"/proc/{pid}/limits"))
        except TenmatsuError:
            script.limits = None

    def _text(self, path: str) -> bytes:
        try:
            return self._reach.read(path, limit_bytes=1 << 16)
        except ReachError:
            return b""  # it ended, or is another user's
