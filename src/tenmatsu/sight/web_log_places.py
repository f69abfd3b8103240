"""Where a web server's logs really are: files, files behind a rotating pipe, its own streams."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tenmatsu.errors import NotThere, ReachError
from tenmatsu.model.words import Words
from tenmatsu.parse.web_settings import LogKind, LogTarget
from tenmatsu.reach import Reach
from tenmatsu.sight.rooted import Rooted
from tenmatsu.sight.web_servers import WebServer

# `|/usr/bin/rotatelogs -l /var/log/httpd/access.%Y%m%d 86400`, cronolog alike: the first path with
# a folder that is not the program itself.
_PIPE = re.compile(r"^\|[$|]?\s*\"?(\S+)\s.*?(/[^\s\"]+)")
_ROTATORS = ("rotatelogs", "rotatelogs2", "cronolog", "httplog")
VARYING = re.compile(r"%[a-zA-Z]|\$\{?\w+\}?")
_PHP_FPM_LOGS = ("/var/log/php*fpm*.log", "/var/log/php-fpm/*.log", "/var/log/php/*fpm*.log")


@dataclass(frozen=True, kw_only=True, slots=True)
class LogPlace:
    """A log found. `path` is how we reach it, `name` how its server calls it.

    `state` is `open`; `deleted` where the server still writes into a file that has no name any
    more; `missing`. `gap` says why it cannot be read as a file, and `unit` whose journal has it
    then.
    """

    kind: LogKind
    name: str
    path: str
    format: str = ""
    state: str = "open"
    gap: Words | None = None


def find_log_places(
    reach: Reach, server: WebServer, targets: tuple[LogTarget, ...], *, php: bool
) -> Iterator[LogPlace]:
    """Yield each log of a server once.

    Args:
        reach: the way to the machine.
        server: whose logs.
        targets: what its configuration names.
        php: also those of php-fpm, which answers for it.
    """
    files = Rooted(reach, server.pid, server.root)
    deleted = _deleted(reach, server.pid)
    seen: set[str] = set()
    for target in targets:
        try:
            place = _find(files, target, deleted)
        except ReachError as error:
            place = LogPlace(kind=target.kind, name=target.target, path="", gap=error.words)
        if place.path not in seen or place.gap:
            seen.add(place.path)
            yield place
    for pattern in _PHP_FPM_LOGS if php else ():
        for path in reach.glob(f"{server.root}{pattern}"):
            name = path.removeprefix(server.root)
            yield LogPlace(kind=LogKind.ERROR, name=name, path=files.find(name))


def _find(files: Rooted, target: LogTarget, deleted: dict[str, str]) -> LogPlace:
    name = path_of_target(target.target)
    if name is None:
        gap = NO_FILE.fill(log=target.target)
        return LogPlace(kind=target.kind, name=target.target, path="", gap=gap)
    if VARYING.search(name):
        name = _newest(files, VARYING.sub("*", name))
    path = files.find(name)
    state = "open" if _exists(files.reach, path) else "missing"
    if name in deleted:
        path, state = deleted[name], "deleted"
    elif path.startswith("/proc/") and "/fd/" in path:
        return _stream(files, target, path)
    return LogPlace(kind=target.kind, name=name, path=path, format=target.format, state=state)


def path_of_target(target: str) -> str | None:
    """Return the file that a target stands for, or None where it is none."""
    if target == "stderr":
        return "/dev/stderr"
    if target.startswith("|"):
        match = _PIPE.match(target)
        known = match and match.group(1).rpartition("/")[2] in _ROTATORS
        return match.group(2) if match and known else None
    return target if target.startswith("/") else None


def _newest(files: Rooted, pattern: str) -> str:
    found = [(files.reach.stat(files.find(path)).modified, path) for path in files.glob(pattern)]
    if not found:
        raise NotThere(pattern)
    return max(found)[1]


def _stream(files: Rooted, target: LogTarget, path: str) -> LogPlace:
    """Return where standard output or error of the server goes: a file, or something else."""
    goes_to = files.reach.link(path)
    if goes_to.startswith("/") and not goes_to.startswith("/dev/"):
        return LogPlace(kind=target.kind, name=goes_to, path=path, format=target.format)
    return LogPlace(kind=target.kind, name=target.target, path="", gap=NO_FILE.fill(log=goes_to))


def _exists(reach: Reach, path: str) -> bool:
    try:
        reach.stat(path)
    except NotThere:
        return False
    return True


def _deleted(reach: Reach, pid: int) -> dict[str, str]:
    """Return the files without a name that the server still has open, by the name they had."""
    found: dict[str, str] = {}
    try:
        for number in reach.names(f"/proc/{pid}/fd"):
            target = reach.link(f"/proc/{pid}/fd/{number}")
            if target.endswith(" (deleted)"):
                found[target.removesuffix(" (deleted)")] = f"/proc/{pid}/fd/{number}"
    except ReachError:
        return found  # another user's server: not ours to see
    return found


NO_FILE = Words("it goes to {log}, not to a file", "出力先がファイルではなく {log}")
