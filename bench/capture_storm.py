"""The storms that the bench makes, and what is true of them."""

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

SOURCES = Path(__file__).parent.parent / "tests" / "probe"
# Longer than the fifteen bytes that the kernel keeps of a name.
NAME = "hald-addon-storage"
KERNELS_NAME = NAME[:15]
ROUNDS = "200000"  # about 0.1 ms
EXIT_CODE = "7"
# Tests that depend on timing: a storm would spoil them, and they the figures.
_LIVE_TESTS = "tests.live|tests/live"


@dataclass(frozen=True, kw_only=True)
class Storm:
    """What a storm really did: processes waited for, and their CPU seconds by getrusage(2)."""

    started: int
    seconds: float
    cpu: float
    pid: int


class StormMaker:
    """Compiles the storm and the program that it starts, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._storm, self._child = folder / "storm", folder / NAME
        common = ["gcc", "-O2", "-static"]
        subprocess.run([*common, "-pthread", "-o", self._storm, SOURCES / "storm.c"], check=True)
        alone = [*common, "-nostdlib", "-fno-stack-protector"]
        subprocess.run([*alone, "-o", self._child, SOURCES / "spin.c"], check=True)

    def make(self, rate: int, seconds: float) -> Storm:
        """Start processes so often a second (0: as often as possible) and return what was done."""
        command: list[str | Path] = [
            self._storm,
            "rate",
            str(rate),
            str(seconds),
            self._child,
            ROUNDS,
            EXIT_CODE,
        ]
        done = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        return Storm(started=done["started"], seconds=done["seconds"], cpu=done["cpu"], pid=done["pid"])


def wait_for_others() -> None:
    """Wait until nobody runs tests that depend on timing."""
    while subprocess.run(["pgrep", "-f", _LIVE_TESTS], capture_output=True, check=False).returncode == 0:
        time.sleep(2)
