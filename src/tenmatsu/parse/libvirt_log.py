"""A guest's log on its host, /var/log/libvirt/qemu/NAME.log: when it was started, when and why it ended.

Source: libvirt, src/qemu/qemu_domain.c and qemu_process.c: times are UTC; the reasons are those of
virDomainShutoffReason (shutdown, destroyed, crashed, migrated, saved, failed, …).
"""

import re
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

_LINE = re.compile(
    r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{1,6}\+0000): (starting up|shutting down)(?:, reason=(\w+))?",
    re.MULTILINE,
)


class Turn(NamedTuple):
    """A guest's start or end. `reason` is libvirt's word; empty for a start, and in old versions."""

    time: datetime
    started: bool
    reason: str


def parse_libvirt_log(text: bytes) -> list[Turn]:
    """Return the starts and ends, in the log's order."""
    found = []
    for time, what, reason in _LINE.findall(text.decode("utf-8", "backslashreplace")):
        with suppress(ValueError):  # a 31st of February
            found.append(Turn(datetime.fromisoformat(time), what == "starting up", reason))
    return found
