"""The control groups of a guest, as our script prints them: its limits, and how often they stopped it.

Source: Linux Documentation/scheduler/sched-bwc.rst (version 1: times in ns), admin-guide/cgroup-v2.rst
(version 2: in µs). libvirt.org/cgroups.html: a group for each vCPU, for the emulator, for each I/O thread.
"""

import re
from typing import NamedTuple

from tenmatsu.parse.libvirt_domain import Quota

_FIELD = re.compile(rb"^(\w+) (-?\d{1,20})$", re.MULTILINE)
_MAX = re.compile(rb"^max_of (\d{1,20}|max) (\d{1,20})$", re.MULTILINE)


class Group(NamedTuple):
    """One group: its limit, if any; periods in all, those in which it was stopped, and for how long."""

    quota: Quota | None
    periods: int
    stopped_periods: int
    stopped_seconds: float


def parse_guest_group(text: bytes) -> Group:
    """Return what a group's files say; zero for what they do not."""
    fields = {name.decode(): int(value) for name, value in _FIELD.findall(text)}
    stopped = fields.get("throttled_usec", 0) / 1e6 or fields.get("throttled_time", 0) / 1e9
    return Group(_quota(text, fields), fields.get("nr_periods", 0), fields.get("nr_throttled", 0), stopped)


def _quota(text: bytes, fields: dict[str, int]) -> Quota | None:
    if found := _MAX.search(text):
        quota, period = -1 if found[1] == b"max" else int(found[1]), int(found[2])
    else:
        quota, period = fields.get("quota_us", -1), fields.get("period_us", 0)
    return Quota(quota_us=quota, period_us=period) if quota > 0 and period > 0 else None
