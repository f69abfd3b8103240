"""What a look at an ESXi's shell prints: its clock, version, hardware, and the running guests' files."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tenmatsu.errors import ParseError
from tenmatsu.parse.vmx import parse_vmx

# Each part begins with such a line. What a login shell says before the first is passed over.
MARK = "tenmatsu:"
_SPEED = re.compile(r"\bcpuMhz = (\d{1,6})\b")
# Up to the year 2286: what is longer is no clock, and need not be a day of any calendar.
_CLOCK = re.compile(r"\d{1,10}(?:\.\d{1,9})?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """`clock` in seconds since 1970 by the host; `core_hertz` None where it was not told."""

    clock: float
    version: str = ""
    core_hertz: float | None = None
    settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def parse_shown(text: str) -> Shown:
    """Return what was shown. Raises ParseError where not even the clock is there."""
    clock, version, hertz = "", "", None
    settings: dict[str, Mapping[str, str]] = {}
    for part in ("\n" + text).split("\n" + MARK)[1:]:
        first, _, rest = part.partition("\n")
        kind, _, value = first.partition(":")
        if kind == "clock":
            clock = value.strip()
        elif kind == "version":
            version = value.strip()
        elif kind == "hardware" and (speed := _SPEED.search(rest)):
            hertz = int(speed[1]) * 1_000_000.0
        elif kind == "file":
            told = parse_vmx(rest)
            settings[told.get("displayname", "")] = told
    if not _CLOCK.fullmatch(clock):
        raise ParseError("esxi-shell", repr(text[-80:]))
    return Shown(clock=float(clock), version=version, core_hertz=hertz, settings=settings)
