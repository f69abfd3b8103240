"""A guest's log on its host, /var/log/libvirt/qemu/NAME.log: when it was started, when and why it ended.

Source: libvirt, src/qemu/qemu_domain.c and qemu_process.c: times are UTC; the reasons are those of
virDomainShutoffReason (shutdown, destroyed, crashed, migrated, saved, failed, …).
"""

import re
from datetime import datetime
from typing import NamedTuple

_LINE = re.compile(
    r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\+0000): (starting up|shutting down)(?:, reason=(\w+))?",
    re.MULTILINE,
)


class Turn(NamedTuple):
    """A guest's start or end. `reason` is libvirt's word; empty for a start, and in old versions."""

    time: datetime
    started: bool
    reason: str


def parse_libvirt_log(text: bytes) -> list[Turn]:
    """Return the starts and ends, in the log's order."""
    found = _LINE.findall(text.decode("utf-8", "backslashreplace"))
    return [Turn(datetime.fromisoformat(time), what == "starting up", reason) for time, what, reason in found]
