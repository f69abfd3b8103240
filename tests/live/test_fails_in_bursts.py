"""Users read and write while a storm comes and goes: told are the bursts, and that only writing fails."""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Mapping
from typing import Any

import pytest

from .bed import Server
from .bed.fault import Scene
from .bed.faults.writes_fail_in_bursts import FAULT
from .conftest import Break
from .investigate import investigate

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(importlib.util.find_spec("tenmatsu") is None, reason="tenmatsu is not installed"),
]

# On a crowded machine a pause may be as bad as a burst: it is watched again until the bursts stand out.
MOST_WATCHES = 3


def test_only_writing_fails_and_only_in_the_bursts(server: Server, broken: Break) -> None:
    _skip_where_others_keep_it_busy()
    with broken(FAULT, server) as scene:
        seen = _watch(scene)
    assert seen["fails-on-writes-only"]["state"] == "present"
    assert seen["fails-in-bursts"]["state"] == "present", seen["fails-in-bursts"]


def _skip_where_others_keep_it_busy() -> None:
    """Skip where half of the cores are taken: posts then die in the pauses too, by no storm of ours."""
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    if load > cores / 2:
        pytest.skip(f"others keep this machine busy (load {load:.1f} on {cores} cores): no pause is calm")


def _watch(scene: Scene) -> Mapping[str, Mapping[str, Any]]:
    """Return the findings by id, of the first investigation that has both."""
    found: Mapping[str, Mapping[str, Any]] = {}
    for _ in range(MOST_WATCHES):
        ran = investigate(scene, "--json")
        found = {one["id"]: one for one in json.loads(ran.stdout)["findings"]}
        if found["fails-in-bursts"]["state"] == found["fails-on-writes-only"]["state"] == "present":
            break
    return found
