"""In which format an access log of this machine is written, by the configuration of its server."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from tenmatsu.errors import NotThere, ReachError, TenmatsuError
from tenmatsu.model.words import Words
from tenmatsu.parse.web_settings import LogKind, LogTarget
from tenmatsu.reach import Reach
from tenmatsu.sight.rooted import Rooted
from tenmatsu.sight.web_config import read_web_settings
from tenmatsu.sight.web_log_places import VARYING, path_of_target
from tenmatsu.sight.web_servers import WebServer, find_web_servers

# What logrotate and its like put behind a log's name: `.1`, `.2.gz`, `-20251122`, `-2025-11-22.xz`.
_ROTATED = re.compile(r"(?:[.-]\d[\d-]*)?(?:\.(?:gz|bz2|xz|zst))?$")
# A server that is down has written its logs all the same: programs, as packages name them, and no process.
_STOPPED = (("apache", "/usr/sbin/apache2"), ("nginx", "/usr/sbin/nginx"))
_NO_PROCESS = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerFormat:
    """A log's format in the server's own terms, and where that is said (file:line; empty: a default)."""

    server: str
    format: str
    place: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerFormats:
    """The formats of logs: several where servers share a file, none where no server names it.

    `gaps` has for each server whose configuration could not be read its name and why.
    """

    by_file: dict[str, tuple[ServerFormat, ...]]
    gaps: tuple[tuple[str, Words], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Log:
    """A log of a configuration: `path` as we reach it, with `*` for what varies in its name."""

    path: str
    format: ServerFormat


def find_server_formats(reach: Reach, files: Sequence[str]) -> ServerFormats:
    """Return what servers' configurations say of log files.

    Args:
        reach: the way to the machine.
        files: absolute paths, links followed; rotated ones belong to the log that they were.
    """
    gaps: list[tuple[str, Words]] = []
    logs = [log for server in _servers(reach) for log in _logs(reach, server, gaps)]
    by_file = {
        file: tuple(dict.fromkeys(log.format for log in logs if _is_same(reach, file, log.path)))
        for file in files
    }
    return ServerFormats(by_file=by_file, gaps=tuple(gaps))


def _servers(reach: Reach) -> Iterator[WebServer]:
    try:
        running = find_web_servers(reach)
    except ReachError:
        running = ()
    yield from running
    here = {one.server for one in running if not one.root}
    for server, program in _STOPPED:
        if server not in here:
            yield WebServer(
                server=server,
                pid=_NO_PROCESS,
                started=0,
                program=program,
                arguments=(),
                root="",
                workers=(),
                cgroup="",
            )


def _logs(reach: Reach, server: WebServer, gaps: list[tuple[str, Words]]) -> Iterator[_Log]:
    command = (server.program, *server.arguments)
    try:
        settings = read_web_settings(reach, server.pid, server.server, server.root, command)
    except TenmatsuError as unread:
        if not (isinstance(unread, NotThere) and server.pid == _NO_PROCESS):  # else it is not installed
            gaps.append((server.server, unread.words))
        return
    files = Rooted(reach, server.pid, server.root)
    for target in settings.logs:
        if path := _path(files, target):
            format = ServerFormat(server=server.server, format=target.format, place=target.place)
            yield _Log(path=path, format=format)


def _path(files: Rooted, target: LogTarget) -> str | None:
    if target.kind is not LogKind.ACCESS or not target.format:
        return None
    name = path_of_target(target.target)
    if name is None:
        return None
    place = PurePosixPath(VARYING.sub("*", name))
    return (
        str(PurePosixPath(files.find(str(place.parent)), place.name))
        if "*" in place.name
        else files.find(name)
    )


def _is_same(reach: Reach, file: str, log: str) -> bool:
    """Tell whether a file is a log, or was before it was rotated; a container's goes by another path here."""
    names = {file, _ROTATED.sub("", file)}
    return any(fnmatchcase(name, log) for name in names) or _identity(reach, file) == _identity(reach, log)


def _identity(reach: Reach, path: str) -> tuple[int, int] | str:
    try:
        found = reach.stat(path)
    except ReachError:
        return path
    return found.device, found.inode
