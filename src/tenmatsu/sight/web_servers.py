"""Web servers that run here (Apache, nginx): their master processes and their configuration."""

import re
from dataclasses import dataclass
from typing import Any

from tenmatsu.errors import ParseError, ReachError, TenmatsuError
from tenmatsu.model.words import Words, plain
from tenmatsu.parse.proc_pid_stat import PidStat, parse_pid_stat
from tenmatsu.parse.web_settings import LogKind, WebSettings
from tenmatsu.reach import Reach
from tenmatsu.sight.rooted import find_root
from tenmatsu.sight.scene import Notebook, Scene, Sight
from tenmatsu.sight.web_config import read_web_settings

# Names of processes: Debian, RHEL, RHEL 5 and 6 with another MPM, SUSE; nginx and OpenResty.
_NAMES = re.compile(rb"\((apache2|httpd2?(?:[.-](?:prefork|worker|event|itk))?|nginx)\)")
# Other programs that go by the name httpd.
_OTHERS = ("busybox", "lighttpd", "thttpd")


@dataclass(frozen=True, kw_only=True, slots=True)
class WebServer:
    """A master process. `root` is where its files are seen from here: empty, or `/proc/PID/root`.

    `pid` and `started` (clock ticks since boot) are its identity. `workers` are its children that
    are the server itself. `cgroup` is its `/proc/PID/cgroup`, as it stands there.
    """

    server: str
    pid: int
    started: int
    program: str
    arguments: tuple[str, ...]
    root: str
    workers: tuple[int, ...]
    cgroup: str


def find_web_servers(reach: Reach) -> tuple[WebServer, ...]:
    """Return the servers that run here, those in containers too, by one look at /proc."""
    paths = [f"/proc/{name}/stat" for name in reach.names("/proc") if name.isdigit()]
    found = [stat for text in reach.read_each(paths, limit_bytes=1024).values() if (stat := _stat(text))]
    pids = {stat.pid for stat in found}
    masters = [stat for stat in found if stat.parent not in pids]
    servers = (
        _server(reach, stat, tuple(one.pid for one in found if one.parent == stat.pid)) for stat in masters
    )
    return tuple(one for one in servers if one)


def _stat(text: bytes) -> PidStat | None:
    try:
        return parse_pid_stat(text) if _NAMES.search(text, 0, 40) else None
    except ParseError:
        return None


def _server(reach: Reach, stat: PidStat, workers: tuple[int, ...]) -> WebServer | None:
    folder = f"/proc/{stat.pid}"
    try:
        words = reach.read(f"{folder}/cmdline").rstrip(b"\0").decode("utf-8", "replace").split("\0")
        cgroup = reach.read(f"{folder}/cgroup").decode("utf-8", "replace").strip()
    except ReachError:
        return None  # it ended
    try:
        program = reach.link(f"{folder}/exe").removesuffix(" (deleted)")
    except ReachError:
        program = words[0]  # another user's: the link is not ours to read
    if program.rpartition("/")[2] in _OTHERS:
        return None
    return WebServer(
        server="nginx" if stat.name == "nginx" else "apache",
        pid=stat.pid,
        started=stat.started,
        program=program,
        arguments=tuple(words),
        root=find_root(reach, stat.pid),
        workers=workers,
        cgroup=cgroup,
    )


def servers_of(scene: Scene) -> tuple[WebServer, ...]:
    """Return the web servers, looked for once in an investigation."""
    return scene.once("web_servers", lambda: find_web_servers(scene.reach))


def settings_of(scene: Scene, server: WebServer) -> WebSettings:
    """Return a server's configuration, read once in an investigation.

    Raises:
        TenmatsuError: it cannot be read.
    """
    found = scene.once(f"web_settings {server.pid}", lambda: _read(scene.reach, server))
    if isinstance(found, TenmatsuError):
        raise found
    return found


def _read(reach: Reach, server: WebServer) -> WebSettings | TenmatsuError:
    try:
        return read_web_settings(
            reach, server.pid, server.server, server.root, (server.program, *server.arguments)
        )
    except TenmatsuError as unreadable:
        return unreadable  # kept as well: the next who asks gets the same answer


def look(scene: Scene, notebook: Notebook) -> None:
    """Write down one event for each server; none is an answer too."""
    servers = servers_of(scene)
    notebook.read = Words(f"{len(servers)} web servers", f"ウェブサーバー {len(servers)} 個")
    for server in servers:
        known: dict[str, Any] = {}
        try:
            settings = settings_of(scene, server)
            known = _attributes(settings)
            for problem in settings.problems[:3]:
                notebook.gap(CONFIGURATION.fill(name=_name(server)), plain(problem), BY_HAND)
        except TenmatsuError as error:
            notebook.gap(CONFIGURATION.fill(name=_name(server)), error.words, SIGHT.close_by)
        notebook.event(
            "web.server",
            scene.reach.now(),
            server=server.server,
            process__pid=server.pid,
            process__executable__path=server.program,
            contained=bool(server.root),
            workers=len(server.workers),
            cgroup=server.cgroup,
            **known,
        )


def _name(server: WebServer) -> str:
    return f"{server.server} (pid {server.pid})"


def _attributes(settings: WebSettings) -> dict[str, Any]:
    """Return the settings as attributes; what is not limited or not known is left out."""
    limits = settings.limits
    numbers = {
        "max_request_workers": settings.max_workers,
        "rlimit_cpu_seconds": limits.cpu_seconds,
        "rlimit_mem_bytes": limits.memory_bytes,
        "rlimit_nproc": limits.processes,
    }
    return {
        "server_root": settings.server_root,
        "listen": ", ".join(settings.listen),
        "timeout_seconds": settings.timeout_seconds,
        "script_timeout_seconds": settings.script_timeout_seconds,
        "worker_model": settings.worker_model,
        "threads_per_process": settings.threads_per_process,
        "cgi_module": settings.cgi_module,
        "cgi_directories": ", ".join(settings.scripts),
        "upstreams": ", ".join(settings.upstreams[:8]),
        "error_logs": ", ".join(settings.targets(LogKind.ERROR)),
        "access_logs": ", ".join(settings.targets(LogKind.ACCESS)),
        "access_log_formats": "\n".join(settings.formats()),
        **{name: number for name, number in numbers.items() if number is not None},
    }


CONFIGURATION = Words("the configuration of {name}", "{name} の設定")
BY_HAND = Words("read this place by hand", "該当箇所を手で確認してください")

SIGHT = Sight(
    name="web_servers",
    title=Words("web servers and their configuration", "ウェブサーバーと設定"),
    look=look,
)
