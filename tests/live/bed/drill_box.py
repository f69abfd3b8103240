"""The drills' box for the tests, and storms in its guests."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tenmatsu.drill.box import Box, find_cache, why_no_box
from tenmatsu.drill.guest_image import make_images
from tenmatsu.drill.guests import Guest
from tenmatsu.errors import NoBox

# What the storm does: short-lived processes, one after the other, for as long as its file is there.
_LOOP = "while [ -e /tmp/storm ]; do /bin/true; /bin/busybox true; done"
_STORM = f"touch /tmp/storm; setsid sh -c '{_LOOP}' </dev/null >/dev/null 2>&1 &"


def why_no_box_here() -> str:
    """Why this machine cannot hold the box, its images included; empty where it can."""
    if reason := why_no_box():
        return reason.en
    try:
        make_images(find_cache())
    except NoBox as no:
        return no.words.en
    return ""


@contextmanager
def storm(box: Box, guest: Guest) -> Iterator[None]:
    """Let short-lived processes storm in a guest."""
    box.ssh(guest, _STORM)
    try:
        yield
    finally:
        box.ssh(guest, "rm -f /tmp/storm")


def set_quota(box: Box, guest: Guest, percent: int | None) -> None:
    """Cap a guest's vCPUs at so many percent of a core each, or lift the cap."""
    quota = -1 if percent is None else percent * 1000
    box.virsh("schedinfo", guest.name, "--live", "--set", "vcpu_period=100000", f"vcpu_quota={quota}")


def until(condition: Callable[[], object], *, limit_seconds: float = 60.0) -> bool:
    """Wait for a condition, asked ten times a second; return whether it came."""
    end = time.monotonic() + limit_seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True
