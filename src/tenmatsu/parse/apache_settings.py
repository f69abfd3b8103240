"""What Apache's directives mean: timeouts, workers, limits, logs, CGI.

Source of names and defaults: Apache HTTP Server 2.4, core, mpm_common, mod_cgi, mod_cgid,
mod_log_config.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from tenmatsu.parse.apache_config import ApacheConfig, Directive
from tenmatsu.parse.web_settings import (
    LogKind,
    LogTarget,
    ScriptLimits,
    WebSettings,
    parse_duration,
)
from tenmatsu.parse.web_sites import read_apache_sites

DEFAULT_TIMEOUT_SECONDS = 60.0
DEFAULT_ERROR_LOG = "logs/error_log"
COMMON_FORMAT = '%h %l %u %t "%r" %>s %b'
_MPMS = ("event", "worker", "prefork", "itk")
# mpm_common: ServerLimit and ThreadsPerChild where nothing is said.
_DEFAULT_SERVERS = {"prefork": 256, "itk": 256}
_DEFAULT_SERVERS_THREADED = 16
_DEFAULT_THREADS = 25


def read_apache_settings(config: ApacheConfig, mpm: str = "", cgi_module: str = "") -> WebSettings:
    """Return what the configuration means.

    Args:
        config: the directives in force.
        mpm: the one really loaded (`prefork`), where that is known.
        cgi_module: the module really loaded (`mod_cgi`), where that is known.
    """
    model = mpm or next((name for name in _MPMS if f"mpm_{name}_module" in config.modules), "")
    timeout = _seconds(config.last("timeout")) or DEFAULT_TIMEOUT_SECONDS
    threads = 1 if model in {"prefork", "itk", ""} else _number(config, "threadsperchild") or _DEFAULT_THREADS
    return WebSettings(
        server_root=config.server_root,
        listen=tuple(dict.fromkeys(one.arguments[0] for one in config.find("listen"))),
        timeout_seconds=timeout,
        script_timeout_seconds=_script_timeout(config) or timeout,
        max_workers=_max_workers(config, model, threads),
        threads_per_process=threads,
        worker_model=model,
        cgi_module=cgi_module or _cgi_module(config),
        limits=_limits(config),
        logs=tuple(dict.fromkeys(_logs(config))),
        scripts=tuple(dict.fromkeys(_scripts(config))),
        upstreams=tuple(dict.fromkeys(_upstreams(config))),
        sites=read_apache_sites(config),
        problems=config.problems,
    )


def _seconds(found: Directive | None) -> float | None:
    return parse_duration(found.arguments[0]) if found else None


def _script_timeout(config: ApacheConfig) -> float | None:
    """Return the shortest time limit set for scripts; 0 means the server's own."""
    found = map(_seconds, config.find("cgidscripttimeout", "cgiscripttimeout", "fcgidiotimeout"))
    return min((one for one in found if one), default=None)


def _number(config: ApacheConfig, *names: str) -> int | None:
    found = config.last(*names)
    return _integer(found.arguments[0]) if found else None


def _integer(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _max_workers(config: ApacheConfig, model: str, threads: int) -> int | None:
    said = _number(config, "maxrequestworkers", "maxclients")
    servers = _number(config, "serverlimit")
    if model in _DEFAULT_SERVERS:
        return min(said or 256, servers or _DEFAULT_SERVERS[model])
    if model:
        most = (servers or _DEFAULT_SERVERS_THREADED) * threads
        return min(said or most, most)
    return said


def _cgi_module(config: ApacheConfig) -> str:
    wanted = ("cgid", "cgi", "fcgid", "proxy_fcgi")
    return next((f"mod_{name}" for name in wanted if f"{name}_module" in config.modules), "")


def _limits(config: ApacheConfig) -> ScriptLimits:
    return ScriptLimits(
        cpu_seconds=_least(config, "rlimitcpu"),
        memory_bytes=_least(config, "rlimitmem"),
        processes=_least(config, "rlimitnproc"),
    )


def _least(config: ApacheConfig, name: str) -> int | None:
    """Return the smallest such limit anywhere; `max` is none."""
    found = (_integer(one.arguments[0]) for one in config.find(name))
    return min((one for one in found if one is not None), default=None)


def _logs(config: ApacheConfig) -> Iterator[LogTarget]:
    formats = {"CLF": COMMON_FORMAT}
    unnamed = COMMON_FORMAT
    for one in config.find("logformat"):
        if len(one.arguments) > 1:
            formats[one.arguments[1]] = one.arguments[0]
        else:
            unnamed = one.arguments[0]
    error_logs = [one.arguments for one in config.find("errorlog")] or [(DEFAULT_ERROR_LOG,)]
    for words in error_logs:
        target = ":".join(words) if words[0] == "syslog" else words[0]
        yield LogTarget(kind=LogKind.ERROR, target=_placed(config, target))
    for one in config.find("customlog", "globallog", "transferlog"):
        target, *rest = one.arguments
        said = rest[0] if rest else ""
        yield LogTarget(
            kind=LogKind.ACCESS,
            target=_placed(config, target),
            format=formats.get(said, said) if said else formats.get(unnamed, unnamed),
            condition=rest[1] if len(rest) > 1 else "",
            scope=one.sections[-1].place if one.sections else "",
            place=f"{one.file}:{one.line}",
        )


def _placed(config: ApacheConfig, target: str) -> str:
    if target.startswith(("|", "syslog")):
        return target
    return str(PurePosixPath(config.server_root, target))


def _scripts(config: ApacheConfig) -> Iterator[str]:
    for one in config.find("scriptalias", "scriptaliasmatch"):
        yield one.arguments[-1]
    for one in config.find("options"):
        if any(word.lower().lstrip("+") == "execcgi" for word in one.arguments):
            yield one.within("directory") or one.within("location") or config.server_root


def _upstreams(config: ApacheConfig) -> Iterator[str]:
    for one in config.find("proxypass", "proxypassmatch", "balancermember"):
        yield next((word for word in one.arguments if "://" in word or word.startswith("unix:")), "")
    for one in config.find("sethandler"):
        if one.arguments[0].startswith("proxy:"):
            yield one.arguments[0].removeprefix("proxy:")
