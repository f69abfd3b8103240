"""Files that changed: in /etc, and those of the web application."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import PurePosixPath
from stat import S_ISDIR, S_ISREG
from typing import NamedTuple

from tenmatsu.errors import ReachError, TenmatsuError
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.reach import FoundFile, Reach
from tenmatsu.sight.scene import Scene
from tenmatsu.sight.web_servers import servers_of, settings_of

_MOST_ENTRIES = 20_000
_SAME_SECONDS = 2.0
_LIMIT_SECONDS = 2.0
# Written by programs, not by people: caches, copies, indices, states; links that packages keep.
_NOISE = re.compile(
    r"/etc/(?:ld\.so\.cache|mtab|adjtime|\.updated|\.pwd\.lock|blkid\.tab|aliases\.db|mailcap|timezone"
    r"|machine-id|udev/hwdb\.bin|prelink\.cache|(?:passwd|shadow|group|gshadow|subuid|subgid)-"
    r"|alternatives/|rc[0-6S]\.d/|ssl/certs/|pki/ca-trust/extracted/|lvm/(?:archive|backup|cache)/"
    r"|apparmor(?:\.d)?/cache|cups/subscriptions|selinux/\w+/active/|systemd/system/.*\.wants/"
    r"|java.*/security/cacerts|ca-certificates/|fonts/conf\.d/|depmod\.d/|console-setup/cached)"
    r"|(?:~|\.(?:swp|dpkg-(?:old|dist|new)|rpm(?:save|new|orig)|bak|orig))$"
)
# What an application is made of, against what it makes: publishing an entry changes pages and databases.
_CODE = re.compile(
    r"\.(?:cgi|f?cgi|pl|pm|psgi|php\d?|phtml|inc|py|rb|js|lua|tcl|sh|so|jar|class|xs"
    r"|tmpl|tt2?|mtml|tpl|twig|j2|erb|conf|cfg|ini|ya?ml|toml|env|properties)$|/\.htaccess$"
)
_MADE = re.compile(
    r"/(?:cache|caches|tmp|temp|sessions?|templates_c|__pycache__|node_modules|\.git|log|logs)/"
)
# Beside the directory of its scripts an application often keeps its modules and templates.
_BESIDE = ("lib", "extlib", "modules", "plugins", "templates", "tmpl", "conf", "config", "etc", "app")
# Directories of the system, whose neighbours are not the application's.
_SYSTEM = frozenset({"/", "/usr", "/usr/lib", "/usr/share", "/var", "/var/www", "/srv", "/srv/www", "/opt"})
# Where modules are put that no package brings. Source: perl -V, Debian's and Red Hat's.
_LOCAL_MODULES = ("/usr/local/share/perl", "/usr/local/share/perl5", "/usr/local/lib/site_perl")


class FileChange(NamedTuple):
    """A changed file. `what` is `content`, or `moved or permissions` where only the inode changed.

    Of a directory it is `names`: something was added, removed or renamed in it.
    """

    time: datetime
    path: str
    what: str


def find_configuration_changes(reach: Reach, since: datetime) -> tuple[list[FileChange], bool]:
    """Return the files of /etc whose content changed, newest first, and whether all was searched.

    Raises: ReachError where /etc cannot be listed.
    """
    walk = reach.walk("/etc", limit_entries=_MOST_ENTRIES, limit_seconds=_LIMIT_SECONDS)
    oldest = since.timestamp()
    found = [
        _change(file.path, file.modified, "content")
        for file in walk.files
        if file.modified >= oldest and not S_ISDIR(file.mode) and not _NOISE.search(file.path)
    ]
    return sorted(found, reverse=True), walk.complete


def find_application_roots(scene: Scene) -> list[str]:
    """Return the directories of the web servers' scripts and what usually stands beside them."""
    found: list[str] = []
    try:
        servers = servers_of(scene)
    except ReachError:
        return []  # the web servers' own look says so
    for server in servers:
        try:
            scripts = settings_of(scene, server).scripts
        except TenmatsuError:
            continue  # its configuration cannot be read: the web servers' own look says so
        for folder in scripts:
            found += [f"{server.root}{path}" for path in _beside(folder)]
        found += [f"{server.root}{path}" for path in _LOCAL_MODULES] if scripts else []
    return [path for path in dict.fromkeys(found) if _is_directory(scene.reach, path)]


def _beside(folder: str) -> list[str]:
    folder = folder.rstrip("/") or "/"
    parent = str(PurePosixPath(folder).parent)
    return [folder] + ([] if parent in _SYSTEM else [f"{parent}/{name}" for name in _BESIDE])


def _is_directory(reach: Reach, path: str) -> bool:
    try:
        return reach.stat(path).is_directory
    except ReachError:
        return False


def find_application_changes(
    reach: Reach, roots: Iterable[str], since: datetime
) -> tuple[list[FileChange], bool]:
    """Return the changed files of an application below these directories, newest first.

    The second value tells whether all of it was searched. A file that was moved here, or whose owner or
    mode was changed, keeps the time of its content: the inode's time tells of it.
    """
    found: dict[str, FileChange] = {}
    complete = True
    for root in roots:
        try:
            walk = reach.walk(root, limit_entries=_MOST_ENTRIES, limit_seconds=_LIMIT_SECONDS)
        except ReachError:
            complete = False
            continue
        complete &= walk.complete
        for change in _changes_in(root, walk.files, since.timestamp()):
            found[change.path] = change
    return sorted(found.values(), reverse=True), complete


def _changes_in(root: str, files: Iterable[FoundFile], oldest: float) -> Iterable[FileChange]:
    files = list(files)
    code = [file for file in files if _is_code(root, file)]
    for file in code:
        # writing sets both times; a move, a copy that keeps its time, or chmod only the later one
        if file.changed > file.modified + _SAME_SECONDS and file.changed >= oldest:
            yield _change(file.path, file.changed, "moved or permissions")
        elif file.modified >= oldest:
            yield _change(file.path, file.modified, "content")
    folders = {file.path.rpartition("/")[0] for file in code}
    for file in files:
        if S_ISDIR(file.mode) and file.path in folders and file.modified >= oldest:
            yield _change(file.path, file.modified, "names")


def _is_code(root: str, file: FoundFile) -> bool:
    if not S_ISREG(file.mode) or _MADE.search(file.path.removeprefix(root)):
        return False
    name = file.path.rpartition("/")[2]
    return bool(_CODE.search(file.path)) or ("." not in name and bool(file.mode & 0o111))


def _change(path: str, seconds: float, what: str) -> FileChange:
    return FileChange(datetime.fromtimestamp(seconds, UTC), make_plain(path), what)
