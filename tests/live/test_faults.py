"""The whole program against a server that is really broken, and against the same one mended."""

from __future__ import annotations

import importlib.util
import json
import subprocess
from collections.abc import Mapping
from typing import Any

import pytest

from .bed import Server
from .bed.fault import Fault, Scene
from .bed.faults import FAULTS
from .conftest import Break
from .investigate import investigate

EXIT_HEALTHY, EXIT_FAULT = 0, 1

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(importlib.util.find_spec("tenmatsu") is None, reason="tenmatsu is not installed"),
]

# That nothing is blamed shows sooner than what is.
MENDED_SECONDS = 10


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_fault_is_named_and_nothing_is_blamed_after_its_mend(
    fault: Fault, server: Server, broken: Break
) -> None:
    """Cause and layer while broken; healthy when mended."""
    with broken(fault, server) as scene:
        while_broken = investigate(scene, "--json")
    mended = investigate(Scene(url=server.post_url, watched_seconds=MENDED_SECONDS), "--json")

    if fault.cause is None:
        _assert_healthy(while_broken)
    else:
        verdict = _verdict(while_broken)
        assert (verdict["cause"], verdict["layer"]) == (fault.cause, fault.layer), verdict
        assert while_broken.returncode == EXIT_FAULT
    _assert_healthy(mended)


def _assert_healthy(ran: subprocess.CompletedProcess[str]) -> None:
    verdict = _verdict(ran)
    assert (verdict["status"], verdict["cause"]) == ("healthy", None), verdict
    assert ran.returncode == EXIT_HEALTHY


def _verdict(ran: subprocess.CompletedProcess[str]) -> Mapping[str, Any]:
    assert ran.returncode in (EXIT_HEALTHY, EXIT_FAULT), f"{ran.stdout}\n{ran.stderr}"
    verdict: Mapping[str, Any] = json.loads(ran.stdout)["verdict"]
    return verdict
