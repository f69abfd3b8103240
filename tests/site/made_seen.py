"""The site of the incident, as looks would bring it: one host, a name server, a domain controller, a blog."""

from dataclasses import replace
from typing import Any

from tenmatsu.model.below import GuestFacts, HostFacts, Inventory, Lack, Power, Product, Startup
from tenmatsu.model.inside import CronFile, Domain, Inside, Listening, Share, Talking, WebSite
from tenmatsu.model.marks import Marks
from tenmatsu.model.site_map import Api
from tenmatsu.model.words import plain
from tenmatsu.site.proposal import Below, Seen

API = Api(
    product=Product.VMWARE, address="192.0.2.10", user="reader", secrets={"password": "file:~/.secret/esx1"}
)
ADDRESSES = {
    "dns1": "192.0.2.53",
    "ad1": "192.0.2.20",
    "db1": "192.0.2.33",
    "web1": "192.0.2.80",
    "old1": "192.0.2.99",
}


def mac(name: str) -> str:
    return f"00:0c:29:00:00:{list(ADDRESSES).index(name):02x}"


def guest(name: str, **more: Any) -> GuestFacts:
    values: dict[str, Any] = {"addresses": (ADDRESSES[name],), "macs": (mac(name),), "power": Power.ON}
    return GuestFacts(key=f"vm-{name}", name=name, host="h1", **{**values, **more})


def inside(name: str, **more: Any) -> Inside:
    marks = Marks(macs=(mac(name),), addresses=(ADDRESSES[name],))
    values: dict[str, Any] = {"resolvers": (ADDRESSES["dns1"],), "resolver_file": "/etc/resolv.conf"}
    return Inside(way=name, name=f"{name}.example.lan", marks=marks, **{**values, **more})


def listen(program: str, port: int, address: str = "0.0.0.0") -> Listening:
    return Listening(program, "tcp", port, (address,))


DNS1 = inside("dns1", listening=(listen("named", 53), listen("sshd", 22)), resolvers=("192.0.2.53",))
AD1 = inside(
    "ad1",
    listening=(listen("samba", 389), listen("samba", 88), listen("smbd", 445)),
    domains=(Domain(realm="EXAMPLE.LAN", source="/etc/samba/smb.conf", serves=True),),
)
DB1 = inside("db1", listening=(listen("mysqld", 3306),))
WEB1 = inside(
    "web1",
    system="CentOS release 5.11",
    listening=(listen("httpd", 80), listen("httpd", 443), listen("mysqld", 3306, "127.0.0.1")),
    talking=(Talking("httpd", "192.0.2.33", 3306, 2), Talking("curl", "198.51.100.9", 443, 1)),
    sites=(
        WebSite(names=("blog.example", "www.blog.example"), listen=("*:443",), tls=True),
        WebSite(names=("shop.example",), listen=("*:80",), upstreams=("http://api.elsewhere.example:8080/",)),
    ),
    domains=(Domain(realm="EXAMPLE.LAN", source="/etc/krb5.conf", servers=("ad1.example.lan",)),),
    shares=(Share("nfs", "192.0.2.33", "/srv/files"),),
    gateways=("198.51.100.1",),
    cron=(CronFile("/etc/crontab", 3),),
    lacks=(Lack(what=plain("some timed jobs"), why=plain("no permission"), close_by=plain("be root")),),
)


def make_seen(**more: Any) -> Seen:
    guests = (
        guest("dns1", startup=Startup(order=1)),
        guest("ad1"),
        guest("db1"),
        guest("web1", system="CentOS 4/5 or later (64-bit)"),
        guest("old1", power=Power.OFF),
    )
    host = HostFacts(key="h1", name="esx1", addresses=("192.0.2.10",), autostart=False, model="DL380")
    inventory = Inventory(hosts=(host,), guests=guests)
    seen = Seen(belows=(Below(api=API, inventory=inventory),), insides=(DNS1, AD1, DB1, WEB1))
    return replace(seen, **more)
