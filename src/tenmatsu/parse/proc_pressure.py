"""`/proc/pressure/{cpu,memory,io}`: time in which tasks were stalled for want of a resource.

Source: Linux Documentation/accounting/psi.rst. `total` is in microseconds.
"""

import re

from tenmatsu.errors import ParseError

_LINE = re.compile(rb"^(some|full) .*total=(\d{1,20})$", re.MULTILINE)


def parse_pressure(text: bytes) -> dict[str, float]:
    """Return stalled seconds since boot by degree: `some` (at least one task) and `full` (all of them)."""
    found = {degree.decode(): int(total) / 1e6 for degree, total in _LINE.findall(text)}
    if not found:
        raise ParseError("PSI", repr(text[:60]))
    return found
