"""Names of processes that started others: read while they live, remembered a moment when they are gone."""

from typing import Dict, Optional

from tenmatsu.probe.proc_files import read_stat

# A look into /proc costs 10 µs. Beyond so many a turn, parents stay without a name.
_MOST_READS = 256
_MOST_REMEMBERED = 8192


class ParentNames:
    """By pid. `forget` once an interval: a living process may have taken another name since."""

    def __init__(self) -> None:
        self._living: Dict[int, bytes] = {}
        self._dead: Dict[int, bytes] = {}
        self._dead_before: Dict[int, bytes] = {}
        self._reads = 0

    def bury(self, pid: int, name: bytes) -> None:
        """Remember the name of one that ended, for this turn and the next."""
        self._dead[pid] = name

    def turn(self) -> None:
        """Begin another turn."""
        self._dead_before, self._dead = self._dead, {}
        self._reads = 0

    def forget(self) -> None:
        """Look again at who lives."""
        self._living.clear()

    def find(self, pid: int) -> Optional[bytes]:
        """Return its name, or None where that is not known."""
        for known in (self._dead, self._dead_before, self._living):
            if pid in known:
                return known[pid]
        if self._reads >= _MOST_READS or len(self._living) >= _MOST_REMEMBERED:
            return None
        self._reads += 1
        stat = read_stat(str(pid))
        if stat is None:
            return None
        self._living[pid] = stat.name
        return stat.name
