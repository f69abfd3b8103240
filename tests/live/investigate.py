"""Runs the program under test as its user would."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from .bed.fault import Scene

LIMIT_SECONDS = 180.0


def investigate(scene: Scene, *options: str) -> subprocess.CompletedProcess[str]:
    """Investigate a scene from where it has to be looked at; `options` go to the program."""
    return subprocess.run(
        [
            *scene.wrap,
            *(sys.executable, "-m", "tenmatsu", "investigate"),
            *("--url", scene.url, "--for", f"{scene.watched_seconds}s"),
            *options,
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_SECONDS,
        env=_environment(),
    )


def _environment() -> Mapping[str, str]:
    """Return our own environment, fit for another working folder: a namespace begins in its root."""
    folders = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    absolute = os.pathsep.join(str(Path(each).resolve()) for each in folders if each)
    return {**os.environ, "PYTHONPATH": absolute} if absolute else os.environ
