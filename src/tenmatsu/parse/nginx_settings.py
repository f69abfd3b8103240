"""What nginx's statements mean: time-outs, connections, logs, upstreams.

Source of names and defaults: nginx.org, ngx_core_module, ngx_http_core_module, ngx_http_log_module,
ngx_http_fastcgi_module, ngx_http_proxy_module.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from tenmatsu.parse.nginx_config import NginxConfig, Statement
from tenmatsu.parse.web_settings import LogKind, LogTarget, WebSettings, parse_duration
from tenmatsu.parse.web_sites import read_nginx_sites

COMBINED_FORMAT = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent'
    ' "$http_referer" "$http_user_agent"'
)
DEFAULT_TIMEOUT_SECONDS = 60.0  # proxy_read_timeout and fastcgi_read_timeout
DEFAULT_CONNECTIONS = 512
_PROTOCOLS = ("fastcgi", "proxy", "uwsgi", "scgi")


def read_nginx_settings(config: NginxConfig, *, error_log: str, access_log: str) -> WebSettings:
    """Return what the configuration means. The two logs are used where it names none."""
    passes = config.find(*(f"{one}_pass" for one in _PROTOCOLS))
    timeouts = [
        parse_duration(one.words[0]) for one in config.find(*(f"{one}_read_timeout" for one in _PROTOCOLS))
    ]
    shortest = min((one for one in timeouts if one), default=DEFAULT_TIMEOUT_SECONDS)
    return WebSettings(
        server_root=config.prefix,
        listen=tuple(dict.fromkeys(one.words[0] for one in config.find("listen"))),
        timeout_seconds=shortest,
        script_timeout_seconds=shortest,
        max_workers=_max_connections(config),
        worker_model="nginx",
        cgi_module="fastcgi" if config.find("fastcgi_pass") else "",
        logs=tuple(dict.fromkeys(_logs(config, error_log, access_log))),
        upstreams=tuple(dict.fromkeys(one.words[0] for one in passes)),
        sites=read_nginx_sites(config),
        problems=config.problems,
    )


def _max_connections(config: NginxConfig) -> int | None:
    """Return the connections of all workers; None where their number is left to it (`auto`)."""
    processes, each = config.find("worker_processes"), config.find("worker_connections")
    count = processes[-1].words[0] if processes else "1"
    connections = each[-1].words[0] if each else str(DEFAULT_CONNECTIONS)
    if not (count + connections).isdecimal() or len(count + connections) > 18:
        return None
    return int(count) * int(connections)


def _logs(config: NginxConfig, error_log: str, access_log: str) -> Iterator[LogTarget]:
    for one in config.find("error_log"):
        yield LogTarget(kind=LogKind.ERROR, target=_placed(config, one.words[0]))
    if not any(not one.blocks for one in config.find("error_log")):
        yield LogTarget(kind=LogKind.ERROR, target=error_log)
    formats = {"combined": COMBINED_FORMAT}
    for one in config.find("log_format"):
        formats[one.words[0]] = "".join(w for w in one.words[1:] if not w.startswith("escape="))
    for one in config.find("access_log"):
        yield from _access_log(config, one, formats)
    if not any("server" not in one.blocks for one in config.find("access_log")):
        yield LogTarget(kind=LogKind.ACCESS, target=access_log, format=COMBINED_FORMAT)


def _access_log(config: NginxConfig, one: Statement, formats: dict[str, str]) -> Iterator[LogTarget]:
    target, *rest = one.words
    if target == "off":
        return
    plain = [word for word in rest if "=" not in word]
    yield LogTarget(
        kind=LogKind.ACCESS,
        target=_placed(config, target),
        format=formats.get(plain[0] if plain else "combined", ""),
        condition=next((word for word in rest if word.startswith("if=")), ""),
        scope=one.scope,
        place=f"{one.file}:{one.line}",
    )


def _placed(config: NginxConfig, target: str) -> str:
    if target.startswith("syslog:") or target in {"stderr", "memory"}:
        return target
    return str(PurePosixPath(config.prefix, target))
