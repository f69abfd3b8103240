"""The site of 2010, with a mail server and a guest on another host."""

from tenmatsu.attempt.kinds import KINDS
from tenmatsu.model.site_map import SiteMap
from tenmatsu.parse.site_file import parse_site_file

TEXT = b"""
[host.esx1]
hypervisor = "vmware"
address = "192.0.2.10"
password = "env:NOWHERE"

[host.esx2]
hypervisor = "vmware"
address = "192.0.2.11"
password = "env:NOWHERE"

[guest.web1]
on = "esx1"
address = "192.0.2.21"
ssh = "web1"
needs = [{ what = "dns1", because = "nameserver 192.0.2.53" }]

[guest.mail1]
on = "esx1"
needs = ["names", "web1"]

[guest.dns1]
on = "esx1"
address = "192.0.2.53"

[guest.far1]
on = "esx2"
needs = ["dns1"]

[service.blog]
on = "web1"
role = "web"
url = "http://blog.example/"

[service.names]
on = "dns1"
role = "dns"
"""


def made_site() -> SiteMap:
    return parse_site_file(TEXT, KINDS)
