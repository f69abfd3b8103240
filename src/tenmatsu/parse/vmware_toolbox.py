"""`vmware-toolbox-cmd stat WHAT`: what VMware tells a guest of its own resources, without root.

Source: open-vm-tools, toolbox/toolboxcmd-stat.c: a number and its unit, `%u MB` or `%u MHz`. The unit is
known by what was asked: early tools wrote MHz behind memory as well. No limit is the largest number
of 32 bits.
"""

import re

from tenmatsu.errors import ParseError

_FIGURE = re.compile(rb"(\d{1,10}) (?:MB|MHz)\s*")
_NO_LIMIT = 0xFFFF_FFFF
_MEGAHERTZ, _MEBIBYTE = 1_000_000, 1 << 20


def parse_toolbox_stat(text: bytes, *, what: str) -> int | None:
    """Return bytes, or hertz of `cpulimit`; None where it says that there is no limit."""
    found = _FIGURE.fullmatch(text)
    if not found:
        raise ParseError("vmware-toolbox-cmd stat", repr(text[:60]))
    number = int(found[1])
    return None if number >= _NO_LIMIT else number * (_MEGAHERTZ if what == "cpulimit" else _MEBIBYTE)
