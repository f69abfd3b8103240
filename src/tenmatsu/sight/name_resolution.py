"""Name resolution: real queries to every configured resolver, timed and compared with each other."""

import ipaddress
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from urllib.parse import urlsplit

from tenmatsu.errors import NoAnswer, NotThere, TookTooLong
from tenmatsu.model.words import Words
from tenmatsu.parse.resolv_conf import parse_resolv_conf
from tenmatsu.reach import NameAnswer, Reach
from tenmatsu.sight.machine_kind import read_text
from tenmatsu.sight.scene import Notebook, Scene, Sight

# The C library gives a resolver 5 s and then asks again: who answers later than that has failed an
# application. A little longer shows whether the answer was late or never came.
_LIMIT_SECONDS = 7.0
_EVERY_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answer:
    """What a resolver said.

    `code` is a DNS response code; `timeout`, `refused` (nobody there) or `unreachable` (no way there); or
    what was wrong with its answer.
    """

    code: str
    seconds: float
    records: str


def look(scene: Scene, notebook: Notebook) -> None:
    """Ask each resolver for the names that matter here, again and again during the window."""
    config = parse_resolv_conf(_resolv_conf(scene))
    notebook.read = Words(f"{len(config.servers)} resolvers", f"リゾルバー {len(config.servers)} 個")
    notebook.event(
        "dns.config",
        scene.reach.now(),
        servers=", ".join(config.servers),
        count=len(config.servers),
    )
    names = _names(scene)
    for tick, _ in enumerate(scene.ticks(_EVERY_SECONDS)):
        if tick and scene.left_seconds < 1.0:
            break  # an answer would come after the window
        # At the end of the window nobody waits for a late answer; one cut off before the C library
        # would have given up proves nothing and is not written down.
        limit = min(_LIMIT_SECONDS, scene.left_seconds + 1.0)
        with ThreadPoolExecutor(max_workers=6) as pool:
            asked = {
                pool.submit(_ask, scene.reach, server, name, limit): (server, name)
                for server in config.servers
                for name in names
            }
            for done in as_completed(asked):
                answer = done.result()
                if answer.code != "timeout" or limit >= config.timeout_seconds:
                    _write(scene, notebook, *asked[done], answer)


def _resolv_conf(scene: Scene) -> bytes:
    try:
        return scene.reach.read("/etc/resolv.conf")
    except NotThere:
        return b"nameserver 127.0.0.1\n"  # what the C library then does, resolv.conf(5)


def _names(scene: Scene) -> list[str]:
    """Return the names to ask for: the root, our own, and the symptom's host.

    Every resolver on the way to the world answers for the root from its cache.
    """
    names = [".", read_text(scene.reach, "/proc/sys/kernel/hostname", 256)]
    host = urlsplit(scene.url or "").hostname or ""
    if host and not _is_address(host) and host != "localhost":
        names.append(host)
    return [name for name in names if _is_name(name)]


def _is_name(text: str) -> bool:
    import dns.exception
    import dns.name

    try:
        dns.name.from_text(text)
    except (dns.exception.DNSException, UnicodeError):
        return False  # no question can be made of it: no resolver is at fault
    return True


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _ask(reach: Reach, server: str, name: str, limit_seconds: float) -> _Answer:
    """Return what a server answers. Raises ReachError where the machine that is to ask cannot do so."""
    import dns.message

    began = time.monotonic()
    try:
        query = dns.message.make_query(name, "NS" if name == "." else "A", use_edns=True)
        answer = reach.ask_name_server(server, query.to_wire(), limit_seconds=limit_seconds)
    except TookTooLong:
        code = "timeout"
    except NoAnswer as failed:
        code = "refused" if failed.refused else "unreachable"
    else:
        return _read(answer)
    return _Answer(code=code, seconds=time.monotonic() - began, records="")


def _read(answer: NameAnswer) -> _Answer:
    import dns.exception
    import dns.message
    import dns.rcode

    try:
        message = dns.message.from_wire(answer.data, ignore_trailing=True)
        code = dns.rcode.to_text(message.rcode())
        records = ",".join(sorted(str(record) for rrset in message.answer for record in rrset)[:8])
    except (dns.exception.DNSException, EOFError, UnicodeError, ValueError) as error:
        code, records = type(error).__name__, ""
    return _Answer(code=code, seconds=answer.seconds, records=records)


def _write(scene: Scene, notebook: Notebook, server: str, name: str, answer: _Answer) -> None:
    now = scene.reach.now()
    notebook.event(
        "dns.lookup",
        now,
        server__address=server,
        dns__question__name=name,
        code=answer.code,
        records=answer.records,
        duration_seconds=answer.seconds,
    )


SIGHT = Sight(
    name="name_resolution",
    title=Words("name resolution", "名前解決"),
    look=look,
    watches=True,
)
