"""What was found inside a machine of a site: who listens, who is asked, what it is joined to."""

from dataclasses import dataclass, field
from typing import NamedTuple

from tenmatsu.model.below import Lack
from tenmatsu.model.marks import Marks


class Socket(NamedTuple):
    """One row of the kernel's tables of sockets. `program` is empty where that was not told.

    `listening`: it waits for others; then the remote side says nothing.
    """

    protocol: str
    listening: bool
    address: str
    port: int
    remote_address: str
    remote_port: int
    program: str = ""


class Listening(NamedTuple):
    """A program that waits at a port of a protocol, at these addresses (`0.0.0.0`, `::`: all)."""

    program: str
    protocol: str
    port: int
    addresses: tuple[str, ...]


class Talking(NamedTuple):
    """Established connections that a machine opened to one port elsewhere, so many of one program."""

    program: str
    address: str
    port: int
    connections: int


@dataclass(frozen=True, kw_only=True, slots=True)
class WebSite:
    """A virtual host: its names (the first one is its own), where it listens, whom it asks in turn."""

    names: tuple[str, ...] = ()
    listen: tuple[str, ...] = ()
    tls: bool = False
    upstreams: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Domain:
    """A domain that a machine is joined to or serves; `servers` by name or address, `source` the file."""

    realm: str
    source: str
    servers: tuple[str, ...] = ()
    serves: bool = False


class Share(NamedTuple):
    """A file system of another machine: `nfs` or `cifs`, its server, where it is mounted."""

    kind: str
    server: str
    mountpoint: str


class CronFile(NamedTuple):
    """A file of timed jobs, and how many stand in it."""

    path: str
    jobs: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Inside:
    """One machine from inside. `way` is how it was reached: `here`, or what `ssh` was given.

    An empty tuple means that there is nothing; what could not be looked at stands in `lacks`.
    """

    way: str
    name: str = ""
    system: str = ""
    virtualisation: str = ""
    marks: Marks = field(default_factory=Marks)
    listening: tuple[Listening, ...] = ()
    talking: tuple[Talking, ...] = ()
    sites: tuple[WebSite, ...] = ()
    resolvers: tuple[str, ...] = ()
    resolver_file: str = ""
    domains: tuple[Domain, ...] = ()
    shares: tuple[Share, ...] = ()
    gateways: tuple[str, ...] = ()
    cron: tuple[CronFile, ...] = ()
    hosts: tuple[tuple[str, str], ...] = ()  # of /etc/hosts: name, address
    lacks: tuple[Lack, ...] = ()
