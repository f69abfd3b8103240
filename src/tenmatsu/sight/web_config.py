"""A running web server's configuration: which files it was started with, read as it sees them."""

import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TypeVar

from tenmatsu.errors import NotThere, ReachError
from tenmatsu.parse.apache_config import follow_config
from tenmatsu.parse.apache_settings import read_apache_settings
from tenmatsu.parse.apache_words import parse_envvars
from tenmatsu.parse.includes import ConfigFile, IncludeRequest
from tenmatsu.parse.web_settings import WebSettings
from tenmatsu.reach import Reach
from tenmatsu.sight.rooted import Rooted

Config = TypeVar("Config")

_FILE_BYTES = 1 << 20
# (ServerRoot, file) as compiled in: Debian; RHEL; SUSE; the source's own and Docker's image.
_APACHE_PLACES = (
    ("/etc/apache2", "apache2.conf"),
    ("/etc/httpd", "conf/httpd.conf"),
    ("/etc/apache2", "httpd.conf"),
    ("/usr/local/apache2", "conf/httpd.conf"),
)
# (prefix, file, log folder): packages; the source's own; OpenResty.
_NGINX_PLACES = (
    ("/usr/share/nginx", "/etc/nginx/nginx.conf", "/var/log/nginx"),
    ("/usr/local/nginx", "/usr/local/nginx/conf/nginx.conf", "/usr/local/nginx/logs"),
    (
        "/usr/local/openresty/nginx",
        "/usr/local/openresty/nginx/conf/nginx.conf",
        "/usr/local/openresty/nginx/logs",
    ),
)
_MODULES = re.compile(rb"/(mod_[a-z0-9_]+)\.so")
_MPM = re.compile(r"mod_mpm_(\w+)")


def read_web_settings(reach: Reach, pid: int, server: str, root: str, command: Sequence[str]) -> WebSettings:
    """Return what a server's configuration says.

    Args:
        reach: the way to the machine.
        pid: the master process.
        server: `apache` or `nginx`.
        root: where its files are seen from here (`WebServer.root`).
        command: the program's path, then its arguments.

    Raises:
        ReachError: a file that is needed cannot be read.
        ParseError: the main file is not text.
    """
    reading = _Reading(Rooted(reach, pid, root))
    settings = (_nginx if server == "nginx" else _apache)(reading, command)
    return replace(settings, problems=(*settings.problems, *reading.problems))


@dataclass
class _Reading:
    """The files of one server, and what could not be read of them."""

    files: Rooted
    problems: list[str] = field(default_factory=list)

    def follow(self, following: Generator[IncludeRequest, Sequence[ConfigFile], Config]) -> Config:
        """Answer what a configuration includes until it asks no more."""
        answer: list[ConfigFile] | None = None
        while True:
            try:
                request = next(following) if answer is None else following.send(answer)
            except StopIteration as done:
                return done.value  # type: ignore[no-any-return]  # what the generator returns
            answer = list(self._files(request.pattern))

    def _files(self, pattern: str) -> Iterator[ConfigFile]:
        try:
            for path in self.files.glob(pattern):
                yield ConfigFile(path=path, content=self.files.read(path, _FILE_BYTES))
        except ReachError as unreadable:  # the rest of the configuration still tells much
            self.problems.append(unreadable.words.en)


def _apache(reading: _Reading, command: Sequence[str]) -> WebSettings:
    files = reading.files
    root, main = _apache_main(files, command)
    loaded = _loaded_modules(files)
    mpm = _mpm(loaded, command[0])
    environment = _environment(files)
    following = follow_config(
        ConfigFile(path=main, content=files.read(main, _FILE_BYTES)),
        server_root=root,
        defines=_options(command, "-D"),
        environment=environment,
        modules=[*loaded, mpm, f"mod_mpm_{mpm}"],
    )
    cgi = next((name for name in ("mod_cgid", "mod_cgi", "mod_fcgid") if name in loaded), "")
    return read_apache_settings(reading.follow(following), mpm=mpm, cgi_module=cgi)


def _mpm(loaded: Sequence[str], program: str) -> str:
    """Return how the server serves; empty where it cannot be told.

    Where no such module is in memory it is part of the program, as on RHEL 5 and 6
    (`httpd.worker`).
    """
    if not loaded:
        return ""
    found = next((match.group(1) for name in loaded if (match := _MPM.fullmatch(name))), "")
    suffix = program.rpartition(".")[2]
    return found or (suffix if suffix in {"worker", "event"} else "prefork")


def _apache_main(files: Rooted, command: Sequence[str]) -> tuple[str, str]:
    """Return ServerRoot and main file: from the arguments, else where the package puts them."""
    roots, mains = _options(command, "-d"), _options(command, "-f")
    if mains:
        return (roots[-1] if roots else "/"), str(PurePosixPath(roots[-1] if roots else "/", mains[-1]))
    own = str(PurePosixPath(command[0]).parent.parent)  # /opt/apache/bin/httpd: /opt/apache
    places = [*_APACHE_PLACES, (own, "conf/httpd.conf")]
    if roots:
        places = [(roots[-1], file) for _, file in places]
    return _first_readable(files, [(root, str(PurePosixPath(root, file))) for root, file in places])


def _first_readable(files: Rooted, places: Sequence[tuple[str, str]]) -> tuple[str, str]:
    for root, main in places:
        try:
            files.reach.stat(files.find(main))
        except NotThere:
            continue
        return root, main
    raise NotThere(places[0][1])


def _options(command: Sequence[str], option: str) -> list[str]:
    """Return the values of an option given as `-d VALUE` or `-dVALUE`."""
    found = []
    for word, following in zip(command, [*command, ""][1:], strict=True):
        if word == option:
            found.append(following)
        elif word.startswith(option) and len(option) < len(word):
            found.append(word[len(option) :])
    return [value for value in found if value]


def _loaded_modules(files: Rooted) -> list[str]:
    """Return the modules in the process's memory; none where that may not be read."""
    try:
        maps = files.reach.read(f"/proc/{files.pid}/maps")
    except ReachError:
        return []
    return sorted({name.decode() for name in _MODULES.findall(maps)})


def _environment(files: Rooted) -> dict[str, str]:
    """Return the server's variables: its own, else what Debian's envvars would set."""
    try:
        text = files.reach.read(f"/proc/{files.pid}/environ").decode("utf-8", "replace")
        return dict(line.split("=", 1) for line in text.split("\0") if "=" in line)
    except ReachError:
        pass
    try:
        return parse_envvars(files.read("/etc/apache2/envvars", _FILE_BYTES))
    except ReachError:
        return {}


def _nginx(reading: _Reading, command: Sequence[str]) -> WebSettings:
    from tenmatsu.parse.nginx_config import follow_nginx_config
    from tenmatsu.parse.nginx_settings import read_nginx_settings

    files = reading.files
    # nginx writes "nginx: master process" and its whole command line over its arguments.
    words = " ".join(command[1:]).split()
    prefixes, mains = _options(words, "-p"), _options(words, "-c")
    places = {file: (prefix, logs) for prefix, file, logs in _NGINX_PLACES}
    if mains:
        main = str(PurePosixPath(prefixes[-1] if prefixes else "/etc/nginx", mains[-1]))
    elif prefixes:
        main = str(PurePosixPath(prefixes[-1], "conf/nginx.conf"))
    else:
        _, main = _first_readable(files, [(prefix, file) for prefix, file, _ in _NGINX_PLACES])
    prefix, logs = places.get(main, (prefixes[-1] if prefixes else "/usr/share/nginx", "/var/log/nginx"))
    following = follow_nginx_config(
        ConfigFile(path=main, content=files.read(main, _FILE_BYTES)),
        prefix=prefixes[-1] if prefixes else prefix,
    )
    return read_nginx_settings(
        reading.follow(following), error_log=f"{logs}/error.log", access_log=f"{logs}/access.log"
    )
