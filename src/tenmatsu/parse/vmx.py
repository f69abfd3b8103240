"""A guest's own file on a VMware host (`NAME.vmx`): what it is, and its limit."""

import re
from collections.abc import Iterator, Mapping
from uuid import UUID

from tenmatsu.model.below import GuestFacts, Power
from tenmatsu.parse.vsphere_guest import to_cores

_LINE = re.compile(r'\s*([^#=\s][^=\s]*)\s*=\s*"(.*)"\s*')
_ESCAPE = re.compile(r"\|([0-9A-Fa-f]{2})")
_MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")
_CARDS = 10
_MEBI = 1 << 20


def parse_vmx(text: str) -> Mapping[str, str]:
    """Return the settings by key in lower case. What is no setting is passed over."""
    found = (_LINE.fullmatch(line) for line in text.splitlines())
    return {one[1].lower(): _ESCAPE.sub(lambda m: chr(int(m[1], 16)), one[2]) for one in found if one}


def make_guest(
    settings: Mapping[str, str], key: str, host: str, core_hertz: float | None = None
) -> GuestFacts:
    """Return the guest. The limit is in MHz: cores only where somebody knows the host's speed (Hz)."""
    limit = _whole(settings.get("sched.cpu.max", ""))
    return GuestFacts(
        key=key,
        name=settings.get("displayname", key),
        host=host,
        power=Power.UNKNOWN,
        uuid=_uuid(settings.get("uuid.bios", "")),
        macs=tuple(_macs(settings)),
        system=settings.get("guestos", ""),
        vcpus=_whole(settings.get("numvcpus", "1")),
        cpu_limit_cores=to_cores(limit, core_hertz),
        cpu_limit_text="" if limit is None else f"{limit} MHz",
        cpu_limit_told=limit is None or core_hertz is not None,
        memory_bytes=_mebi(settings.get("memsize", "")),
        memory_limit_bytes=_mebi(settings.get("sched.mem.max", "")),
        memory_reserved_bytes=_mebi(settings.get("sched.mem.min", "")),
        steal_told=settings.get("stealclock.enable", "").lower() == "true",
    )


def _macs(settings: Mapping[str, str]) -> Iterator[str]:
    for card in range(_CARDS):
        for name in ("address", "generatedaddress"):
            address = settings.get(f"ethernet{card}.{name}", "").lower()
            if _MAC.fullmatch(address):
                yield address
                break


def _uuid(text: str) -> str:
    """Return `56 4d 2f 12 80 41 63 9b-50 18 05 a8 35 b7 2e af` as UUIDs are written elsewhere."""
    try:
        return str(UUID(re.sub(r"[\s-]", "", text)))
    except ValueError:
        return ""


def _whole(text: str) -> int | None:
    """Return a number; None for `unlimited`, -1 and what is none."""
    return int(text) if text.isascii() and text.isdecimal() else None


def _mebi(text: str) -> int | None:
    value = _whole(text)
    return None if value is None else value * _MEBI
