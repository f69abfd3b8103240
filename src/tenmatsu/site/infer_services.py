"""The services of a machine: what listens, and virtual hosts in place of their web server."""

from tenmatsu.model.inside import Inside, Listening, WebSite
from tenmatsu.model.site_map import Entry, EntryKind
from tenmatsu.model.words import Words
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.site.draft import Draft, Machine, Service
from tenmatsu.site.names import make_name
from tenmatsu.site.roles import WEB, choose_port, find_role, is_service


def add_services(draft: Draft, machine: Machine, inside: Inside) -> None:
    """Add to a draft what a machine serves."""
    named = [site for site in inside.sites if site.names]
    groups: dict[tuple[str, str], list[Listening]] = {}
    for one in filter(is_service, inside.listening):
        groups.setdefault((find_role(one), one.program), []).append(one)
    for (role, program), found in groups.items():
        if role == WEB and named and program in ("apache2", "httpd", "nginx", ""):
            continue  # its virtual hosts stand for it
        _add_service(draft, machine, role, program, tuple(one.port for one in found))
    for site in named:
        _add_site(draft, machine, site)


def _add_service(draft: Draft, machine: Machine, role: str, program: str, ports: tuple[int, ...]) -> None:
    text = f"{machine.name}-{role or program}"
    if text in draft.taken and program:
        text = f"{machine.name}-{program}"
    port = choose_port(role, list(ports))
    entry = Entry(
        name=make_name(text, fallback="service"),
        kind=EntryKind.SERVICE,
        on=machine.name,
        role=role,
        port=port,
    )
    others = ", ".join(str(one) for one in sorted(set(ports) - {port})[:12])
    comments = [LISTENS.fill(program=program, also=f", {others}" if others else "", port=port)]
    name = draft.add(entry, *(comments if program else [BY_PORT.fill(port=port)] if role else []))
    machine.services.append(Service(name=name, role=role, program=program, ports=ports))


def _add_site(draft: Draft, machine: Machine, site: WebSite) -> None:
    host = site.names[0].partition(":")[0]
    ports = tuple(int(port) for one in site.listen if (port := one.rpartition(":")[2]).isdecimal())
    tls = site.tls or 443 in ports
    usual = not ports or (443 if tls else 80) in ports
    url = f"{'https' if tls else 'http'}://{host}{'' if usual else f':{ports[0]}'}/"
    entry = Entry(
        name=make_name(host, fallback="site"),
        kind=EntryKind.SERVICE,
        on=machine.name,
        role=WEB,
        url=make_plain(url),
    )
    others = [make_plain(one) for one in site.names[1:9]]
    name = draft.add(entry, *([ALSO.fill(names=", ".join(others))] if others else []))
    machine.services.append(
        Service(name=name, role=WEB, program="", ports=ports or (443 if tls else 80,), site=site)
    )


LISTENS = Words("{program} listens at {port}{also}", "{program} が {port}{also} で待ち受け")
BY_PORT = Words(
    "by its port, {port}: the program was not told", "ポート {port} からの推定 (プログラムは不明)"
)
ALSO = Words("also called {names}", "別名 {names}")
