"""By what a machine of the site counts as up: its services answer, not merely that it runs."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from tenmatsu.model.plan import Readiness, ReadyBy
from tenmatsu.model.site_map import Entry, EntryKind, SiteMap

_LDAP, _DNS, _SSH = 389, 53, 22
# What a role listens on where the site file names no port (IANA).
_PORTS = {"database": 0, "mail": 25, "directory": _LDAP, "dns": _DNS, "web": 80}
_BY = {"dns": ReadyBy.DNS, "directory": ReadyBy.LDAP}


def readiness_of(site: SiteMap, machine: str) -> tuple[Readiness, ...]:
    """Return what must answer on a machine before those that need it may start; addresses, not names.

    A name could be one that a machine of this very host resolves.
    """
    entry = site.entries[machine]
    found = [one for service in site.running_on(machine) for one in _of_service(site, entry, service)]
    if entry.ssh and entry.addresses:
        found.append(Readiness(by=ReadyBy.SSH, target=_join(entry.addresses[0], _SSH)))
    return tuple(found) or (Readiness(by=ReadyBy.POWER, target=machine),)


def _of_service(site: SiteMap, machine: Entry, service: Entry) -> list[Readiness]:
    if service.url and urlsplit(service.url).scheme in ("http", "https"):
        return [Readiness(by=ReadyBy.HTTP, target=service.url)]
    address = next(iter((*service.addresses, *machine.addresses)), "")
    port = service.port or _PORTS.get(service.role, 0)
    if not address or not port:
        return []
    by = _BY.get(service.role, ReadyBy.TCP)
    names = _names_used(site) if by is ReadyBy.DNS else ""
    return [Readiness(by=by, target=_join(address, port), expects=names)]


def _names_used(site: SiteMap) -> str:
    """Return the names that the site's URLs use: those a name server must really answer."""
    hosts = (urlsplit(entry.url).hostname or "" for entry in site.entries.values() if entry.url)
    return ",".join(dict.fromkeys(host for host in hosts if host and not _is_address(host)))


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _join(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def services_on(site: SiteMap, machine: str) -> tuple[str, ...]:
    """Return the services that are away when a machine is, itself first."""
    return (machine, *(one.name for one in site.running_on(machine) if one.kind is EntryKind.SERVICE))
