"""`/etc/localtime`: the machine's own time zone, in which its logs without a zone are written.

Source: tzfile(5).
"""

import io
from datetime import tzinfo

from tenmatsu.errors import ParseError


class _Finite(io.BytesIO):
    """Bytes that end with an error: at the end of a file cut off, zoneinfo would read on for ever."""

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        if size and not data:
            raise EOFError
        return data


def parse_zone(text: bytes) -> tzinfo:
    """Return the zone of a compiled tzfile."""
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo.from_file(_Finite(text))
    except Exception as bad:  # its unpacking raises whatever it stumbles over
        raise ParseError("tzfile", repr(text[:20])) from bad
