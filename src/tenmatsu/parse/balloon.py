"""What the balloon drivers of Linux tell of themselves in debugfs.

Sources: Linux drivers/misc/vmw_balloon.c (`vmmemctl`: pages of 4 KiB), drivers/hv/hv_balloon.c (`hv-balloon`,
since 6.2: pages of `page_size`).
"""

import re

from tenmatsu.errors import ParseError

_CURRENT = re.compile(rb"^current:?\s+(\d{1,15})(?: pages)?", re.MULTILINE)
_PAIR = re.compile(rb"^\s*(\w+)\s*:\s*(\d{1,15})\s*$", re.MULTILINE)
_VMWARE_PAGE_BYTES = 4096


def parse_vmmemctl(text: bytes) -> int:
    """Return how many bytes VMware's balloon holds."""
    found = _CURRENT.search(text)
    if not found:
        raise ParseError("vmmemctl", repr(text[:60]))
    return int(found[1]) * _VMWARE_PAGE_BYTES


def parse_hv_balloon(text: bytes) -> int:
    """Return how many bytes Hyper-V's balloon holds."""
    found = {name: int(value) for name, value in _PAIR.findall(text)}
    try:
        return found[b"pages_ballooned"] * found[b"page_size"]
    except KeyError:
        raise ParseError("hv-balloon", repr(text[:60])) from None
