"""The virtual hosts of a web server's configuration: their names, where they listen, whom they ask.

Source: Apache HTTP Server 2.4, core, mod_proxy; nginx.org, ngx_http_core_module, ngx_http_upstream_module.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tenmatsu.model.inside import WebSite
from tenmatsu.parse.apache_config import ApacheConfig, Directive
from tenmatsu.parse.nginx_config import NginxConfig, Statement

_APACHE = "servername serveralias proxypass proxypassmatch balancermember sslengine sethandler".split()
_PASSES = ("proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass")
_NO_NAMES = frozenset({"_", "", "localhost"})


@dataclass
class _Site:
    names: list[str] = field(default_factory=list)
    listen: list[str] = field(default_factory=list)
    tls: bool = False
    upstreams: list[str] = field(default_factory=list)

    def finish(self) -> WebSite:
        names = [name.removeprefix("http://").removeprefix("https://") for name in self.names]
        return WebSite(
            names=tuple(dict.fromkeys(name for name in names if name not in _NO_NAMES)),
            listen=tuple(dict.fromkeys(self.listen)),
            tls=self.tls,
            upstreams=tuple(dict.fromkeys(filter(None, self.upstreams))),
        )


def read_apache_sites(config: ApacheConfig) -> tuple[WebSite, ...]:
    """Return the virtual hosts; what stands outside of all of them is the first, if it says anything."""
    sites: dict[str, _Site] = {}
    for one in config.find(*_APACHE):
        section = next((part for part in one.sections if part.name == "virtualhost"), None)
        site = sites.setdefault(section.place if section else "", _Site())
        site.listen = section.argument.split() if section else site.listen
        _take_directive(site, one)
    return tuple(site.finish() for _, site in sorted(sites.items(), key=lambda item: item[0] != ""))


def _take_directive(site: _Site, one: Directive) -> None:
    if one.name == "servername":
        site.names.insert(0, one.arguments[0])
    elif one.name == "serveralias":
        site.names += one.arguments
    elif one.name == "sslengine":
        site.tls = one.arguments[0].lower() == "on"
    elif one.name == "sethandler":
        site.upstreams += [one.arguments[0].removeprefix("proxy:")] if "proxy:" in one.arguments[0] else []
    else:
        site.upstreams += [word for word in one.arguments if "://" in word or word.startswith("unix:")][:1]


def read_nginx_sites(config: NginxConfig) -> tuple[WebSite, ...]:
    """Return the servers. A group of upstreams stands as its members."""
    groups = _find_groups(config)
    sites: list[_Site] = []
    for one in config.statements:
        if one.name == "server" and not one.words:
            sites.append(_Site())
        elif sites and "server" in one.blocks and one.words:
            _take_statement(sites[-1], one, groups)
    return tuple(site.finish() for site in sites)


def _take_statement(site: _Site, one: Statement, groups: dict[str, list[str]]) -> None:
    if one.name == "server_name":
        site.names += [word for word in one.words if not word.startswith("~")]
    elif one.name == "listen":
        site.listen.append(one.words[0])
        site.tls = site.tls or "ssl" in one.words[1:]
    elif one.name in _PASSES:
        site.upstreams += _follow_group(one.words[0], groups)


def _find_groups(config: NginxConfig) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    name = ""
    for one in config.statements:
        if one.name == "upstream" and one.words:
            name = one.words[0]
        elif one.name == "server" and one.words and one.blocks[-1:] == ("upstream",):
            groups.setdefault(name, []).append(one.words[0])
    return groups


def _follow_group(target: str, groups: dict[str, list[str]]) -> Iterator[str]:
    scheme, mark, rest = target.partition("://")
    host, slash, path = (rest if mark else target).partition("/")
    members = groups.get(host)
    if members is None:
        yield target
        return
    yield from (f"{scheme}{mark}{member}{slash}{path}" if mark else member for member in members)
