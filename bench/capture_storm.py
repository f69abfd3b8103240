"""The storms that the bench makes, and what is true of them."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

SOURCES = Path(__file__).parent.parent / "tests" / "probe"
ROUNDS = "200000"  # about 0.1 ms
EXIT_CODE = "7"
# Not "storm": that is what the tests' storms are called, and a rung without names tells by its starter.
STARTER = "bench-storm"
_DISTURBING_SHARE = 0.05
_KERNELS_NAME_BYTES = 15  # TASK_COMM_LEN - 1


@dataclass(frozen=True, kw_only=True)
class Storm:
    """What a storm really did: processes waited for, and their CPU seconds by getrusage(2).

    `own_cpu` is what it used itself; `name` that of its program, as long as it is; `other_forks` what others
    started meanwhile.
    """

    started: int
    seconds: float
    cpu: float
    own_cpu: float = 0.0
    pid: int = 0
    name: str = ""
    other_forks: int = 0

    @property
    def is_disturbed(self) -> bool:
        """Tell whether others started so much that the figures are also about that."""
        return self.other_forks > self.started * _DISTURBING_SHARE

    @property
    def kernels_name(self) -> str:
        """Return as much of the name as the kernel keeps."""
        return self.name[:_KERNELS_NAME_BYTES]


class StormMaker:
    """Compiles the storm and its program, in a folder of its own. Raises FileNotFoundError without gcc."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._storm, self._child = folder, folder / STARTER, folder / "child"
        self._made = 0
        common = ["gcc", "-O2", "-static"]
        subprocess.run([*common, "-pthread", "-o", self._storm, SOURCES / "storm.c"], check=True)
        alone = [*common, "-nostdlib", "-fno-stack-protector"]
        subprocess.run([*alone, "-o", self._child, SOURCES / "spin.c"], check=True)

    def make(self, rate: int, seconds: float) -> Storm:
        """Start processes so often a second (0: as often as possible) and return what was done."""
        child = self._name_child()
        command: list[str | Path] = [self._storm, "rate", str(rate), str(seconds), child, ROUNDS, EXIT_CODE]
        forks = count_forks()
        done = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        others = count_forks() - forks - done["started"] - 1
        return Storm(
            started=done["started"],
            seconds=done["seconds"],
            cpu=done["cpu"],
            own_cpu=done["own_cpu"],
            pid=done["pid"],
            name=child.name,
            other_forks=others,
        )

    def _name_child(self) -> Path:
        """Give the program a name that nobody else has: a storm is known by it, also in what is told late."""
        self._made += 1
        child = self._folder / f"hald-{os.getpid():x}-{self._made:03x}-addon-storage"
        child.hardlink_to(self._child)
        return child


def count_forks() -> int:
    """Return the kernel's count of forks since boot, of processes and threads: proc_stat(5)."""
    lines = Path("/proc/stat").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("processes "))
