"""Sites for tests: a small one, and one of any size."""

from tenmatsu.model.site_map import SiteMap
from tenmatsu.parse.site_file import parse_site_file

SMALL = """
[host.esx1]
hypervisor = "vmware"
address = "192.0.2.10"

[guest.dns1]
on = "esx1"
address = "192.0.2.53"

[guest.web1]
on = "esx1"
address = "192.0.2.80"
needs = [{ what = "named", because = "nameserver 192.0.2.53 in /etc/resolv.conf" }, "isp"]

[guest.db1]
on = "esx1"
needs = ["named"]

[service.named]
on = "dns1"
role = "dns"
port = 53

[service.mysql]
on = "db1"
role = "database"
port = 3306

[service.blog]
on = "web1"
role = "web"
url = "https://blog.example/"
needs = [{ what = "mysql", because = "2 connections to 192.0.2.33:3306" }]

[outside.isp]
address = "198.51.100.1"
"""


def read(text: str) -> SiteMap:
    return parse_site_file(text.encode(), {})


def make_large(hosts: int, guests: int) -> SiteMap:
    """Return hosts with guests that all need one name server, and each host's first guest the gateway."""
    lines = ["[outside.gateway]", "[service.named]", "on = 'g0-0'", "role = 'dns'"]
    for host in range(hosts):
        lines += [f"[host.h{host}]"]
        for guest in range(guests):
            needs = ["named"] if (host, guest) != (0, 0) else []
            needs += ["gateway"] if guest == 0 else []
            lines += [f"[guest.g{host}-{guest}]", f"on = 'h{host}'", f"needs = {needs}"]
    return read("\n".join(lines))
