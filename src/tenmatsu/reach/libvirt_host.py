"""What a libvirt host itself is, from the sections of our script. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from tenmatsu.errors import ParseError
from tenmatsu.model.below import HostFacts
from tenmatsu.parse.key_values import parse_key_values
from tenmatsu.parse.libvirt_lists import parse_colon_lines
from tenmatsu.parse.os_release import parse_os_release
from tenmatsu.parse.plain_text import make_plain
from tenmatsu.parse.proc_stat import parse_proc_stat
from tenmatsu.parse.xml_tree import Node, parse_xml
from tenmatsu.reach.host_shell import Told

_NO_KEY = "host"


def make_host(told: Told, offset: timedelta) -> HostFacts:
    """Return the host. `offset`: how far its clock is ahead of ours."""
    node = parse_colon_lines(told.find("list.nodeinfo") or b"")
    system = told.find("system")
    product = (told.find("product") or b"").decode("utf-8", "backslashreplace")
    cores, threads = _count_cores(node)
    return HostFacts(
        key=_find_key(told),
        name=make_plain((told.find("list.hostname") or b"").decode("utf-8", "backslashreplace")),
        uuid=_find_uuid(told),
        addresses=_own_addresses(told.find("addresses") or b""),
        model=make_plain(" ".join(product.split())),
        version=make_plain(_pretty_name(system)) if system else "",
        cores=cores,
        threads=threads,
        core_hertz=_number(node, "CPU frequency", 1e6),
        memory_bytes=_find_memory(told, node),
        booted=find_boot(told, offset),
    )


def _pretty_name(text: bytes) -> str:
    try:
        return parse_os_release(text).get("PRETTY_NAME", "")
    except ParseError:
        return ""


def _find_memory(told: Told, node: Mapping[str, str]) -> int | None:
    """Return what the kernel says; nodeinfo's is wrong on machines whose memory was added later."""
    try:
        return parse_key_values(told.find("memory") or b"")["MemTotal"]
    except (ParseError, KeyError):
        pass
    found = _number(node, "Memory size", 1024)
    return round(found) if found else None


def _find_key(told: Told) -> str:
    """Return the host's UUID, or a word that is the same every time where it tells none."""
    return _find_uuid(told) or _NO_KEY


def _find_uuid(told: Told) -> str:
    """Return the host's UUID from its capabilities, empty where it tells none."""
    try:
        root = parse_xml(told.find("list.capabilities") or b"")
        return str(UUID((root.child("host") or Node("")).said("uuid")))
    except (ParseError, ValueError, IndexError):
        return ""


def find_boot(told: Told, offset: timedelta) -> datetime | None:
    """Return when the host was started (our time), or None where it does not tell."""
    try:
        return datetime.fromtimestamp(parse_proc_stat(told.find("cpu") or b"").booted, UTC) - offset
    except (ParseError, OverflowError, ValueError, OSError):
        return None


def _count_cores(node: Mapping[str, str]) -> tuple[int | None, int | None]:
    """Return physical cores and threads: nodeinfo counts sockets and cores per NUMA cell."""
    threads, per_core = _number(node, "CPU(s)"), _number(node, "Thread(s) per core")
    if not threads:
        return None, None
    return round(threads / max(per_core or 1, 1)), round(threads)


def _number(fields: Mapping[str, str], name: str, unit: float = 1.0) -> float | None:
    found = re.match(r"\d{1,15}", fields.get(name, ""))
    return int(found[0]) * unit if found else None


def _own_addresses(text: bytes) -> tuple[str, ...]:
    lines = re.findall(rb"^\d+: \S+ +inet6? ([0-9a-fA-F.:]+)/\d+.* scope global", text, re.MULTILINE)
    return tuple(dict.fromkeys(one.decode() for one in lines))
