"""What a listening program does for others: by its port where that is reserved for it, else by its name.

Ports: IANA, Service Name and Transport Protocol Port Number Registry. Names: those of the processes.
"""

from tenmatsu.model.inside import Listening

DNS, DIRECTORY, DATABASE, MAIL, FILES, TIME, WEB = (
    "dns directory database mail files time web".split()  # the words in the site file
)
# The first port of a role is the one that the file names, where a program listens at several.
PORTS = {
    DNS: (53,),
    DIRECTORY: (389, 636, 88, 3268, 464),
    DATABASE: (3306, 5432, 1433, 1521, 27017, 6379, 5984, 9042, 50000),
    MAIL: (25, 587, 465, 143, 993, 110, 995),
    FILES: (2049, 445, 139, 548, 21, 873),
    TIME: (123,),
    WEB: (443, 80, 8443, 8080),
}
_PROGRAMS = {
    DNS: "named dnsmasq unbound pdns_server pdns_recursor knotd nsd coredns",
    DIRECTORY: "slapd ns-slapd krb5kdc kadmind",
    DATABASE: "mysqld mariadbd postgres postmaster oracle tnslsnr mongod redis-server valkey-server sqlservr"
    " firebird memcached beam.smp",
    MAIL: "master exim4 exim sendmail dovecot qmail-smtpd opensmtpd",
    FILES: "smbd nfsd ganesha.nfsd vsftpd proftpd pure-ftpd rsync",
    TIME: "chronyd ntpd ntpsec",
    WEB: "apache2 httpd nginx lighttpd caddy haproxy varnishd squid traefik tomcat",
}
_BY_PROGRAM = {program: role for role, names in _PROGRAMS.items() for program in names.split()}
_BY_PORT = {port: role for role, ports in PORTS.items() for port in ports}
# Part of every machine, and nothing that others need of it.
_NOT_SERVED = frozenset(
    "sshd dropbear systemd systemd-resolve systemd-resolved systemd-network rpcbind rpc.statd rpc.mountd"
    " avahi-daemon cupsd dhclient dhcpcd NetworkManager snmpd zabbix_agentd nrpe node_exporter vmtoolsd"
    " init".split()
)
_RPC_PORTS = (111,)


def find_role(one: Listening) -> str:
    """Return what it does for others; empty where that is not known."""
    by_port = _BY_PORT.get(one.port, "")
    if by_port in (DNS, DIRECTORY):  # Samba serves both, and files, under one name
        return by_port
    return _BY_PROGRAM.get(one.program) or by_port


def is_service(one: Listening) -> bool:
    """Tell whether others can need it: not what every machine has, and not an unknown one at home only."""
    if one.program in _NOT_SERVED or one.port in _RPC_PORTS or one.port == 22:
        return False
    role = find_role(one)
    at_home = all(address.startswith("127.") or address == "::1" for address in one.addresses)
    if role in (DNS, TIME, MAIL) and at_home:  # a cache, a clock, a mailer of its own
        return False
    if role == TIME:  # every machine keeps its clock; who serves time to others, nobody can tell from here
        return False
    return bool(role) or (one.protocol == "tcp" and bool(one.program) and not at_home)


def choose_port(role: str, ports: list[int]) -> int:
    """Return the port that stands for all."""
    return next((port for port in PORTS.get(role, ()) if port in ports), min(ports))


def is_database_port(port: int) -> bool:
    """Tell whether a connection to this port is most likely one to a database."""
    return port in PORTS[DATABASE]
