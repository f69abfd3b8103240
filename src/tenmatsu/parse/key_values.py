"""Files of `name value` lines: /proc/meminfo, /proc/vmstat, cgroup cpu.stat, memory.events and their kin."""

import re

from tenmatsu.errors import ParseError

_PAIR = re.compile(rb"^[ \t]*([A-Za-z_][\w.()]*):?[ \t]+(-?\d{1,20})(?:[ \t]+(kB))?[ \t]*$", re.MULTILINE)


def parse_key_values(text: bytes) -> dict[str, int]:
    """Return the numbers by name; those marked kB in bytes."""
    found = {name.decode(): int(value) * (1024 if unit else 1) for name, value, unit in _PAIR.findall(text)}
    if not found:
        raise ParseError("name-value lines", repr(text[:60]))
    return found
