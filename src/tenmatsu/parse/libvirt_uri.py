"""libvirt's connection URI: which driver, and on which machine.

Source: libvirt.org/uri.html. `DRIVER[+TRANSPORT]://[USER@][HOST][:PORT]/[PATH][?PARAMETERS]`.
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlsplit

from tenmatsu.errors import WrongUse
from tenmatsu.model.words import Words

DRIVERS = ("qemu", "lxc")
_LOCAL, _SSH = ("", "unix"), "ssh"
# Nothing in it may be taken for an option, a second command or white space.
_SAFE = re.compile(r"[a-z]+(\+[a-z0-9]+)?://[\w.@:\[\]%-]*(/[\w./-]*)?(\?[\w./=&%+-]*)?")


@dataclass(frozen=True, kw_only=True, slots=True)
class LibvirtUri:
    """A URI's parts. `there` is the URI to use on the machine itself; `host` is empty for this one.

    `distant`: libvirt's own protocol goes to another machine (TLS, TCP): only its guests can be asked.
    """

    driver: str
    there: str
    host: str = ""
    port: int | None = None
    distant: bool = False


def parse_libvirt_uri(text: str) -> LibvirtUri:
    """Return the parts. Raises WrongUse for what is no URI of a driver that we can read."""
    try:
        split = urlsplit(text)
        port = split.port
    except ValueError:
        raise WrongUse(_NO_URI.fill(uri=ascii(text[:80]))) from None
    driver, _, transport = split.scheme.partition("+")
    if not _SAFE.fullmatch(text) or driver not in DRIVERS:
        raise WrongUse(_NO_URI.fill(uri=ascii(text[:80])))
    if transport == _SSH:
        host = split.netloc.removesuffix(f":{port}") if port else split.netloc
        return LibvirtUri(
            driver=driver, there=_local_uri(driver, split.path, split.query), host=host, port=port
        )
    distant = bool(split.netloc) or transport not in _LOCAL
    return LibvirtUri(driver=driver, there=text, distant=distant)


def _local_uri(driver: str, path: str, query: str) -> str:
    """Return the URI for the other side, with the socket if one was named; the rest is for the way there."""
    sockets = parse_qs(query).get("socket")
    if not sockets:
        return f"{driver}://{path}"
    return f"{driver}+unix://{path}?socket={quote(sockets[0])}"


_NO_URI = Words(
    "{uri} is no address of a libvirt that can be asked, such as qemu:///system, "
    "qemu+ssh://user@host/system, lxc:///system",
    "{uri} は libvirt のアドレスではありません。例: qemu:///system、"
    "qemu+ssh://user@host/system、lxc:///system",
)
