"""The kernel's `struct timex`, as adjtimex(2) gives it on this machine's architecture."""

import struct
from dataclasses import dataclass

from tenmatsu.errors import ParseError

# In this order: modes, offset, freq, maxerror, esterror, status, constant; then five more that are not
# needed here, but end a struct that is whole.
_LAYOUT = struct.Struct("@IllllilllllL")
_UNSYNCHRONISED = 0x0040  # STA_UNSYNC
_NANOSECONDS = 0x2000  # STA_NANO


@dataclass(frozen=True, kw_only=True, slots=True)
class ClockDiscipline:
    """How the kernel's clock is kept.

    `offset_seconds` is what is still to be corrected, `frequency_ppm` the correction of its speed.
    The kernel gives up after `maximum_error_seconds` has grown to 16.
    """

    synchronised: bool
    offset_seconds: float
    frequency_ppm: float
    estimated_error_seconds: float
    maximum_error_seconds: float


def parse_adjtimex(text: bytes) -> ClockDiscipline:
    """Return the state of the kernel's clock discipline."""
    if len(text) < _LAYOUT.size:
        raise ParseError("struct timex", repr(text[:16]))
    _, offset, frequency, maximum, estimated, status, *_ = _LAYOUT.unpack_from(text)
    return ClockDiscipline(
        synchronised=not status & _UNSYNCHRONISED,
        offset_seconds=offset / (1e9 if status & _NANOSECONDS else 1e6),
        frequency_ppm=frequency / 65536,
        estimated_error_seconds=estimated / 1e6,
        maximum_error_seconds=maximum / 1e6,
    )
