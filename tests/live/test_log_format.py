"""`tenmatsu requests` on the log of a real Apache reads it by that server's own LogFormat."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from .bed import Settings, serving, why_unusable
from .bed.ask import ask
from .bed.leftovers import find_leftovers

pytestmark = pytest.mark.live


def test_the_format_is_that_of_the_running_server() -> None:
    """Its last fields, duration and worker, are of no form that lines tell."""
    if reason := why_unusable():
        pytest.skip(reason)
    with serving(Settings(log_duration=True)) as server:
        ask(server.read_url)
        ran = subprocess.run(
            [sys.executable, "-m", "tenmatsu", "requests", str(server.access_log), "--json"],
            capture_output=True,
            text=True,
            check=False,
        )
        conf = server.root / "apache2.conf"
    assert find_leftovers(server.root) == ()
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    (used,) = found["formats"]
    assert (used["source"], used["server"]) == ("server", "apache")
    assert used["place"].startswith(f"{conf}:")
    assert used["format"].endswith("%D %P")
    assert not any("how long" in gap for gap in found["gaps"])
